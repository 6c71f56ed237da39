/** @file training.json: whole runs of a small network, loss by loss, and its last parameters. */
import { valueAndGrad } from '../../../src/autodiff/grad.ts';
import { layoutGroup } from '../../../src/graph/program.ts';
import { type Tensor, tensor } from '../../../src/graph/tensor.ts';
import { dense } from '../../../src/nn/dense.ts';
import { applyModel } from '../../../src/nn/layer.ts';
import { crossEntropy } from '../../../src/nn/losses/cross-entropy.ts';
import { sequential } from '../../../src/nn/sequential.ts';
import { segment } from '../../../src/ops/group.ts';
import { transpose } from '../../../src/ops/movement.ts';
import { mean } from '../../../src/ops/reduce.ts';
import { type GoldenTensor, hostTensorOf } from '../format.ts';
import { type Adapter, type Tensors, tensorCheck } from '../session.ts';
import { stepper, transformFor } from './optimizers.ts';

const KINDS: Readonly<Record<string, 'sgd' | 'adam'>> = { sgd_momentum: 'sgd', adam: 'adam' };
const LEAVES = ['0/kernel', '0/bias', '1/kernel', '1/bias'];
const model = sequential([dense(5, { activation: 'tanh' }), dense(3)]);

export const training: Adapter = (name, data) => {
  const kind = KINDS[name];
  const transform = kind && transformFor(kind, data.options as Record<string, unknown>);
  if (transform === undefined) return undefined;
  // Theirs are (out, in); transposing is its own inverse.
  const leaves = (data.params as GoldenTensor[]).map((leaf) => transpose(hostTensorOf(leaf)));
  const group = layoutGroup(
    'trainable',
    leaves.map(({ shape }, i) => ({ path: LEAVES[i] as string, shape })),
  );
  const block = new Float64Array(group.size);
  leaves.forEach(({ data: values }, i) => {
    block.set(values, group.segments[i]?.offset);
  });
  const leavesOf = (parameters: Tensor): Map<string, Tensor> =>
    new Map(group.segments.map(({ path, offset, shape }) => [path, segment(parameters, offset, shape)]));
  const lossAndGradient = (parameters: Tensor, { x, labels }: Tensors): Tensors => {
    const [loss, gradient] = valueAndGrad((at: Tensor) => {
      const logits = applyModel(model, leavesOf(at), x as Tensor, { mode: 'train' });
      return mean(crossEntropy().call(logits, labels as Tensor));
    }, parameters) as [Tensor, Tensor];
    return { loss, gradient };
  };
  return async (session) => {
    const run = stepper(session, transform, tensor(block), lossAndGradient);
    const batch = { x: hostTensorOf(data.x), labels: hostTensorOf(data.labels, 'i32') };
    const losses: number[] = [];
    for (let i = 0; i < (data.losses as number[]).length; i++)
      losses.push((await run.step(batch)).loss?.item() as number);
    const last = [...leavesOf(run.parameters).values()];
    const final = (data.final as GoldenTensor[]).map((expected, i) =>
      tensorCheck(`final ${i}`, transpose(last[i] as Tensor), expected),
    );
    return [{ what: 'losses', got: losses, expected: data.losses as number[] }, ...final];
  };
};
