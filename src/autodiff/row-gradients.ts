/**
 * @file Squared norms of the gradients of single rows, read off the gradient of all of them: the gradient of a product's weights is a
 * sum of outer products, one a row, whose norms are products of norms. No gradient of a row is ever made. Goodfellow 2015, "Efficient
 * per-example gradient computations", section 4; deviation: rows that are sequences, whose gradient is a sum of several outer
 * products, by the inner products of their factors.
 */
import { must } from '../core/errors.ts';
import type { Node, Value } from '../graph/node.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { Trace } from '../graph/trace.ts';
import { batchMatmul } from '../ops/batch-matmul.ts';
import { add, mul, square } from '../ops/elementwise.ts';
import { reshape, transpose } from '../ops/movement.ts';
import { sum } from '../ops/reduce.ts';

/** Where a value's rows come from: no row of the minibatch, or each block of its first axis from the row of that place alone. */
type Origin = 'none' | 'rows';

/** Each number from those at its place in all axes but the last. */
const ALONG_LAST = new Set(['softmax', 'logSoftmax', 'softmaxCrossEntropy']);
const REDUCTIONS = new Set(['sum', 'mean', 'max', 'min', 'prod']);
const KEEPING = new Set(['cast', 'identity', 'oneHot']);

/**
 * Which values of a trace belong to single rows of a minibatch. What is not in the map mixes rows, or comes from an op of which that is
 * not known: the answer is never wrong, but may be "not known".
 *
 * @param rows the values that hold the minibatch, a row each, `count` of them.
 */
export function originsOf(trace: Trace, rows: readonly Tensor[], count: number): ReadonlyMap<Value, Origin> {
  const found = new Map<Value, Origin>(trace.inputs.map((value) => [value, 'none']));
  for (const x of rows) found.set(trace.value(x), 'rows');
  for (const node of trace.nodes) {
    for (const output of node.outputs) {
      const origin = found.get(output) ?? originOf(node, output, found, count);
      if (origin !== undefined) found.set(output, origin);
    }
  }
  return found;
}

function originOf(
  { op, inputs, attributes }: Node,
  output: Value,
  found: ReadonlyMap<Value, Origin>,
  count: number,
): Origin | undefined {
  const origins = inputs.map((input) => found.get(input));
  if (origins.includes(undefined)) return undefined;
  if (!origins.includes('rows')) return 'none';
  const [first] = inputs as [Value];
  const isFirstAlone = origins[0] === 'rows' && !origins.includes('rows', 1);
  const keepsFirstAxis = first.shape.length === output.shape.length && first.shape[0] === output.shape[0];
  const isSafe = (): boolean => {
    if (op.kind === 'elementwise')
      return inputs.every(
        ({ shape }, i) =>
          origins[i] === 'none' || (shape.length === output.shape.length && shape[0] === output.shape[0]),
      );
    if (KEEPING.has(op.name)) return true;
    if (ALONG_LAST.has(op.name)) return first.shape.length > 1;
    if (REDUCTIONS.has(op.name)) return !(attributes.axes as readonly number[]).includes(0);
    switch (op.name) {
      case 'reshape':
        return (output.shape[0] ?? 0) % count === 0;
      case 'broadcastTo':
        return keepsFirstAxis;
      case 'slice':
        return keepsFirstAxis;
      case 'transpose':
        return (attributes.permutation as readonly number[])[0] === 0;
      case 'concat':
        return attributes.axis !== 0;
      case 'matmul':
        return isFirstAlone && attributes.transposeLhs !== true;
      case 'gather':
        // Rows of a table that the minibatch names.
        return origins[0] === 'none';
      default:
        return false;
    }
  };
  return isSafe() ? 'rows' : undefined;
}

/** What is asked of one step. */
export interface RowGradients {
  readonly trace: Trace;
  /** Of each row, or each step of each row. */
  readonly losses: Tensor;
  readonly rows: number;
  /** The rows of the minibatch. */
  readonly batch: readonly Tensor[];
  /** The leaves, and the gradients of the sum of `losses` by them. */
  readonly leaves: ReadonlyMap<string, Tensor>;
  readonly gradients: readonly (Tensor | undefined)[];
  /** The nodes before the gradients were recorded. */
  readonly forward: readonly Node[];
}

