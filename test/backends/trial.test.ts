/** A trial of two devices: the faster is kept, the numbers are those of whichever is kept, and a GPU that fails is left. */
import { describe, expect, test } from 'vitest';
import type { Session } from '../../src/backends/backend.ts';
import { TrialSession } from '../../src/backends/trial.ts';
import { wasmBackend } from '../../src/backends/wasm/index.ts';
import { ProgramBuilder } from '../../src/graph/program.ts';
import { add, mul } from '../../src/ops/elementwise.ts';
import { sum } from '../../src/ops/reduce.ts';
import { type FakeOptions, fakeGpu } from './fakes.ts';

function programs() {
  const builder = new ProgramBuilder();
  const w = builder.block('w', { shape: [4], dtype: 'f32' });
  const rate = builder.row('rate', { shape: [1], dtype: 'f32' });
  const next = add(mul(w, rate), w);
  builder.commit('w', next);
  builder.emit('sum', sum(next));
  return [builder.finish('step')];
}

/** A clock that goes on by so many milliseconds a step on each device. */
async function trial(steps: { readonly wasm: number; readonly webgl: number }, options: FakeOptions = {}) {
  let now = 0;
  const list = programs();
  const disposed: string[] = [];
  const watched = (session: Session, wait: (rows: number) => void): Session => ({
    ...session,
    device: session.device,
    machine: session.machine,
    bytes: 1000,
    capacity: session.capacity,
    write: (...args) => session.write(...args),
    writeRows: (...args) => session.writeRows(...args),
    read: (...args) => session.read(...args),
    readRows: (...args) => session.readRows(...args),
    locate: (...args) => session.locate(...args),
    run: (program, rows) => {
      wait(rows);
      return session.run(program, rows);
    },
    dispose() {
      disposed.push(session.device);
      session.dispose();
    },
  });
  const safe = watched(await wasmBackend.open(list, { capacity: 4 }), (rows) => {
    now += rows * steps.wasm;
  });
  const gpu = watched(await fakeGpu(list, { capacity: 4, ...options }), (rows) => {
    now += rows * steps.webgl;
  });
  const session = new TrialSession(safe, gpu, list, () => now);
  session.write('w', [1, 2, 3, 4]);
  session.writeRows('step', 'rate', [0.5, 0.25, -0.5, 0.125]);
  return { session, disposed };
}

const SUMS = [1, 2].map((rows) => rows);

/** Calls until a choice is made, and what they gave. */
async function calls(session: Session, count: number): Promise<number[]> {
  const sums: number[] = [];
  for (let call = 0; call < count; call++) {
    const { done } = await session.run('step', SUMS[call % 2] as number);
    sums.push(...(await session.readRows('step', 'sum', done)));
  }
  return [...sums, ...(await session.read('w'))];
}

const undisturbed = async (count: number): Promise<number[]> => {
  using session = await wasmBackend.open(programs(), { capacity: 4 });
  session.write('w', [1, 2, 3, 4]);
  session.writeRows('step', 'rate', [0.5, 0.25, -0.5, 0.125]);
  return await calls(session, count);
};

describe('a trial of two devices', () => {
  test('keeps a GPU that is faster, which has done all steps itself', async () => {
    const { session, disposed } = await trial({ wasm: 2.9, webgl: 1.3 });
    expect(session.machine.reason).toBe('webgl was being tried beside it');
    expect([session.device, session.bytes]).toEqual(['wasm', 2000]);
    expect(await calls(session, 8)).toEqual(await undisturbed(8));
    expect([session.device, session.bytes, disposed]).toEqual(['webgl', 1000, ['wasm']]);
    expect(session.machine).toMatchObject({ build: 'tfjs', reason: 'webgl: 1.3 ms a step, wasm: 2.9 ms' });
    session.dispose();
    expect(disposed).toEqual(['wasm', 'webgl']);
  });

  test('keeps WebAssembly where the GPU is slower', async () => {
    const { session, disposed } = await trial({ wasm: 0.5, webgl: 13 });
    expect(await calls(session, 8)).toEqual(await undisturbed(8));
    expect([session.device, disposed]).toEqual(['wasm', ['webgl']]);
    expect(session.machine.reason).toBe('webgl: 13 ms a step, wasm: 0.5 ms');
  });

  test('does not count the first calls, in which a GPU compiles', async () => {
    let call = 0;
    const { session } = await trial({ wasm: 2, webgl: 1 });
    const { run } = session;
    session.run = (program, rows) => {
      call++;
      return run.call(session, program, rows);
    };
    for (const kept of ['wasm', 'wasm', 'wasm', 'wasm', 'webgl']) {
      await session.run('step', 1);
      expect([call, session.device]).toEqual([call, kept]);
    }
    session.dispose();
  });

  test('decides by what it has once its patience is over', async () => {
    const { session } = await trial({ wasm: 10, webgl: 1200 });
    await calls(session, 3);
    expect(session.machine.reason).toBe('webgl: 1200 ms a step, wasm: 10 ms');
    session.dispose();
  });

  test('leaves a GPU that is lost while it is tried', async () => {
    const { session, disposed } = await trial({ wasm: 9, webgl: 1 }, { loses: (call) => call === 2 });
    expect(await calls(session, 6)).toEqual(await undisturbed(6));
    expect([session.device, disposed]).toEqual(['wasm', ['webgl']]);
    expect(session.machine.reason).toBe('webgl failed: the context of the GPU was lost');
  });

  test('B5: leaves a GPU whose first results are others', async () => {
    const spoil = (data: ArrayLike<number>) => Float32Array.from(data, (x) => x * 1.5);
    const { session, disposed } = await trial({ wasm: 9, webgl: 1 }, { spoil });
    expect(await calls(session, 6)).toEqual(await undisturbed(6));
    expect([session.device, disposed]).toEqual(['wasm', ['webgl']]);
    expect(session.machine.reason).toBe('webgl counts wrong here: its first results differ by 50 %');
  });

  test('disposes of both when it ends before there is a choice', async () => {
    const { session, disposed } = await trial({ wasm: 1, webgl: 1 });
    await calls(session, 1);
    session.dispose();
    expect(disposed.sort()).toEqual(['wasm', 'webgl']);
  });
});
