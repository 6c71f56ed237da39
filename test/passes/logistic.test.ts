/** Negative sampling as one op: found where it stands, left alone where something else is meant. */
import { describe, expect, it } from 'vitest';
import { vjp } from '../../src/autodiff/grad.ts';
import { evaluateGraph } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/node.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { trace } from '../../src/graph/trace.ts';
import { verify } from '../../src/graph/verify.ts';
import { mul, tanh } from '../../src/ops/elementwise.ts';
import { gatherDot } from '../../src/ops/gather-product.ts';
import { mean } from '../../src/ops/reduce.ts';
import { sigmoidCrossEntropy } from '../../src/ops/sigmoid-cross-entropy.ts';
import { fuseLogistic } from '../../src/passes/logistic.ts';

const INPUTS = [
  tensor([0.5, -1, 2, 0.25, 1.5, -0.75], [3, 2]),
  tensor(Int32Array.of(2, 0, 2, 1, 1, 0), [2, 3]),
  tensor([1, -0.5, 0.3, 2], [2, 2]),
  tensor([1, 0, 0, 1, 0, 0.5], [2, 3]),
];

type Loss = (dots: Tensor, targets: Tensor) => Tensor;
const logistic: Loss = (dots, targets) => mean(mean(sigmoidCrossEntropy(dots, targets), 1), 0);

/** The loss and its gradients by table and vectors. */
const stepOf = (lossOf: Loss): Graph =>
  trace(INPUTS, ([table, index, vectors, targets], recording) => {
    const loss = lossOf(gatherDot(table as Tensor, index as Tensor, vectors as Tensor), targets as Tensor);
    const gradients = vjp(recording, [loss], [tensor(1)], [table as Tensor, vectors as Tensor]);
    return [loss, ...(gradients as Tensor[])];
  });

const names = ({ nodes }: Graph): string[] => nodes.map(({ op }) => op.name);
const valuesOf = (graph: Graph): number[][] => evaluateGraph(graph, INPUTS).map(({ data }) => Array.from(data));

describe('fuseLogistic', () => {
  it('makes one op of dots, losses, their gradient and the sums, and changes no value', () => {
    const graph = stepOf(logistic);
    const fused = verify(fuseLogistic(graph, undefined));
    expect(names(fused).filter((name) => /gatherLogistic|gatherDot|gatherSum|sigmoid/.test(name))).toEqual([
      'gatherLogistic',
    ]);
    valuesOf(fused).forEach((values, i) => {
      for (const [j, value] of values.entries()) expect(value).toBeCloseTo(valuesOf(graph)[i]?.[j] as number, 12);
    });
  });

  it.each<[string, Loss]>([
    ['a loss that weighs each dot', (dots, targets) => mean(mul(sigmoidCrossEntropy(dots, targets), targets), [0, 1])],
    ['targets that depend on the dots', (dots) => mean(sigmoidCrossEntropy(dots, tanh(dots)), [0, 1])],
    ['another loss', (dots, targets) => mean(mul(tanh(dots), targets), [0, 1])],
  ])('leaves %s as it is', (_, loss) => {
    const graph = stepOf(loss);
    expect(fuseLogistic(graph, undefined)).toBe(graph);
  });
});
