/**
 * @file Random programs for property tests: made of a recipe (plain numbers, so that fast-check can shrink it), they share
 * values, reuse and outlive them, view them (reshape, segment), pack them, write blocks in place and read old values after.
 *
 * Values stay of moderate size, and nothing jumps: comparisons look at inputs alone, since a value that differs in its last
 * bit would choose otherwise. So results may be compared with those in double precision.
 */
import fc from 'fast-check';
import type { Backend, Session, SessionOptions } from '../../src/backends/backend.ts';
import { sizeOf } from '../../src/core/shape.ts';
import { evaluateGraph } from '../../src/graph/evaluate.ts';
import { type Program, ProgramBuilder } from '../../src/graph/program.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { identity } from '../../src/ops/cast.ts';
import {
  abs,
  add,
  exp,
  greater,
  maximum,
  mul,
  neg,
  relu,
  sigmoid,
  sub,
  tanh,
  where,
} from '../../src/ops/elementwise.ts';
import { pack, segment } from '../../src/ops/group.ts';
import { matmul } from '../../src/ops/matmul.ts';
import { broadcastTo, pad, reshape, slice, transpose } from '../../src/ops/movement.ts';
import { l2Norm, max, mean, sum } from '../../src/ops/reduce.ts';
import { softmax } from '../../src/ops/softmax.ts';
import { adamUpdate, guard, sgdUpdate } from '../../src/ops/update.ts';

/** One op: which, on what, with what parameter. */
export type Instruction = readonly [op: number, a: number, b: number, parameter: number];

export interface Recipe {
  readonly instructions: readonly Instruction[];
  /** How the blocks are renewed, and which values are emitted. */
  readonly commit: number;
  readonly emitted: readonly number[];
}

const small = fc.nat({ max: 63 });
export const recipes: fc.Arbitrary<Recipe> = fc.record({
  instructions: fc.array(fc.tuple(small, small, small, small), { minLength: 1, maxLength: 14 }),
  commit: fc.nat({ max: 7 }),
  emitted: fc.array(small, { minLength: 1, maxLength: 4 }),
});

export const BLOCK = 48;
const LIMIT = 300;
const flat = (x: Tensor): Tensor => reshape(x, [sizeOf(x.shape)]);
const fits = (a: Tensor, b: Tensor): boolean => {
  const rank = Math.max(a.shape.length, b.shape.length);
  const at = (t: Tensor, i: number): number => t.shape[t.shape.length - rank + i] ?? 1;
  let size = 1;
  for (let i = 0; i < rank; i++) {
    const [da, db] = [at(a, i), at(b, i)];
    if (da !== db && da !== 1 && db !== 1) return false;
    size *= Math.max(da, db);
  }
  return size <= LIMIT;
};

/** The ops of recipes. Each takes two values and a parameter, and makes do with whatever shapes they have. */
const MOVES: readonly ((a: Tensor, b: Tensor, n: number) => Tensor)[] = [
  (a, _, n) => ([tanh, sigmoid, neg, relu, abs][n % 5] as (x: Tensor) => Tensor)(a),
  (a, b, n) => (fits(a, b) ? ([add, sub, maximum][n % 3] as typeof add)(a, b) : add(a, sum(b))),
  (a, b) => (fits(a, b) ? mul(tanh(a), b) : mul(a, tanh(mean(b)))),
  (a, b) => (fits(a, b) ? add(tanh(b), a) : tanh(a)),
  (a, _, n) =>
    ([sum, mean, max][n % 3] as typeof sum)(a, a.shape.length === 0 ? undefined : n % a.shape.length, {
      keepDims: n % 2 === 0,
    }),
  (a, _, n) =>
    mean(
      a,
      a.shape.flatMap((_d, axis) => ((n >> axis) & 1 ? [axis] : [])),
    ),
  (a) => flat(a),
  (a, _, n) => (sizeOf(a.shape) % (1 + (n % 4)) === 0 ? reshape(a, [1 + (n % 4), -1]) : a),
  (a) => transpose(a),
  (a) =>
    slice(
      a,
      a.shape.map((d) => d >> 2),
      a.shape.map((d) => d - (d >> 2)),
    ),
  (a, _, n) => segment(flat(a), n % sizeOf(a.shape), [1 + (n % (sizeOf(a.shape) - (n % sizeOf(a.shape))))]),
  (a, b, n) => {
    const [x, y] = [flat(a), flat(b)];
    const start = sizeOf(x.shape) + (n % 3) * 5;
    return start + sizeOf(y.shape) + 4 <= LIMIT
      ? pack([x, y], [n % 2 ? 0 : 0, start], start + sizeOf(y.shape) + (n % 4))
      : a;
  },
  (a, _, n) => (sizeOf(a.shape) * 2 <= LIMIT && a.shape.length < 4 ? broadcastTo(a, [2 - (n % 2), ...a.shape]) : a),
  (a) =>
    sizeOf(a.shape) <= 40 && a.shape.length < 4
      ? pad(
          a,
          a.shape.map(() => 1),
          a.shape.map(() => 0),
        )
      : a,
  (a) => (a.shape.length === 0 ? a : softmax(a)),
  (a) => identity(a),
  (a) => {
    const k = a.shape[a.shape.length - 1] ?? 1;
    const rows = reshape(a, [-1, k]);
    return sizeOf(rows.shape) / k <= 12 ? matmul(tanh(rows), transpose(rows)) : a;
  },
  (a, b) => {
    const k = a.shape[a.shape.length - 1] ?? 1;
    const rows = reshape(a, [-1, k]);
    const bias = sizeOf(b.shape) >= 3 ? segment(flat(b), 0, [3]) : tensor([0.1, 0.2, 0.3]);
    const weights = tensor(
      Float32Array.from({ length: k * 3 }, (_w, i) => Math.fround(((i * 7) % 11) / 11 - 0.5)),
      [k, 3],
    );
    return tanh(add(matmul(rows, weights), bias));
  },
  (a) => add(exp(neg(abs(a))), mul(a, 1)),
  (a, b) => mul(add(sum(a), mean(b)), 0.125),
  // A matrix and one of its own rows, which must be read before it is written over.
  (a) => {
    const columns = a.shape[a.shape.length - 1] ?? 1;
    const all = tanh(flat(a));
    return add(reshape(all, [-1, columns]), segment(all, 0, [columns]));
  },
];

