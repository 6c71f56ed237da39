/**
 * @file The gradient of a minibatch and the squared norms of its rows' own gradients: those of dense layers are read off the one
 * backward pass (autodiff/row-gradients.ts), those of any other layers come from one pass a row.
 */
import { valueAndGrad, vjp } from '../autodiff/grad.ts';
import { squaredRowNorms } from '../autodiff/row-gradients.ts';
import { must, SaddlepointError } from '../core/errors.ts';
import { sizeOf } from '../core/shape.ts';
import type { Measured, StepEnd, StepStart } from '../engine/step.ts';
import { type Tensor, tensor } from '../graph/tensor.ts';
import { add, div, maximum, mul, square } from '../ops/elementwise.ts';
import { keysOf } from '../ops/keys.ts';
import { scan } from '../ops/loops.ts';
import { broadcastTo, reshape } from '../ops/movement.ts';
import { sum } from '../ops/reduce.ts';

/** Below the smallest weight that matters, as in a step. */
const NO_WEIGHT = 1e-30;

/**
 * A step that takes no other gradient than the plain one, with ‖gᵢ‖² of each row behind all else in its pulse. The gᵢ are so scaled
 * that their mean is the gradient of the minibatch: where rows have weights, gᵢ is n · wᵢ / Σ w times the gradient of the row's loss.
 *
 * @throws SaddlepointError `option` for layers with running statistics in use, where a row has no gradient of its own.
 */
export function rowGradientStep(start: StepStart): StepEnd {
  const { builder, description, leaves, batch, key, updates, rows, parameters } = start;
  const { trace } = builder;
  const measured = description.measure(leaves, batch, { mode: 'train', key, updates });
  const [statistic] = updates.keys();
  if (statistic !== undefined)
    throw new SaddlepointError(
      'option',
      `control.rowGradients: '${statistic}' is a running statistic: the layer compares the rows of a minibatch, so none has a gradient of its own`,
      'take layerNorm, freeze the layer, or measure by parts of a minibatch',
    );
  const total = sum(measured.losses);
  const paths = [...parameters.leaves.keys()];
  const forward = trace.nodes.slice();
  const gradients = vjp(trace, [total], [tensor(1)], [...parameters.leaves.values()]);
  const ofDense = squaredRowNorms({
    ...{
      trace,
      losses: measured.losses,
      rows,
      batch: Object.values(batch),
      leaves: parameters.leaves,
      gradients,
      forward,
    },
  });
  const taps = trace.taps.length;
  const found = ofDense
    ? { squaredNorms: ofDense, gradients: paths.map((_, i) => gradients[i]) }
    : rowByRow(start, paths);
  trace.taps.length = taps;
  const count = measured.weights ? maximum(sum(measured.weights), NO_WEIGHT) : tensor(sizeOf(measured.losses.shape));
  return {
    measured: { ...measured, reported: undefined, sums: [] } as Measured,
    loss: div(total, count),
    gradients: found.gradients.map((gradient) => gradient && div(gradient, count)),
    readings: [mul(found.squaredNorms, square(div(rows, count)))],
  };
}

/** The same, row by row, each a minibatch of its own that draws its own random numbers. */
function rowByRow(
  { description, leaves, batch, key, rows }: StepStart,
  paths: readonly string[],
): { readonly squaredNorms: Tensor; readonly gradients: readonly Tensor[] } {
  const names = Object.keys(batch);
  const own = paths.map((path) => must(leaves.get(path), `leaf ${path}`));
  const sumOf = (trained: readonly Tensor[], row: readonly Tensor[], drawn: Tensor): Tensor => {
    const at = new Map([...leaves, ...paths.map((path, i) => [path, trained[i] as Tensor] as const)]);
    const single = Object.fromEntries(names.map((name, i) => [name, row[i] as Tensor]));
    return sum(description.measure(at, single, { mode: 'train', key: drawn }).losses);
  };
  const [sums, squaredNorms] = scan(
    (held: Tensor[], { row, drawn }: { row: Tensor[]; drawn: Tensor }) => {
      const [, found] = valueAndGrad((trained: Tensor[]) => sumOf(trained, row, drawn), [...own]);
      const norm = found.reduce((norms: Tensor, one) => add(norms, sum(square(one))), tensor(0));
      return [held.map((before, i) => add(before, found[i] as Tensor)), norm] as const;
    },
    own.map(({ shape }) => broadcastTo(tensor(0), shape)),
    {
      row: names.map((name) => {
        const x = must(batch[name], name);
        return reshape(x, [rows, 1, ...x.shape.slice(1)]);
      }),
      drawn: keysOf(key, rows),
    },
  );
  return { squaredNorms, gradients: sums };
}
