/**
 * @file Brings a graph into the forms that instructions can take: operands of elementwise ops in one of four broadcast forms,
 * reductions over one run of axes, those over axes of 1 left out. What has no such form is copied first, or done in two.
 */
import { sameShape } from '../core/shape.ts';
import type { Graph } from '../graph/node.ts';
import type { Tensor } from '../graph/tensor.ts';
import { apply } from '../graph/trace.ts';
import { broadcastTo } from '../ops/movement.ts';
import { operandsToCopy } from './broadcast.ts';
import { type Rule, rewrite } from './rewrite.ts';

const rule: Rule = (node, inputs) => {
  const { op, attributes } = node;
  const [x] = inputs as [Tensor];
  if (op.kind === 'elementwise') {
    const output = node.outputs[0]?.shape ?? [];
    const shapes = inputs.map((input) => input.shape);
    const copied = operandsToCopy(shapes, output);
    if (copied.length === 0) return undefined;
    return apply(
      op,
      inputs.map((input, i) => (copied.includes(i) ? broadcastTo(input, output) : input)),
      attributes,
    );
  }
  if (op.kind === 'reduction') {
    // One number is its own sum, mean or maximum.
    if (sameShape(x.shape, node.outputs[0]?.shape ?? [])) return [x];
    const runs = axisRuns(attributes.axes as readonly number[], x.shape);
    if (runs.length <= 1) return undefined;
    // A mean of means of equal counts is the mean; the other reductions are associative anyway.
    return [runs.reduceRight((partial, axes) => apply(op, [partial], { ...attributes, axes })[0] as Tensor, x)];
  }
  return undefined;
};

/** Axes grouped into runs of neighbors; axes of size 1 join runs, since they do not move anything. */
function axisRuns(axes: readonly number[], shape: readonly number[]): number[][] {
  const runs: number[][] = [];
  for (const axis of axes) {
    const run = runs[runs.length - 1];
    const gap = run === undefined ? [] : shape.slice((run[run.length - 1] as number) + 1, axis);
    if (run !== undefined && gap.every((dimension) => dimension === 1)) run.push(axis);
    else runs.push([axis]);
  }
  return runs;
}

export function legalize(graph: Graph): Graph {
  return rewrite(graph, rule);
}
