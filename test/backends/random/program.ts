/**
 * @file Random programs for property tests: made of a recipe (plain numbers, so that fast-check can shrink it), they share
 * values, reuse and outlive them, view them (reshape, segment), pack them, write blocks in place and read old values after,
 * return inputs, constants and one value twice, and take gradients.
 */
import fc from 'fast-check';
import { vjp } from '../../../src/autodiff/grad.ts';
import { type Program, ProgramBuilder } from '../../../src/graph/program.ts';
import { type Tensor, tensor } from '../../../src/graph/tensor.ts';
import { abs, add, greater, mul, tanh, where } from '../../../src/ops/elementwise.ts';
import { pack, segment } from '../../../src/ops/group.ts';
import { gather } from '../../../src/ops/indexing.ts';
import { broadcastTo, reshape } from '../../../src/ops/movement.ts';
import { argmax, l2Norm, mean, sum } from '../../../src/ops/reduce.ts';
import { adamUpdate, guard, sgdUpdate } from '../../../src/ops/update.ts';
import { type Inputs, MOVES, type Move, SMOOTH } from './moves.ts';
import { constantOf, flat, size } from './shapes.ts';

/** One op: which, on what, with what parameter. */
export type Instruction = readonly [op: number, a: number, b: number, parameter: number];

export interface Recipe {
  readonly instructions: readonly Instruction[];
  /** How the blocks are renewed, and which values are emitted. */
  readonly commit: number;
  readonly emitted: readonly number[];
  /** Whether the gradient of all of it is taken with respect to block p, as in training; then all is smooth. */
  readonly isTraining: boolean;
}

const small = fc.nat({ max: 63 });
export const recipes: fc.Arbitrary<Recipe> = fc.record({
  instructions: fc.array(fc.tuple(small, small, small, small), { minLength: 1, maxLength: 14 }),
  commit: small,
  emitted: fc.array(small, { minLength: 1, maxLength: 4 }),
  isTraining: fc.boolean(),
});

export const BLOCK = 48;

/** Ways to renew blocks p and q; `gradient` has their shape. */
type Renewal = (
  builder: ProgramBuilder,
  values: Readonly<Record<'p' | 'q' | 'gradient' | 'scalars' | 'last', Tensor>>,
) => void;

/** The first n elements of a value's repetition, as a block. */
function asBlock(value: Tensor): Tensor {
  const list = size(value) >= BLOCK ? segment(flat(value), size(value) - BLOCK, [BLOCK]) : undefined;
  return list ?? flat(add(broadcastTo(mean(value), [6, 8]), constantOf([8], 0.15)));
}

