/** @file training.json: whole runs of a small network, loss by loss, and its last parameters; and one of L-BFGS. */
import { valueAndGrad } from '../../../src/autodiff/grad.ts';
import { packLeaves } from '../../../src/engine/renew.ts';
import { layoutGroup } from '../../../src/graph/program.ts';
import { type Tensor, tensor } from '../../../src/graph/tensor.ts';
import { dense } from '../../../src/nn/dense.ts';
import { applyModel } from '../../../src/nn/layer.ts';
import { crossEntropy } from '../../../src/nn/losses/cross-entropy.ts';
import { sequential } from '../../../src/nn/sequential.ts';
import { add, mul, square, sub } from '../../../src/ops/elementwise.ts';
import { segment } from '../../../src/ops/group.ts';
import { transpose } from '../../../src/ops/movement.ts';
import { mean } from '../../../src/ops/reduce.ts';
import { adam } from '../../../src/optim/adam.ts';
import { adamw } from '../../../src/optim/adamw.ts';
import { clipByGlobalNorm } from '../../../src/optim/clip.ts';
import { lbfgs } from '../../../src/optim/drivers/lbfgs.ts';
import { cosineDecay } from '../../../src/optim/schedules/cosine-decay.ts';
import { sgd } from '../../../src/optim/sgd.ts';
import { chain, type Transform } from '../../../src/optim/transform.ts';
import type { GradientFunction, GradientTrick, LossContext, Point } from '../../../src/train/trick.ts';
import { asam } from '../../../src/tricks/asam.ts';
import { sam } from '../../../src/tricks/sam.ts';
import { type GoldenCase, type GoldenTensor, hostTensorOf } from '../format.ts';
import { type Adapter, type Expression, type Tensors, tensorCheck } from '../session.ts';
import { stepper } from './optimizers.ts';

interface Options {
  readonly lr: number;
  readonly momentum: number;
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weight_decay: number;
  readonly clip_norm: number;
  readonly cosine_t_max: number;
}

const adams = ({ betas: [beta1, beta2], eps }: Options) => ({ beta1, beta2, epsilon: eps });

const TRANSFORMS: Readonly<Record<string, (options: Options) => Transform>> = {
  sgd_momentum: ({ lr, momentum }) => sgd({ learningRate: lr, momentum }),
  adam: (options) => adam({ learningRate: options.lr, ...adams(options) }),
  adamw_cosine_clip1(options) {
    const learningRate = cosineDecay({ learningRate: options.lr, steps: options.cosine_t_max });
    const weightDecay = options.weight_decay;
    return chain(clipByGlobalNorm(options.clip_norm), adamw({ learningRate, weightDecay, ...adams(options) }));
  },
};

/** Their ASAM has no η. */
const TRICKS: Readonly<Record<string, (rho: number) => GradientTrick>> = {
  sam: (rho) => sam(rho),
  asam: (rho) => asam(rho, { eta: 0 }),
};

const LEAVES = ['0/kernel', '0/bias', '1/kernel', '1/bias'];
const model = sequential([dense(5, { activation: 'tanh' }), dense(3)]);

/** f = (1 − x)² + 100(y − x²)², from values and gradients of the device. */
function rosenbrock(data: GoldenCase): Expression {
  return async (session) => {
    const value = (at: Tensor): Tensor => {
      const [x, y] = [segment(at, 0, []), segment(at, 1, [])];
      return add(square(sub(1, x)), mul(square(sub(y, square(x))), 100));
    };
    const run = session.prepare(({ at }) => {
      const [f, gradient] = valueAndGrad(value, at as Tensor) as [Tensor, Tensor];
      return { f, gradient };
    });
    const result = await lbfgs(async (point) => {
      const { f, gradient } = await run({ at: tensor(point) });
      return { value: f?.item() as number, gradient: gradient?.data as ArrayLike<number> };
    }, hostTensorOf(data.start).data);
    return [
      tensorCheck('final', tensor(result.point), data.final),
      { what: 'loss', got: [result.value], expected: [data.loss as number] },
    ];
  };
}

export const training: Adapter = (name, data) => {
  if (name === 'lbfgs_rosenbrock') return rosenbrock(data);
  const trick = TRICKS[name]?.(data.rho as number);
  const transform = trick
    ? sgd({ learningRate: data.lr as number })
    : TRANSFORMS[name]?.(data.options as unknown as Options);
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
  const lossOf = (leaves: ReadonlyMap<string, Tensor>, { x, labels }: Tensors): Tensor =>
    mean(crossEntropy().call(applyModel(model, leaves, x as Tensor, { mode: 'train' }), labels as Tensor));
  const lossAndGradient = (parameters: Tensor, batch: Tensors): Tensors => {
    if (trick) {
      const at: Point = { leaves: leavesOf(parameters), batch: batch as Record<string, Tensor> };
      const visited: Tensor[] = [];
      const gradient: GradientFunction = ({ leaves }) => {
        const [loss, of] = valueAndGrad(
          (tree: Record<string, Tensor>) => lossOf(new Map(Object.entries(tree)), batch),
          Object.fromEntries(leaves),
        ) as [Tensor, Record<string, Tensor>];
        visited.push(loss);
        return { loss, gradients: new Map(Object.entries(of)) };
      };
      const { loss, gradients } = trick.wrap(gradient, { trained: LEAVES } as unknown as LossContext)(at);
      return {
        ...{ loss, up: visited[1] as Tensor },
        gradient: packLeaves(
          group.segments.map(({ path }) => gradients.get(path) as Tensor),
          group,
        ),
      };
    }
    const [loss, gradient] = valueAndGrad((at: Tensor) => {
      return lossOf(leavesOf(at), batch);
    }, parameters) as [Tensor, Tensor];
    return { loss, gradient };
  };
  return async (session) => {
    const run = stepper(session, transform, tensor(block), lossAndGradient, group.segments);
    const batch = { x: hostTensorOf(data.x), labels: hostTensorOf(data.labels, 'i32') };
    const losses: number[] = [];
    for (let i = 0; i < (data.losses as number[]).length; i++) {
      const { loss, up } = await run.step(batch);
      losses.push(loss?.item() as number, ...(up ? [up.item()] : []));
    }
    const last = [...leavesOf(run.parameters).values()];
    const final = (data.final as GoldenTensor[]).map((expected, i) =>
      tensorCheck(`final ${i}`, transpose(last[i] as Tensor), expected),
    );
    return [{ what: 'losses', got: losses, expected: (data.losses as number[]).flat() }, ...final];
  };
};
