/** Several threads in Node: the bits of one thread, its errors, and what happens when a thread is late, fails, or is gone. */
import { createHash } from 'node:crypto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { chooseThreads } from '../../src/backends/wasm/builds.ts';
import { imageOf } from '../../src/backends/wasm/image.ts';
import { planSession, wasmBackend } from '../../src/backends/wasm/index.ts';
import type { ProgramLayout } from '../../src/backends/wasm/layout.ts';
import { MEMORY_BASE } from '../../src/backends/wasm/machine.ts';
import { Pace } from '../../src/backends/wasm/pace.ts';
import { Team } from '../../src/backends/wasm/team.ts';
import { ProgramBuilder } from '../../src/graph/program.ts';
import { tensor } from '../../src/graph/tensor.ts';
import { activation } from '../../src/nn/activations.ts';
import { batchNorm } from '../../src/nn/batch-norm.ts';
import { conv2d } from '../../src/nn/conv.ts';
import { dense } from '../../src/nn/dense.ts';
import { dropout } from '../../src/nn/dropout.ts';
import { flatten } from '../../src/nn/flatten.ts';
import { crossEntropy } from '../../src/nn/losses/cross-entropy.ts';
import { maxPool2d } from '../../src/nn/pool.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { add, mul, tanh } from '../../src/ops/elementwise.ts';
import { gather } from '../../src/ops/indexing.ts';
import { sum } from '../../src/ops/reduce.ts';
import { guard } from '../../src/ops/update.ts';
import { fit } from '../../src/train/fit.ts';
import { Constant, StatusField } from '../kernels/enums.ts';
import { noise } from '../kernels/machine.ts';

const SIMD = { threads: 1, build: 'simd' } as const;
const N = 2 ** 16;
const CAPACITY = 4;

/** p ← p · tanh(p) + the rows of a table that `indices` names, unless its sum is not finite. */
function program() {
  const builder = new ProgramBuilder();
  const p = builder.block('p', { shape: [N / 64, 64], dtype: 'f32' });
  const indices = builder.row('indices', { shape: [N / 64], dtype: 'i32' });
  const table = builder.block('table', { shape: [100, 64], dtype: 'f32' });
  const next = add(mul(tanh(p), p), gather(table, indices));
  builder.commit('p', guard(next, [sum(next)]));
  builder.emit('sum', sum(next));
  return builder.finish('step');
}

/** To compare quickly. */
const bits = ({ buffer, byteOffset, byteLength }: ArrayBufferView): string =>
  createHash('sha256')
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest('hex');

const opened: { dispose(): void }[] = [];
afterEach(() => {
  vi.restoreAllMocks();
  for (const each of opened.splice(0)) each.dispose();
});

async function open(threads: number) {
  const session = await wasmBackend.open([program()], { capacity: CAPACITY, threads, verify: true });
  opened.push(session);
  session.write('p', noise(N));
  session.write('table', noise(6400, 2));
  return session;
}

const goodIndices = Int32Array.from({ length: (CAPACITY * N) / 64 }, (_, i) => (i * 7) % 100);

/** A team with workers that have come, its words open to damage. */
async function openTeam(threads: number, patience?: number) {
  const layout = await planSession([program()], { capacity: CAPACITY });
  const team = (await Team.open(imageOf(layout), threads, {
    capacity: CAPACITY,
    ...(patience === undefined ? {} : { patience }),
  })) as Team;
  opened.push(team);
  const block = (name: string) => {
    const { storage, spec } = layout.blocks.get(name) as {
      storage: { address: number };
      spec: { shape: readonly number[] };
    };
    const length = spec.shape.reduce((a, b) => a * b, 1);
    return new Float32Array(team.machine.memory.buffer, MEMORY_BASE + storage.address, length);
  };
  block('p').set(noise(N));
  block('table').set(noise(6400, 2));
  const { plan, code, tables } = layout.programs.get('step') as ProgramLayout;
  new Int32Array(team.machine.memory.buffer, MEMORY_BASE + code, plan.words.length).set(plan.words);
  const rows = tables.get('indices')?.address as number;
  const indices = new Int32Array(team.machine.memory.buffer, MEMORY_BASE + rows, goodIndices.length);
  indices.set(goodIndices);
  await until(() => team.isComplete);
  const unary = plan.origins.find(({ op }) => op === 'tanh')?.at as number;
  return { team, block, indices, unary };
}

async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error('waited for 20 seconds');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Calls until one was made together: the first is alone, to compare. */
function runTogether(team: Team): void {
  team.run('step', 1);
  team.run('step', 1);
}