/** A program of 2 blocks and 2 rows. The same recipe gives the same program. */
export function programOf({ instructions, commit, emitted }: Recipe): Program {
  const builder = new ProgramBuilder();
  const p = builder.block('p', { shape: [BLOCK], dtype: 'f32' });
  const q = builder.block('q', { shape: [BLOCK], dtype: 'f32' });
  const x = builder.row('x', { shape: [3, 4], dtype: 'f32' });
  const scalars = builder.row('scalars', { shape: [2], dtype: 'f32' });
  const pool: Tensor[] = [
    p,
    q,
    x,
    segment(p, 16, [4, 3]),
    segment(q, 0, [4]),
    reshape(x, [12]),
    where(greater(x, 0.1), x, 0.25),
  ];
  const pick = (i: number): Tensor => pool[pool.length - 1 - (i % pool.length)] as Tensor;
  for (const [op, a, b, n] of instructions)
    pool.push((MOVES[op % MOVES.length] as (typeof MOVES)[number])(pick(a), pick(b), n));
  emitted.forEach((i, at) => {
    builder.emit(`result ${at}`, pick(i));
  });
  const last = pick(0);
  const gradient = mul(tanh(add(mul(p, 0.5), mean(last))), 0.5);
  const renewals: readonly (() => void)[] = [
    () => undefined,
    () => {
      const [update, velocity] = sgdUpdate(guard(gradient, [l2Norm(gradient)]), q, scalars, {
        momentum: 0.5,
        nesterov: true,
      });
      builder.commit('p', add(p, update as Tensor));
      builder.commit('q', velocity as Tensor);
    },
    () =>
      builder.commit(
        'p',
        add(p, sgdUpdate(gradient, undefined, scalars, { momentum: 0, nesterov: false })[0] as Tensor),
      ),
    () => {
      const [update, first] = adamUpdate(gradient, q, abs(q), scalars, { beta1: 0.5, beta2: 0.75 }) as [Tensor, Tensor];
      builder.commit('p', add(p, update));
      builder.commit('q', first);
    },
    () => {
      builder.commit('p', q);
      builder.commit('q', p);
    },
    () => {
      builder.commit('q', p);
      builder.commit('p', tanh(add(p, q)));
    },
    () => {
      const renewed = add(p, sgdUpdate(gradient, undefined, scalars, { momentum: 0, nesterov: false })[0] as Tensor);
      builder.commit('p', renewed);
      builder.commit('q', mul(add(renewed, p), 0.5));
    },
    () => builder.commit('q', pack([segment(p, 5, [20]), tanh(segment(q, 0, [20]))], [0, 24], BLOCK)),
  ];
  renewals[commit % renewals.length]?.();
  if (emitted.length % 2 === 0) builder.emit('old', add(segment(p, 3, [5]), sum(q)));
  return builder.finish('random');
}

const numbers = (length: number, shift: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.fround(2 * ((0.618034 * (i + 1) + shift) % 1) - 1));

/** All results of running two rows, twice over, then the blocks. */
export async function resultsOf(
  backend: Backend,
  program: Program,
  options: SessionOptions = {},
): Promise<Map<string, number[]>> {
  const session: Session = await backend.open([program], { ...options, capacity: 2, verify: true });
  session.write('p', numbers(BLOCK, 0.1));
  session.write('q', numbers(BLOCK, 0.7));
  const results = new Map<string, number[]>();
  for (const call of [0, 1]) {
    session.writeRows('random', 'x', numbers(24, 0.3 + call));
    session.writeRows('random', 'scalars', Float32Array.of(0.5, 0.25, 0.125, 0.75));
    const { done, stop } = session.run('random', 2);
    if (done !== 2) throw new Error(`stopped: ${JSON.stringify(stop)}`);
    for (const { kind, name } of program.outputs)
      if (kind === 'row') results.set(`${name} of call ${call}`, Array.from(session.readRows('random', name, 2)));
    for (const name of ['p', 'q']) results.set(`block ${name} after call ${call}`, Array.from(session.read(name)));
  }
  session.dispose();
  return results;
}

/** The largest number that comes up on the way, at least 1: what rounding errors are proportional to. */
export function largestValue(program: Program): number {
  const inputs = program.graph.inputs.map(({ shape, dtype }, i) => ({
    shape,
    dtype,
    data: numbers(sizeOf(shape), 0.1 + i),
  }));
  let largest = 1;
  evaluateGraph(program.graph, inputs, (_, outputs) => {
    for (const { data } of outputs) for (const value of data) largest = Math.max(largest, Math.abs(value));
  });
  return largest;
}

/** Throws for the first result that differs by more than `tolerance`. */
export function compareResults(
  actual: Map<string, number[]>,
  expected: Map<string, number[]>,
  tolerance: number,
): void {
  for (const [name, list] of expected) {
    list.forEach((e, i) => {
      const a = actual.get(name)?.[i] as number;
      if (!(Math.abs(a - e) <= tolerance))
        throw new Error(`${name}: element ${i} is ${a}, expected ${e} ± ${tolerance}`);
    });
  }
}
