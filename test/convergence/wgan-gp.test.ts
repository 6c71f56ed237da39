/** A generator that covers the ring: WGAN-GP, 1,500 generator steps of five critic turns each, three seeds. */
import { expect, test } from 'vitest';
import { wasmBackend } from '../../src/backends/wasm/index.ts';
import { quality, type RingOptions, ringPrograms, runRing, startRing } from '../engine/ring.ts';

// The set-up of Gulrajani et al. 2017 (Algorithm 1, λ = 0.1 on toys) at the sizes that the ring is usually shown with.
const options: RingOptions = { width: 128, depth: 3, rows: 256, points: 8192, criticTurns: 5, penalty: 0.1, seed: 0 };
const SAMPLES = 2500;

test.each([0, 1, 2])(
  'seed %s: all eight modes have samples within 0.2',
  async (seed) => {
    const ring = ringPrograms({ ...options, seed }, SAMPLES);
    using session = await wasmBackend.open([ring.step, ring.sample]);
    startRing(session, { ...options, seed }, ring);
    runRing(session, { ...options, seed }, ring, 0, 1500);
    const { modes, share } = quality(session, SAMPLES, 0.2);
    console.log(`seed ${seed}: ${modes} of 8 modes, ${(100 * share).toFixed(1)} % of the samples within 0.2`);
    expect(modes).toBe(8);
  },
  300_000,
);
