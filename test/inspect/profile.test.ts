/** profile: what it reports of a run, on data of its own; the run stays as it is. */
import { describe, expect, test } from 'vitest';
import { wasmBackend } from '../../src/backends/wasm/index.ts';
import { BLOCKS, trainingProgram } from '../../src/engine/step.ts';
import { tensor } from '../../src/graph/tensor.ts';
import { profile } from '../../src/inspect/profile.ts';
import { batchNorm } from '../../src/nn/batch-norm.ts';
import { dense } from '../../src/nn/dense.ts';
import { dropout } from '../../src/nn/dropout.ts';
import { embedding } from '../../src/nn/embedding.ts';
import { flatten } from '../../src/nn/flatten.ts';
import { crossEntropy } from '../../src/nn/losses/cross-entropy.ts';
import { meanSquaredError } from '../../src/nn/losses/regression.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { lazyAdam } from '../../src/optim/lazy-adam.ts';
import { fit } from '../../src/train/fit.ts';
import type { Run } from '../../src/train/run.ts';
import { adam, description } from '../plan/worked-example.ts';

const x = Array.from({ length: 24 }, (_, i) => [Math.sin(i), Math.cos(i), i / 24]);
const options = { epochs: 1, batchSize: 8, seed: 1, progress: false } as const;

describe('profile', () => {
  test('U3: times every instruction of the step and leaves the run as it was', async () => {
    const model = sequential([dense(16, { activation: 'relu' }), batchNorm(), dropout(0.2), dense(2)]);
    using run = await fit(model, { x, y: x.map((_, i) => i % 2) }, { ...options, loss: crossEntropy() });
    const before = [...run.parameters].map(([path, { data }]) => [path, data.slice()]);
    const found = await profile(run, { milliseconds: 30 });
    expect([...run.parameters].map(([path, { data }]) => [path, data])).toEqual(before);
    expect(found.batchSize).toBe(8);
    expect(found.coldMicroseconds).toBeGreaterThan(0);
    expect(String(found)).toContain(`; the first took ${found.coldMicroseconds.toFixed(1)} µs`);
    const products = found.instructions.filter(({ operations }) => operations > 0);
    // Forward, and the gradients of the second layer's input and both kernels.
    expect(products.map(({ operations }) => operations).sort((a, b) => a - b)).toEqual([512, 512, 512, 768, 768]);
    expect(products.map(({ path }) => path)).toEqual(expect.arrayContaining(['0', '3']));
    for (const row of found.instructions) {
      expect(row.microseconds, row.name).toBeGreaterThanOrEqual(0);
      expect(row.runs, row.name).toBe(1);
      expect(row.bytes, row.name).toBeGreaterThanOrEqual(4);
      expect(row.peakShare === undefined, row.name).toBe(row.operations === 0 || row.microseconds === 0);
    }
    expect(found.instructions.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6);
    expect(found.peak).toBeGreaterThan(1);
    expect(String(found)).toMatch(/^a step of 8 rows takes .* µs: .* GFLOP\/s, .* % of the peak of one core/);
    expect(String(found)).toContain('matmul (linear)');
  });

  test('takes another batch size, bytes and values', async () => {
    const bytes = Uint8Array.from({ length: 40 }, (_, i) => i * 6);
    const data = { x: bytes, y: Array.from({ length: 10 }, (_, i) => i / 10), rows: 10 };
    const rows = Array.from({ length: 10 }, (_, i) => bytes.subarray(4 * i, 4 * i + 4));
    using run = await fit(sequential([dense(1)]), { x: rows, y: data.y }, { ...options, loss: meanSquaredError() });
    expect(await profile(run, { batchSize: 3, milliseconds: 5 })).toMatchObject({ batchSize: 3 });
  });

  test('refuses what was not trained here, and options out of range', async () => {
    await expect(profile({ state: {} } as unknown as Run)).rejects.toThrow('profile: expected what fit returned');
    const run = { recipe: { batchSize: 4 } } as unknown as Run;
    await expect(profile(run, { batchSize: 0 })).rejects.toThrow('profile.batchSize');
    await expect(profile(run, { ms: 4 } as object)).rejects.toThrow("unknown option 'ms'");
  });

  test('feeds row tables with ids that all of them have, so that no step stops', async () => {
    const ids = tensor(
      Int32Array.from({ length: 24 }, (_, i) => i % 5),
      [24, 1],
    );
    const model = sequential([embedding(5, 4), flatten(), dense(2)]);
    const data = { x: ids, y: x.map((_, i) => i % 2) };
    using run = await fit(model, data, { ...options, loss: crossEntropy(), optimizer: lazyAdam() });
    const found = await profile(run, { milliseconds: 30 });
    const update = found.instructions.find(({ op }) => op === 'rowLazyAdam');
    expect(update?.name).toBe('rowUpdate');
    // Nothing behind an instruction that stopped ever runs. (Its time may be too short for the clock.)
    expect(found.instructions.at(-1)?.runs).toBeGreaterThan(0);
  });

  test('times each step from the same blocks, so that no batch is learned by heart', async () => {
    const program = trainingProgram(description, adam, 4);
    const session = await wasmBackend.open([program]);
    const parameters = Float32Array.from({ length: description.groups.parameters.size }, (_, i) => i / 32);
    session.write(BLOCKS.parameters, parameters);
    session.write(BLOCKS.source, [1, 2, 3, 40, 50, 60, 7, 8, 9, 10, 110, 120, 13, 14, 15, 16, 17, 18]);
    session.writeRows(program.name, 'indices', [0, 1, 2, 3]);
    session.writeRows(program.name, 'scalars', [0.1, 1]);
    expect(session.run(program.name, 1).done).toBe(1);
    expect(session.read(BLOCKS.parameters)).not.toEqual(parameters);
    const names = [BLOCKS.parameters, ...adam.slots.map(BLOCKS.slot)];
    const before = names.map((name) => session.read(name));
    await session.profile?.(program.name, 5);
    expect(names.map((name) => session.read(name))).toEqual(before);
  });
});
