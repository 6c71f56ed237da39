/** Sessions over tfjs: what they hold, what they free, where they stop. On tfjs' own backend for Node. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openWith } from '../../src/backends/webgl/index.ts';
import { ProgramBuilder } from '../../src/graph/program.ts';
import { add, div, log, mul } from '../../src/ops/elementwise.ts';
import { gather } from '../../src/ops/indexing.ts';
import { scan } from '../../src/ops/loops.ts';
import { sum } from '../../src/ops/reduce.ts';
import { guard } from '../../src/ops/update.ts';

const backend = openWith('cpu');
const onDevice = openWith('cpu', { keepOnHost: false });

/** state ← state + rate, guarded by rate / (rate − 2): the step with rate 2 must not count. */
function guarded() {
  const builder = new ProgramBuilder();
  const state = builder.block('state', { shape: [4], dtype: 'f32' });
  const rate = builder.row('rate', { shape: [], dtype: 'f32' });
  const next = add(state, rate);
  const safe = guard(next, [div(rate, add(rate, -2))]);
  builder.emit('total', sum(safe));
  builder.commit('state', safe);
  return builder.finish('step');
}

/** state ← rows of a table that the step itself changes, by indices that the device computes. */
function indexed() {
  const builder = new ProgramBuilder();
  const table = builder.block('table', { shape: [3, 2], dtype: 'f32' });
  const index = builder.row('index', { shape: [2], dtype: 'i32' });
  const rows = gather(table, index);
  builder.emit('picked', rows);
  builder.commit('table', add(table, sum(rows)));
  return builder.finish('step');
}

let before = 0;
beforeEach(async () => {
  await tf.setBackend('cpu');
  before = tf.memory().numTensors;
});
afterEach(() => {
  expect(tf.memory().numTensors, 'tensors left behind').toBe(before);
});

describe('a call', () => {
  test('runs its rows in order, and gives what each emits', async () => {
    using session = await backend.open([guarded()], { capacity: 40 });
    session.write('state', [1, 2, 3, 4]);
    session.writeRows('step', 'rate', new Array(40).fill(1));
    expect(await session.run('step', 40)).toEqual({ done: 40, stop: undefined });
    expect(Array.from(session.readRows('step', 'total', 40))).toEqual(Array.from({ length: 40 }, (_, i) => 14 + 4 * i));
    expect(Array.from(await session.read('state'))).toEqual([41, 42, 43, 44]);
  });

  test('stops at a step that is not finite, with the blocks as they were before it', async () => {
    using session = await backend.open([guarded()], { capacity: 5 });
    session.write('state', [0, 0, 0, 0]);
    session.writeRows('step', 'rate', [1, 1, 2, 1, 1]);
    const stop = { reason: 'nonFinite', op: 'guard', path: '', position: 0, value: Number.POSITIVE_INFINITY, rows: 0 };
    expect(await session.run('step', 5)).toEqual({ done: 2, stop });
    expect(Array.from(await session.read('state'))).toEqual([2, 2, 2, 2]);
    expect(await session.locate('step', 2)).toEqual({ op: 'div', path: '', value: Number.POSITIVE_INFINITY });
    session.writeRows('step', 'rate', [1]);
    expect((await session.run('step', 1)).done).toBe(1);
    expect(Array.from(await session.read('state'))).toEqual([3, 3, 3, 3]);
  });

  test('stops at an index outside, known to the host or to the device alone, and says which', async () => {
    for (const one of [backend, onDevice]) {
      using session = await one.open([indexed()], { capacity: 3 });
      session.write('table', [1, 1, 1, 1, 1, 1]);
      session.writeRows('step', 'index', [0, 1, 2, 3, 0, 0]);
      const stop = { reason: 'indexOutOfRange', op: 'gather', path: '', position: 1, value: 3, rows: 3 };
      expect(await session.run('step', 3)).toEqual({ done: 1, stop });
      expect(Array.from(await session.read('table'))).toEqual(new Array(6).fill(5));
    }
  });

  test('stops at an index that the device has computed', async () => {
    const builder = new ProgramBuilder();
    const table = builder.block('table', { shape: [3], dtype: 'f32' });
    const index = builder.block('index', { shape: [2], dtype: 'i32' });
    builder.commit('table', add(table, sum(gather(table, index))));
    using session = await onDevice.open([builder.finish('step')], { capacity: 1 });
    session.write('table', [1, 2, 3]);
    session.write('index', [2, -1]);
    const stop = { reason: 'indexOutOfRange', op: 'gather', path: '', position: 1, value: -1, rows: 3 };
    expect(await session.run('step', 1)).toEqual({ done: 0, stop });
    expect(Array.from(await session.read('table'))).toEqual([1, 2, 3]);
    session.write('index', [0, 1]);
    expect((await session.run('step', 1)).done).toBe(1);
    expect(Array.from(await session.read('table'))).toEqual([4, 5, 6]);
  });

  test('stops inside a loop too, and finds the op there', async () => {
    const builder = new ProgramBuilder();
    const state = builder.block('state', { shape: [], dtype: 'f32' });
    const xs = builder.row('xs', { shape: [3], dtype: 'f32' });
    const [last] = scan((carry, x) => [guard(mul(carry, log(x)), [log(x)]), undefined] as const, state, xs);
    builder.commit('state', last);
    using session = await backend.open([builder.finish('step')], { capacity: 2 });
    session.write('state', [1]);
    session.writeRows('step', 'xs', [Math.E, Math.E, Math.E, Math.E, 0, Math.E]);
    const { done, stop } = await session.run('step', 2);
    expect([done, stop]).toMatchObject([1, { reason: 'nonFinite', op: 'guard', value: Number.NEGATIVE_INFINITY }]);
    expect((await session.read('state'))[0]).toBeCloseTo(1, 6);
    expect(await session.locate('step', 1)).toEqual({ op: 'log', path: '', value: Number.NEGATIVE_INFINITY });
  });
});

