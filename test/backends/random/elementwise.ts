/**
 * @file Elementwise op records as moves of random programs. Their samples say the range in which an op is smooth; values are
 * brought into it first. A new record joins by its samples.
 */
import type { Attributes, Op } from '../../../src/graph/node.ts';
import type { Tensor } from '../../../src/graph/tensor.ts';
import { apply } from '../../../src/graph/trace.ts';
import { add, mul, tanh } from '../../../src/ops/elementwise.ts';
import { SAMPLES, type Sample } from '../../../src/ops/samples.ts';
import { composites, primitives } from '../../../src/ops/table.ts';
import { fits } from './shapes.ts';

/** Ops whose gradients jump although they do not, or that jump within the range of their samples. */
const KINKS = ['maximum', 'minimum', 'select'];

interface ElementwiseRecord {
  readonly op: Op;
  readonly attributes: Attributes;
  readonly ranges: readonly { readonly from: number; readonly to: number }[];
}

const all = Object.values({ ...primitives, ...composites }) as unknown as Op[];

function recordOf(op: Op): ElementwiseRecord[] {
  const samples: readonly Sample[] = SAMPLES[op.name as keyof typeof SAMPLES];
  const plain = samples.find(
    ({ isSpecial, inputs }) => !isSpecial && inputs.every(({ data, dtype }) => data === undefined && dtype === 'f32'),
  );
  return op.kind === 'elementwise' && plain !== undefined
    ? [{ op, ranges: plain.inputs, attributes: plain.attributes }]
    : [];
}

/** Comparisons look at two values and have no gradient. */
const jumps = ({ name }: Op): boolean => /^(not)?equal|^(less|greater)|^logical/i.test(name);
const ELEMENTWISE = all.flatMap(recordOf).filter(({ op }) => !jumps(op));

export const UNARY = ELEMENTWISE.filter(({ ranges }) => ranges.length === 1);
export const BINARY = ELEMENTWISE.filter(({ op, ranges }) => ranges.length === 2 && !KINKS.includes(op.name));
export const COMPARISONS = all.flatMap(recordOf).filter(({ op }) => jumps(op));

/** Within nine tenths of the range, smoothly; never steeper than 1 for ranges up to 4.4 wide. */
const within = (x: Tensor, { from, to }: { from: number; to: number }): Tensor =>
  add(mul(tanh(mul(x, 0.5)), 0.45 * (to - from)), (from + to) / 2);

/** Squeezed back, so that values stay moderate and errors do not grow along a chain. */
export function applyRecord(records: readonly ElementwiseRecord[], n: number, inputs: readonly Tensor[]): Tensor {
  const { op, ranges, attributes } = records[n % records.length] as ElementwiseRecord;
  const [a, b] = inputs as [Tensor, Tensor];
  const operands = ranges.length === 2 && !fits(a, b) ? [a, a] : inputs.slice(0, ranges.length);
  const brought = operands.map((input, i) => within(input, ranges[i] as ElementwiseRecord['ranges'][number]));
  return mul(tanh(apply(op, brought, attributes)[0] as Tensor), 0.5);
}