describe('a session with several threads', () => {
  test.each([2, 3])('leaves the bits of one thread, with %i', async (threads) => {
    const [one, more] = [await open(1), await open(threads)];
    expect(more.machine).toEqual({ threads, build: 'simd', reason: `; threads: ${threads}, asked for` });
    for (let call = 0; call < 40; call++) {
      // Workers come while it runs.
      if (call % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 40));
      for (const session of [one, more]) {
        session.writeRows('step', 'indices', goodIndices);
        expect(session.run('step', CAPACITY)).toEqual({ done: CAPACITY, stop: undefined });
      }
    }
    expect(bits(more.read('p'))).toBe(bits(one.read('p')));
    expect(more.readRows('step', 'sum', CAPACITY)).toEqual(one.readRows('step', 'sum', CAPACITY));
  });

  test('stops where one thread stops, with the same words, and goes on', async () => {
    const [one, two] = [await open(1), await open(2)];
    for (const bad of [3, 600, 1000]) {
      const indices = goodIndices.slice();
      // Two bad ones in the second row, in the slices of both threads: the first counts.
      indices[N / 64 + bad] = 100;
      indices[N / 64 + 1020] = -1;
      for (let call = 0; call < 6; call++) {
        const results = [one, two].map((session) => {
          session.writeRows('step', 'indices', indices);
          return session.run('step', CAPACITY);
        });
        expect(results[0]).toMatchObject({ done: 1, stop: { reason: 'indexOutOfRange', position: bad, value: 100 } });
        expect(results[1]).toEqual(results[0]);
        expect(bits(two.read('p'))).toBe(bits(one.read('p')));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    for (const session of [one, two]) {
      session.write('table', new Float32Array(6400).fill(Number.NaN));
      session.writeRows('step', 'indices', goodIndices);
    }
    expect(two.run('step', 1)).toEqual(one.run('step', 1));
    expect(two.run('step', 1)).toMatchObject({ done: 0, stop: { reason: 'nonFinite' } });
    expect(bits(two.read('p'))).toBe(bits(one.read('p')));
  });

  test('stops together however often, also when a thread is late to look whether another has stopped', async () => {
    const { team, indices } = await openTeam(2, 5);
    vi.spyOn(Pace.prototype, 'next').mockReturnValue('together');
    for (let call = 0; call < 3000; call++) {
      const bad = (call % 2) * 700;
      indices[bad] = 100;
      const { done, stop } = team.run('step', 1);
      expect([done, stop?.[StatusField.detail]]).toEqual([0, bad]);
      indices[bad] = 0;
    }
  });

  test('has one thread where steps are too short, or it is asked for', async () => {
    const builder = new ProgramBuilder();
    builder.commit('p', tanh(builder.block('p', { shape: [8], dtype: 'f32' })));
    const short = await wasmBackend.open([builder.finish('short')], { threads: 2 });
    opened.push(short);
    expect(short.machine).toEqual({ ...SIMD, reason: '; threads: 1, the steps are too short to share' });
    expect(chooseThreads(1)).toEqual({ threads: 1, reason: 'asked for' });
    const { threads } = chooseThreads('auto');
    expect(threads).toBeGreaterThanOrEqual(1);
    expect(threads).toBeLessThanOrEqual(4);
  });
});

describe('a team', () => {
  test('waits for a thread that is slower than any spin', async () => {
    const { team, block, unary } = await openTeam(2);
    team.run('step', 1);
    const before = block('p').slice();
    // The first thread leaves its half out, and comes to the meeting at once.
    const words = team.wordsOf('step', 0);
    words[unary] = (words[unary] as number) & (0xffff0000 | Constant.meetFirst);
    team.run('step', 1);
    const last = before[N - 1] as number;
    const index = goodIndices[N / 64 - 1] as number;
    expect(block('p')[N - 1]).toBeCloseTo(last * Math.tanh(last) + (block('table')[index * 64 + 63] as number), 5);
  });

  test.each([0, 1])(
    'ends the run when thread %i traps, and leaves the parameters as before the step',
    async (thread) => {
      const { team, block, unary } = await openTeam(2);
      team.run('step', 1);
      const before = block('p').slice();
      team.wordsOf('step', thread)[unary + 2] = 0x7ffffff0;
      expect(() => team.run('step', 1)).toThrow(/^a thread failed; the run has ended/);
      expect(bits(block('p'))).toBe(bits(before));
      expect(team.isComplete).toBe(false);
      expect(() => team.run('step', 1)).toThrow(/^a thread failed; the run has ended/);
    },
  );

  test('does not hang when a thread is gone', async () => {
    const { team, block } = await openTeam(2, 1);
    team.run('step', 1);
    const before = block('p').slice();
    // The worker leaves, and the first thread does not know.
    team.dispose();
    const from = performance.now();
    expect(() => team.run('step', 1)).toThrow(/^a thread did not answer; the run has ended/);
    expect(performance.now() - from).toBeLessThan(20_000);
    expect(bits(block('p'))).toBe(bits(before));
  });

  test('can be disposed of at any time', async () => {
    const layout = await planSession([program()], { capacity: CAPACITY });
    const young = (await Team.open(imageOf(layout), 3, { capacity: CAPACITY })) as Team;
    young.dispose();
    const { team } = await openTeam(2);
    runTogether(team);
    team.dispose();
    team.dispose();
  });
});

test.each(['dense', 'conv'] as const)(
  'M8: a %s network learns the same with one, two, three and four threads',
  async (kind) => {
    const rows = 96;
    const [x, y] = [noise(rows * 784, 3, 1), Int32Array.from({ length: rows }, (_, i) => i % 10)];
    const model = () =>
      kind === 'dense'
        ? sequential([dense(96, { activation: 'relu' }), dropout(0.2), dense(10)])
        : sequential([
            conv2d(8, 3),
            batchNorm(),
            activation('relu'),
            maxPool2d(2),
            conv2d(12, 3),
            flatten(),
            dense(10),
          ]);
    const results = [];
    for (const threads of [1, 2, 3, 4]) {
      using run = await fit(
        model(),
        { x: kind === 'dense' ? tensor(x, [rows, 784]) : tensor(x, [rows, 28, 28, 1]), y },
        { loss: crossEntropy(), epochs: kind === 'dense' ? 60 : 12, batchSize: 28, threads, progress: false, seed: 4 },
      );
      expect(run.device.threads).toBe(threads);
      if (threads > 1) expect(run.device.reason).toBe(`WebAssembly SIMD is available; threads: ${threads}, asked for`);
      results.push([...run.parameters].map(([path, { data }]) => [path, data]));
    }
    for (const result of results) expect(result).toEqual(results[0]);
  },
);
