/** What a plan does beyond a run's own steps: rows that are no whole batch, budgets, kept state, and what it refuses. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { OPERATIONS_PER_MS, OPERATIONS_PER_STEP } from '../../src/edge/budget.ts';
import { ARRAYS, checksum, type PlanHeader, PRELUDE, padded } from '../../src/edge/format.ts';
import { packScalars, unpackScalars } from '../../src/edge/scalars.ts';
import { load } from '../../src/edge.ts';
import { adam, chain, cosineDecay, makePlan, sgd, weightEma } from '../../src/index.ts';
import { dataOf, trained } from './models.ts';

const NAME = 'classes with names';
const made = async (name = NAME, train: object | true = true) => makePlan(await trained(name), { train });
const planOf = async (name = NAME, train: object | true = true) => load((await made(name, train)).file);
const part = (name: string, from: number, to: number) => {
  const { x, y } = dataOf(name);
  return { x: x.slice(from, to), y: y.slice(from, to) };
};

afterEach(() => vi.restoreAllMocks());

describe('rows that are no whole batch', () => {
  test('are a step of their own, as in fit: equal but for rounding', async () => {
    const run = await trained('values, standardized', { batchSize: 16, epochs: 1 });
    const { file, summary } = await makePlan(run, { train: true });
    expect(summary.notes).toContain('train: takes any number of rows');
    const plan = await load(file);
    const batch = part('values, standardized', 0, 40);
    const { steps } = await plan.train(batch);
    const further = await trained('values, standardized', { batchSize: 16, epochs: 2, resume: run.checkpoint() });
    expect(steps).toBe(3);
    const [got, wanted] = [await plan.predict(batch.x), await further.predict(batch.x)] as number[][][];
    // A sum over 16 rows of which 8 count 0 is rounded in another order than one over 8.
    got?.forEach((row, i) => {
      row.forEach((value, k) => {
        expect(value).toBeCloseTo(wanted?.[i]?.[k] as number, 2);
      });
    });
  });

  test('are refused where rows depend on each other', async () => {
    const { file, summary } = await made('batch normalization');
    expect(summary.notes.join()).toMatch(/takes multiples of 8 rows/);
    const plan = await load(file);
    await expect(plan.train(part('batch normalization', 0, 9))).rejects.toThrow(/9 rows; .* multiples of 8/);
    expect(await plan.train(part('batch normalization', 0, 8))).toMatchObject({ steps: 1 });
  });
});

describe('P4: a budget', () => {
  test('of steps stops between them, and the next call goes on to the same bits', async () => {
    const [whole, parts] = [await planOf(), await planOf()];
    const batch = part(NAME, 0, 40);
    await whole.train(batch, { epochs: 3 });
    let next: number | undefined = 0;
    let calls = 0;
    while (next !== undefined) {
      ({ next } = await parts.train(batch, { epochs: 3, from: next, budgetSteps: 4 }));
      calls++;
    }
    expect(calls).toBe(4);
    expect(parts.state()).toEqual(whole.state());
  });

  test('of milliseconds counts the work where the clock stands still', async () => {
    const { file, summary } = await made();
    const plan = await load(file);
    vi.spyOn(performance, 'now').mockReturnValue(1);
    const { steps, next } = await plan.train(part(NAME, 0, 40), { epochs: 1e6, budgetMs: 2 });
    const counted = (summary.work['train 8'] as number) + OPERATIONS_PER_STEP;
    expect(steps).toBe(Math.ceil((2 * OPERATIONS_PER_MS) / counted));
    expect(next).toBe(steps);
  });

  test('of milliseconds asks the clock where it runs, and always takes a step', async () => {
    const plan = await planOf();
    let time = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => time++);
    expect((await plan.train(part(NAME, 0, 40), { epochs: 9, budgetMs: 5 })).steps).toBe(4);
    expect((await plan.train(part(NAME, 0, 40), { epochs: 9, budgetMs: 1e-3 })).steps).toBe(1);
  });
});

describe('kept state', () => {
  test('goes on in another isolate to the same bits', async () => {
    const { file } = await made();
    const [one, two] = [await load(file), await load(file)];
    await one.train(part(NAME, 0, 24));
    two.restore(one.state());
    for (const plan of [one, two]) await plan.train(part(NAME, 8, 40));
    expect(two.state()).toEqual(one.state());
    expect(two.step).toBe(17);
  });

  test('is refused if it is damaged, cut off, or of another plan; the plan stays as it was', async () => {
    const plan = await planOf();
    const [state, other] = [plan.state(), (await planOf(NAME, { seed: 9 })).state()];
    const damaged = state.slice();
    damaged[state.length - 1] = (damaged[state.length - 1] as number) ^ 1;
    const elsewhen = state.slice();
    elsewhen[12] = (elsewhen[12] as number) ^ 1;
    for (const [bytes, message] of [
      [damaged, /checksum/],
      [elsewhen, /checksum/],
      [state.slice(0, -1), /another plan/],
      [other, /another plan/],
      [new Uint8Array(3), /not what state/],
    ] as const)
      expect(() => plan.restore(bytes)).toThrow(message);
    expect(plan.state()).toEqual(state);
  });
});

test('schedules and averages of weights go on as in the run, bit for bit', async () => {
  const optimizer = chain(adam({ learningRate: cosineDecay({ learningRate: 0.05, steps: 18 }) }), weightEma(0.8));
  const run = await trained(NAME, { optimizer });
  const plan = await load((await makePlan(run, { train: true })).file);
  const { x, y } = dataOf(NAME);
  await plan.train({ x, y }, { epochs: 2 });
  const further = await trained(NAME, { optimizer, epochs: 4, resume: run.checkpoint() });
  expect(await plan.predict(x)).toEqual(await further.predict(x));
});

test('frozen leaves stay, and a run that froze them needs the same again', async () => {
  const run = await trained(NAME, { freeze: ['0'] });
  await expect(makePlan(run, { train: true })).rejects.toThrow(/give the freeze of the run/);
  const plan = await load((await makePlan(run, { train: { freeze: ['0'] } })).file);
  const { x, y } = dataOf(NAME);
  await plan.train({ x, y });
  const further = await trained(NAME, { freeze: ['0'], epochs: 3, resume: run.checkpoint() });
  expect(await plan.predict(x)).toEqual(await further.predict(x));
});

test('scalars of steps come back bit for bit, in a few bytes', () => {
  const { scalars } = adam({ learningRate: 1e-3 });
  const rows = Float32Array.from({ length: 4000 }, (_, i) => scalars(i >> 1)[i % 2] as number);
  const bytes = packScalars(rows, 2);
  expect(unpackScalars(bytes, 2000, 2)).toEqual(rows);
  expect(bytes.length).toBeLessThan(rows.byteLength / 2);
  const constant = packScalars(Float32Array.from(sgd({ learningRate: 0.1 }).scalars(0)), 2);
  expect(constant.length).toBeLessThan(12);
});

test.each<[string, (batch: { x: unknown[]; y: unknown[] }) => { x: unknown; y: unknown }, RegExp]>([
  [
    'case 03: a short row',
    ({ x, y }) => ({ x: [x[0], x[1], [1, 2]], y: y.slice(0, 3) }),
    /x: row 2 \(counted from 0\) has 2 values, 5 expected/,
  ],
  [
    'a hole',
    ({ y }) => ({ x: [[1, ...new Array(1), 3, 4, 5]], y: y.slice(0, 1) }),
    /x: row 0 .* has undefined, a finite number expected/,
  ],
  ['text', ({ y }) => ({ x: [['1', 2, 3, 4, 5]], y: y.slice(0, 1) }), /x: row 0 .* has '1'/],
  ['NaN', ({ y }) => ({ x: [[1, 2, 3, 4, Number.NaN]], y: y.slice(0, 1) }), /x: row 0 .* has NaN/],
  ['a number too large for f32', ({ y }) => ({ x: [[1, 2, 3, 4, 1e39]], y: y.slice(0, 1) }), /has 1e\+39/],
  ['rows too long', ({ y }) => ({ x: [[1, 2, 3, 4, 5, 6]], y: y.slice(0, 1) }), /row 0 .* more than 5 values/],
  [
    'a class that is none',
    ({ x }) => ({ x: x.slice(0, 1), y: ['dog'] }),
    /y: row 0 .* has 'dog', one of ant, bee, cat expected/,
  ],
  ['a list within a label', ({ x }) => ({ x: x.slice(0, 1), y: [[['ant']]] }), /y: row 0/],
  ['rows without labels', ({ x }) => ({ x, y: ['ant'] }), /x has 40 rows, y has 1/],
  ['no rows', () => ({ x: [], y: [] }), /x: there are no rows/],
  ['lists in lists in lists', () => ({ x: JSON.parse('['.repeat(5000) + ']'.repeat(5000)), y: ['ant'] }), /x: row 0/],
])('posted data are validated: %s', async (_, change, message) => {
  const plan = await planOf();
  const before = plan.state();
  await expect(plan.train(change(dataOf(NAME)))).rejects.toThrow(message);
  expect(plan.state()).toEqual(before);
});

describe('a file that is no plan is named as such', () => {
  const page = '<!doctype html><title>Not found</title>';
  test.each<[string, (file: Uint8Array) => Parameters<typeof load>[0], RegExp]>([
    ['P1: an HTML page', () => new TextEncoder().encode(page), /this is an HTML page, not a plan/],
    [
      'P1: an answer with HTML',
      () => new Response(page, { headers: { 'content-type': 'text/html' } }),
      /status 200, content type text\/html: this is an HTML page/,
    ],
    ['P1: an answer of 404', () => new Response('no', { status: 404 }), /status 404/],
    ['another file', () => new Uint8Array(100), /this is not a plan file/],
    ['nothing', () => new Uint8Array(0), /this is not a plan file/],
    ['one that is cut off', (file) => file.slice(0, -5), /checksum|cut off/],
    ['one cut off in its header', (file) => file.slice(0, 40), /cut off after 40 bytes/],
    ['another version', (file) => Uint8Array.from(file, (byte, i) => (i === 12 ? byte + 1 : byte)), /export it again/],
    ['no source', () => 'digits.plan' as never, /cannot load from 'digits.plan'/],
  ])('%s', async (_, change, message) => {
    await expect(load(change((await made()).file))).rejects.toThrow(message);
  });

  test('and one that would need too much is refused before it is given memory', async () => {
    const { file, summary } = await made();
    await expect(load(file, { memoryLimit: summary.memoryBytes - 1 })).rejects.toThrow(/bytes of memory, the limit is/);
    await expect(load(file, { workLimit: 10 })).rejects.toThrow(/operations, the limit is 10/);
    const view = new DataView(file.buffer);
    const from = PRELUDE + view.getUint32(16, true);
    expect(view.getUint32(24, true)).toBe(checksum(view.getUint32(20, true), file.subarray(from)));
  });
});

describe('what training alone needs is read when it is asked for', () => {
  /** With the first word of the instructions of `name` changed to none, and the checksum renewed. */
  async function withBadProgram(name: string): Promise<Uint8Array> {
    const { file } = await made();
    const view = new DataView(file.buffer);
    const from = PRELUDE + view.getUint32(16, true);
    const header = JSON.parse(new TextDecoder().decode(file.subarray(PRELUDE, from))) as PlanHeader;
    let at = from;
    for (const program of header.programs) {
      if (program.name === name) break;
      at += 4 * program.code[1];
      for (const [, elements, dtype] of program.constants) at += padded(elements * ARRAYS[dtype].BYTES_PER_ELEMENT);
    }
    view.setUint32(at, 0xffff, true);
    view.setUint32(24, checksum(view.getUint32(20, true), file.subarray(from)), true);
    return file;
  }

  test('a bad training program is refused by the first call that wants it; predictions go on', async () => {
    const batch = part(NAME, 0, 8);
    await expect(load(await withBadProgram('predict 1'))).rejects.toThrow(/instruction 0 of predict 1/);
    const bad = await withBadProgram('train 8');
    const plan = await load(bad);
    for (let i = 0; i < 2; i++) {
      await expect(plan.train(batch)).rejects.toThrow(/instruction 0 of train 8/);
      expect(() => plan.state()).toThrow(/instruction 0 of train 8/);
    }
    expect(await plan.predict(batch.x)).toEqual(await (await planOf()).predict(batch.x));
  });

  test('bytes that were changed or handed over since are named; a copy trains', async () => {
    const batch = part(NAME, 0, 8);
    const { file } = await made();
    const [changed, one, two] = [await load(file), await load(file.slice()), await load(file.slice())];
    file[file.length - 1] = (file[file.length - 1] as number) ^ 1;
    await expect(changed.train(batch)).rejects.toThrow(/no longer those that were loaded.*give a copy/s);
    const buffer = (await made()).file.slice().buffer;
    const handedOver = await load(buffer);
    structuredClone(buffer, { transfer: [buffer] });
    await expect(handedOver.train(batch)).rejects.toThrow(/no longer those/);
    for (const plan of [one, two]) await plan.train(batch);
    expect(one.state()).toEqual(two.state());
  });

  test('once it is read, the bytes are free', async () => {
    const batch = part(NAME, 0, 8);
    const { file } = await made();
    const [plan, other] = [await load(file), await planOf()];
    for (const one of [plan, other]) await one.train(batch);
    file.fill(0);
    for (const one of [plan, other]) await one.train(batch);
    expect(plan.state()).toEqual(other.state());
  });
});

test('P4: the memory is what was stated, to the page', async () => {
  const { file, summary } = await made();
  const plan = await load(file);
  expect(plan.bytes).toBeGreaterThanOrEqual(summary.memoryBytes);
  expect(plan.bytes - summary.memoryBytes).toBeLessThan(65536 + 1024);
});