/**
 * ‖∂ losses[i] / ∂ leaves‖² for each row i: f32 [rows]. Undefined where one of the leaves is no kernel or bias of a dense layer that is
 * used once, or rows depend on each other, or it is not known that they do not.
 */
export function squaredRowNorms({
  trace,
  losses,
  rows,
  batch,
  leaves,
  gradients,
  forward,
}: RowGradients): Tensor | undefined {
  const origins = originsOf(trace, batch, rows);
  if (origins.get(trace.value(losses)) !== 'rows') return undefined;
  let total: Tensor | undefined;
  for (const [i, leaf] of [...leaves.values()].entries()) {
    const gradient = gradients[i];
    if (gradient === undefined) continue;
    const users = forward.filter(({ inputs }) => inputs.includes(trace.value(leaf)));
    const norms = users.length === 1 ? normsOf(trace, users[0] as Node, leaf, gradient, origins, rows) : undefined;
    if (norms === undefined) return undefined;
    total = total === undefined ? norms : add(total, norms);
  }
  return total;
}

function normsOf(
  trace: Trace,
  { op, inputs, attributes }: Node,
  leaf: Tensor,
  gradient: Tensor,
  origins: ReadonlyMap<Value, Origin>,
  rows: number,
): Tensor | undefined {
  const own = trace.value(leaf);
  const [lhs, rhs] = inputs;
  const node = source(must(gradient.traced, 'a traced gradient').value);
  if (node === undefined) return undefined;
  const read = (i: number): Tensor => trace.tensor(must(node.inputs[i], 'an input'));
  if (op.name === 'matmul') {
    const isKernel =
      rhs === own && lhs !== undefined && origins.get(lhs) === 'rows' && attributes.transposeLhs !== true;
    const isOuter =
      node.op.name === 'matmul' && node.attributes.transposeLhs === true && node.attributes.transposeRhs !== true;
    return isKernel && isOuter ? ofOuterProducts(read(0), read(1), rows) : undefined;
  }
  if (op.name !== 'add' || own.shape.length !== 1) return undefined;
  const other = lhs === own ? rhs : lhs;
  const isBias =
    other !== undefined && origins.get(other) === 'rows' && other.shape.length === 2 && other.shape[1] === own.shape[0];
  const isSum = node.op.name === 'sum' && String(node.attributes.axes) === '0';
  return isBias && isSum ? ofSums(read(0), rows) : undefined;
}

/** The node that computes a value, behind what only says how it lies. */
function source(value: Value): Node | undefined {
  let { node } = value;
  while (node !== undefined && (node.op.name === 'reshape' || node.op.name === 'identity')) node = node.inputs[0]?.node;
  return node;
}

const squares = (x: Tensor): Tensor => sum(square(x), 1);

/** ‖Aᵢᵀ Dᵢ‖² of the blocks of rows Aᵢ, Dᵢ: the sum of (Aᵢ Aᵢᵀ) ∘ (Dᵢ Dᵢᵀ); of single rows ‖a‖² ‖d‖². */
function ofOuterProducts(a: Tensor, d: Tensor, rows: number): Tensor {
  const [count, width] = a.shape as [number, number];
  if (count === rows) return mul(squares(a), squares(d));
  const steps = count / rows;
  const inner = (x: Tensor, size: number): Tensor => {
    const blocks = reshape(x, [rows, steps, size]);
    return reshape(batchMatmul(blocks, transpose(blocks, [0, 2, 1])), [rows, steps * steps]);
  };
  return sum(mul(inner(a, width), inner(d, d.shape[1] as number)), 1);
}

/** ‖Σ of the block's rows‖². */
function ofSums(d: Tensor, rows: number): Tensor {
  const [count, width] = d.shape as [number, number];
  return squares(count === rows ? d : sum(reshape(d, [rows, count / rows, width]), 1));
}