describe('a block', () => {
  test('is written in part before and after a step has changed it', async () => {
    using session = await backend.open([guarded()], { capacity: 1 });
    session.write('state', [1, 2], 1);
    expect(Array.from(await session.read('state'))).toEqual([0, 1, 2, 0]);
    session.writeRows('step', 'rate', [1]);
    await session.run('step', 1);
    session.write('state', [9], 0);
    session.write('state', [7], 3);
    expect(Array.from(await session.read('state'))).toEqual([9, 2, 3, 7]);
  });
});

describe('the memory of tfjs', () => {
  test('holds as many tensors after 1,000 steps as after ten', async () => {
    using session = await backend.open([guarded()], { capacity: 10 });
    session.writeRows('step', 'rate', new Array(10).fill(0.5));
    await session.run('step', 10);
    const { numTensors } = tf.memory();
    for (let i = 0; i < 100; i++) await session.run('step', 10);
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(Array.from(await session.read('state'))).toEqual(new Array(4).fill(505));
  });

  test('is given back by stops, searches and errors as well', async () => {
    using session = await backend.open([guarded(), { ...indexed(), name: 'other' }], { capacity: 2 });
    session.writeRows('step', 'rate', [2, 2]);
    session.writeRows('other', 'index', [0, 3]);
    const run = async () => {
      await session.run('step', 2);
      await session.run('other', 1);
      await session.locate('step', 0);
    };
    await run();
    const { numTensors } = tf.memory();
    for (let i = 0; i < 10; i++) await run();
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  test('is not that of another session', async () => {
    const first = await backend.open([guarded()], { capacity: 1 });
    using second = await backend.open([guarded()], { capacity: 1 });
    for (const session of [first, second]) {
      session.writeRows('step', 'rate', [1]);
      await session.run('step', 1);
    }
    first.dispose();
    expect((await second.run('step', 1)).done).toBe(1);
    expect(Array.from(await second.read('state'))).toEqual([2, 2, 2, 2]);
    await expect(async () => first.run('step', 1)).rejects.toThrow('the run was disposed; its memory is gone');
  });
});

test('leaves the backend that others on the page use as it was', async () => {
  tf.registerBackend('theirs', () => new (tf.findBackend('cpu').constructor as new () => never)());
  await tf.setBackend('theirs');
  {
    using session = await backend.open([guarded()], { capacity: 1 });
    expect(tf.getBackend()).toBe('theirs');
    session.writeRows('step', 'rate', [1]);
    await session.run('step', 1);
    await session.read('state');
    expect(tf.getBackend()).toBe('theirs');
  }
  await tf.setBackend('cpu');
  tf.removeBackend('theirs');
});

test('a run that needs more than its limit is refused', async () => {
  await expect(backend.open([guarded()], { memoryLimit: 8 })).rejects.toMatchObject({ code: 'memory' });
});