const RENEWALS: readonly Renewal[] = [
  () => undefined,
  (builder, { p, q, gradient, scalars }) => {
    const attributes = { momentum: 0.5, nesterov: true };
    const [update, velocity] = sgdUpdate(guard(gradient, [l2Norm(gradient)]), q, scalars, attributes);
    builder.commit('p', add(p, update as Tensor));
    builder.commit('q', velocity as Tensor);
  },
  (builder, { p, gradient, scalars }) =>
    builder.commit('p', add(p, sgdUpdate(gradient, undefined, scalars, { momentum: 0, nesterov: false })[0] as Tensor)),
  (builder, { p, q, gradient, scalars }) => {
    const [update, first] = adamUpdate(gradient, q, abs(q), scalars, { beta1: 0.5, beta2: 0.75 }) as [Tensor, Tensor];
    builder.commit('p', add(p, update));
    builder.commit('q', first);
  },
  // Whose gradient is the block itself, or the slot.
  (builder, { p, q, scalars }) => {
    const [update, velocity] = sgdUpdate(p, q, scalars, { momentum: 0.5, nesterov: false });
    builder.commit('p', add(p, update as Tensor));
    builder.commit('q', velocity as Tensor);
  },
  (builder, { p, q, scalars }) => {
    const [update, first] = adamUpdate(q, q, abs(q), scalars, { beta1: 0.5, beta2: 0.75 }) as [Tensor, Tensor];
    builder.commit('p', add(update, p));
    builder.commit('q', first);
  },
  // Whose update is added to another block than the one it replaces.
  (builder, { p, q, gradient, scalars }) => {
    const [update, velocity] = sgdUpdate(gradient, q, scalars, { momentum: 0.5, nesterov: false });
    builder.commit('p', velocity as Tensor);
    builder.commit('q', mul(add(p, update as Tensor), 0.5));
  },
  (builder, { p, q, gradient, scalars }) => {
    const [, velocity] = sgdUpdate(gradient, q, scalars, { momentum: 0.5, nesterov: false });
    builder.commit('q', add(p, velocity as Tensor));
  },
  (builder, { p, q }) => {
    builder.commit('p', q);
    builder.commit('q', p);
  },
  (builder, { p, q }) => {
    builder.commit('q', p);
    builder.commit('p', tanh(add(p, q)));
  },
  (builder, { p, gradient, scalars }) => {
    const renewed = add(p, sgdUpdate(gradient, undefined, scalars, { momentum: 0, nesterov: false })[0] as Tensor);
    builder.commit('p', renewed);
    builder.commit('q', mul(add(renewed, p), 0.5));
  },
  (builder, { p, q }) => builder.commit('q', pack([segment(p, 5, [20]), tanh(segment(q, 0, [20]))], [0, 24], BLOCK)),
  (builder, { p, last }) => {
    builder.commit('p', tanh(asBlock(last)));
    builder.commit('q', p);
  },
  (builder, { last }) => builder.commit('q', asBlock(last)),
  (builder, { p }) => {
    builder.commit('p', constantOf([BLOCK], 0.8));
    builder.commit('q', segment(pack([mul(p, 0.5), constantOf([3], 0.1)], [0, 50], 60), 6, [BLOCK]));
  },
  (builder, { p }) => {
    builder.commit('p', p);
    builder.commit('q', p);
  },
];

/** A program named `name` over blocks p and q, with five rows. The same recipe gives the same program. */
export function programOf({ instructions, commit, emitted, isTraining }: Recipe, name = 'random'): Program {
  const builder = new ProgramBuilder();
  const p = builder.block('p', { shape: [BLOCK], dtype: 'f32' });
  const q = builder.block('q', { shape: [BLOCK], dtype: 'f32' });
  const x = builder.row('x', { shape: [3, 4], dtype: 'f32' });
  const scalars = builder.row('scalars', { shape: [2], dtype: 'f32' });
  const inputs: Inputs = {
    x,
    indices: builder.row('indices', { shape: [5], dtype: 'i32' }),
    key: builder.row('key', { shape: [3], dtype: 'i32' }),
    bytes: builder.block('bytes', { shape: [6, 4], dtype: 'u8' }),
  };
  const views = [segment(p, 16, [4, 3]), segment(q, 0, [4]), reshape(x, [12]), reshape(q, [2, 3, 2, 4])];
  const pool: Tensor[] = [p, q, x, ...views, where(greater(x, 0.1), x, 0.25), tensor(0.75)];
  const moves = isTraining ? SMOOTH : MOVES;
  const pick = (i: number): Tensor => pool[pool.length - 1 - (i % pool.length)] as Tensor;
  // Half of all operands are recent values, so that chains are long and little is dead.
  const operand = (i: number): Tensor => pick(i < 32 ? i % 3 : i);
  for (const [op, a, b, n] of instructions)
    pool.push((moves[op % moves.length] as Move)(operand(a), operand(b), n, inputs));
  emitted.forEach((i, at) => {
    builder.emit(`result ${at}`, operand(i));
  });
  const last = pick(0);
  const taken = isTraining ? vjp(builder.trace, [mean(last)], [tensor(1)], [p])[0] : undefined;
  const gradient = mul(tanh(add(mul(p, 0.5), taken ?? mean(last))), 0.5);
  RENEWALS[commit % RENEWALS.length]?.(builder, { p, q, gradient, scalars, last });
  if (emitted.length % 2 === 0) {
    builder.emit('old', add(segment(p, 3, [5]), sum(q)));
    builder.emit('integers', commit % 2 === 0 ? argmax(x) : gather(inputs.indices, inputs.indices));
  }
  return builder.finish(name);
}
