/** @file Reductions over a run of axes: seen as [outer, n, inner], of which n goes. */
import { must } from '../../../core/errors.ts';
import { type Shape, sizeOf } from '../../../core/shape.ts';
import type { CumulativeAttributes } from '../../../ops/cumulative.ts';
import type { ReduceAttributes } from '../../../ops/reduce.ts';
import type { Tensor, Tfjs } from '../tfjs.ts';
import { elementwise } from './elementwise.ts';
import { type LoweringCall, lowering } from './lowering.ts';

type Block = readonly [outer: number, n: number, inner: number];

/** The axes as one, since the passes leave no others: neighbors, or axes of 1 between. */
function blockOf(shape: Shape, axes: readonly number[]): Block {
  const first = axes[0] ?? 0;
  const last = must(axes.at(-1), 'an axis');
  return [sizeOf(shape.slice(0, first)), sizeOf(shape.slice(first, last + 1)), sizeOf(shape.slice(last + 1))];
}

/** Elements that one invocation of the shader walks, at most. */
const WALK = 64;

/** Of equals the first; NaN is more extreme than all, as it is in JavaScript, and −∞ is a number. */
const extremeShader = (better: '<' | '>'): string => `void main() {
  ivec3 at = getOutputCoords();
  int first = at.y * walk, end = min(first + walk, n);
  float best = getA(at.x, first, at.z);
  for (int i = first + 1; i < end; i++) {
    float x = getA(at.x, i, at.z);
    if (!isnan(best) && (isnan(x) || x ${better} best)) best = x;
  }
  setOutput(best);
}`;

/** The largest or smallest of n. tfjs' own reductions on WebGL begin at ±10²⁰, and forget NaN. */
export function extreme(tfjs: Tfjs, better: '<' | '>', x: Tensor, [outer, size, inner]: Block): Tensor {
  const { core } = tfjs;
  let current = core.reshape(x, [outer, size, inner]);
  if (!tfjs.hasShaders) return better === '>' ? core.max(current, 1) : core.min(current, 1);
  for (let n = size; ; ) {
    const walk = n <= WALK ? n : Math.max(2, Math.min(WALK, Math.ceil(Math.sqrt(n))));
    const chunks = Math.ceil(n / walk);
    current = tfjs.shader(extremeShader(better), [current], [outer, chunks, inner], { n, walk });
    if (chunks === 1) return current;
    n = chunks;
  }
}

const reduced = (f: (call: LoweringCall<ReduceAttributes>, x: Tensor, block: Block) => Tensor) =>
  lowering<ReduceAttributes>((call) => {
    const block = blockOf(must(call.inputs[0], 'an input').spec.shape, call.attributes.axes);
    return f(call, call.tensor(0, block), block);
  });

/** The first place of the largest element along the middle axis, as floats; `hits` says where it stands. */
function firstHit(tfjs: Tfjs, hits: Tensor, [outer, n, inner]: Block): Tensor {
  const places = tfjs.core.reshape(tfjs.core.range(0, n, 1, 'float32'), [1, n, 1]);
  const shape = [outer, n, inner];
  const spread = elementwise(tfjs, 'identity', [tfjs.core.reshape(places, [n, 1])], [n, inner]);
  const all = tfjs.core.reshape(hits, [outer, n * inner]);
  const where = elementwise(
    tfjs,
    'select',
    [all, tfjs.core.reshape(spread, [1, n * inner]), tfjs.core.scalar(n)],
    [outer, n * inner],
  );
  return extreme(tfjs, '<', tfjs.core.reshape(where, shape), [outer, n, inner]);
}

const rowsOf = (shape: Shape): readonly [rows: number, columns: number] => {
  const columns = shape.at(-1) as number;
  return [sizeOf(shape) / columns, columns];
};

export const REDUCE = {
  sum: reduced(({ core }, x) => core.sum(x, 1)),
  mean: reduced(({ core, map }, x, [outer, n, inner]) => map('div', [core.sum(x, 1), core.scalar(n)], [outer, inner])),
  max: reduced(({ tfjs }, x, block) => extreme(tfjs, '>', x, block)),
  min: reduced(({ tfjs }, x, block) => extreme(tfjs, '<', x, block)),
  prod: reduced(({ core }, x) => core.prod(x, 1)),
  l2Norm: lowering(({ tfjs, core, map, inputs, tensor }) => {
    const n = sizeOf(must(inputs[0], 'an input').spec.shape);
    const x = tensor(0, [n]);
    const largest = core.reshape(extreme(tfjs, '>', map('abs', [x], [n]), [1, n, 1]), [1]);
    const total = core.reshape(core.sum(map('normPart', [x, largest], [n])), [1]);
    return map('norm', [total, largest], [1]);
  }),
  cumulativeSum: lowering<CumulativeAttributes>(({ core, inputs, attributes: { axis, reverse }, tensor }) => {
    const { shape } = must(inputs[0], 'an input').spec;
    const [outer, n, inner] = blockOf(shape, [axis]);
    // Along the last axis, which is the one that backends know.
    const lines = core.transpose(tensor(0, [outer, n, inner]), [0, 2, 1]);
    return core.transpose(core.cumsum(lines, 2, false, reverse), [0, 2, 1]);
  }),
  argmax: lowering(({ tfjs, map, inputs, tensor }) => {
    const [rows, columns] = rowsOf(must(inputs[0], 'an input').spec.shape);
    const x = tensor(0, [rows, columns]);
    const largest = tfjs.core.reshape(extreme(tfjs, '>', x, [rows, columns, 1]), [rows, 1]);
    return firstHit(tfjs, map('isExtreme', [x, largest], [rows, columns]), [rows, columns, 1]);
  }),
  // The largest, k times; what has been taken does not stand for selection again.
  topK: lowering<{ k: number }>(({ tfjs, core, map, inputs, attributes: { k }, tensor }) => {
    const [rows, columns] = rowsOf(must(inputs[0], 'an input').spec.shape);
    const shape = [rows, columns];
    const x = tensor(0, shape);
    const places = core.reshape(core.range(0, columns, 1, 'float32'), [1, columns]);
    let free: Tensor = core.ones(shape);
    const found: Tensor[] = [];
    for (let i = 0; i < k; i++) {
      const candidates = map('select', [free, x, core.scalar(Number.NEGATIVE_INFINITY)], shape);
      const largest = core.reshape(extreme(tfjs, '>', candidates, [rows, columns, 1]), [rows, 1]);
      const hits = map('mul', [map('isExtreme', [x, largest], shape), free], shape);
      const index = core.reshape(firstHit(tfjs, hits, [rows, columns, 1]), [rows, 1]);
      free = map('mul', [free, map('notEqual', [places, index], shape)], shape);
      found.push(index);
    }
    const indices = core.concat(found, 1);
    const starts = core.reshape(core.range(0, rows * columns, columns, 'float32'), [rows, 1]);
    return [indices, map('add', [indices, starts], [rows, k])];
  }),
};
