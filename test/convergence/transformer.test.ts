/**
 * A transformer of twelve layers and six million parameters on batches of 8 × 128 characters of real text: its step is planned
 * whole, trains, and holds the memory that the plan states beforehand.
 */
import { expect, it } from 'vitest';
import { planSession } from '../../src/backends/wasm/index.ts';
import { languageModelStep, trainLanguageModel } from '../engine/language-model.ts';

const options = { layers: 12, width: 208, heads: 4, tokens: 128, batchSize: 8, learningRate: 5e-4, capacity: 1 };
const WINDOWS = 1000;
const STEPS = 20;

it('trains, within 5 % of the bytes that the plan states', async () => {
  const began = performance.now();
  const { program, count } = languageModelStep(options, WINDOWS);
  const traced = performance.now();
  const { bytes } = await planSession([program]);
  const planned = performance.now();
  expect(count).toBeGreaterThan(6e6);
  const { losses, held, used } = await trainLanguageModel(options, STEPS, WINDOWS);
  const MiB = (n: number): string => `${(n / 2 ** 20).toFixed(1)} MiB`;
  console.log(
    `${count} parameters, ${program.graph.nodes.length} nodes: traced in ${(traced - began).toFixed(0)} ms, planned in ` +
      `${(planned - traced).toFixed(0)} ms; plan ${MiB(bytes)}, WebAssembly memory ${MiB(held)}, written ${MiB(used)}; ` +
      `losses ${losses.map((loss) => loss.toFixed(3)).join(' ')}`,
  );
  expect(Math.abs(held / bytes - 1)).toBeLessThan(0.05);
  expect(Math.abs(used / bytes - 1)).toBeLessThan(0.05);
  // Less than guessing one of 128 characters leaves open, and than at the start.
  const last = losses.slice(-5).reduce((total, loss) => total + loss / 5, 0);
  expect(last).toBeLessThan(Math.min(Math.log(128), losses[0] as number));
}, 600_000);
