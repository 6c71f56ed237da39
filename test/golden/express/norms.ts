/** @file norms.json: normalizations. Theirs have channels on axis 1; ours, and so the inputs of ours, on the last. */
import { grad } from '../../../src/autodiff/grad.ts';
import { type Tensor, tensor } from '../../../src/graph/tensor.ts';
import { mul } from '../../../src/ops/elementwise.ts';
import { transpose } from '../../../src/ops/movement.ts';
import * as n from '../../../src/ops/normalize.ts';
import { sum } from '../../../src/ops/reduce.ts';
import { type Check, type GoldenCase, type GoldenTensor, hostTensorOf } from '../format.ts';
import { type Adapter, type Expression, functionCase, inputsOf, type Tensors, tensorCheck } from '../session.ts';

/** Channels from axis 1 to the end, and back. */
const channelsLast = (x: Tensor): Tensor =>
  transpose(x, [0, ...x.shape.slice(2).map((_, i) => i + 2), ...(x.shape.length > 1 ? [1] : [])]);
const channelsFirst = (x: Tensor): Tensor =>
  transpose(x, [0, ...(x.shape.length > 1 ? [x.shape.length - 1] : []), ...x.shape.slice(2).map((_, i) => i + 1)]);

const options = ({ weight, bias }: Tensors, epsilon: number) => ({ gamma: weight, beta: bias, epsilon });

const functions: Readonly<Record<string, (inputs: Tensors, epsilon: number) => Tensor>> = {
  layernorm_last: ({ x, ...rest }, epsilon) => n.layerNorm(x as Tensor, options(rest, epsilon)),
  layernorm_last2: ({ x, ...rest }, epsilon) => n.layerNorm(x as Tensor, { ...options(rest, epsilon), axes: [1, 2] }),
  layernorm_large_mean: ({ x }, epsilon) => n.layerNorm(x as Tensor, { epsilon }),
  groupnorm: ({ x, ...rest }, epsilon) =>
    channelsFirst(n.groupNorm(channelsLast(x as Tensor), 2, options(rest, epsilon))),
  instancenorm: ({ x, ...rest }, epsilon) =>
    channelsFirst(n.instanceNorm(channelsLast(x as Tensor), options(rest, epsilon))),
  rmsnorm: ({ x, ...rest }, epsilon) => n.rmsNorm(x as Tensor, options(rest, epsilon)),
  l2_normalize: ({ x }, epsilon) => n.l2Normalize(x as Tensor, { epsilon }),
};

interface BatchNormStep {
  readonly x: GoldenTensor;
  readonly gy: GoldenTensor;
  readonly y: GoldenTensor;
  readonly g: Readonly<Record<string, GoldenTensor>>;
  readonly running_mean?: GoldenTensor;
  readonly running_var?: GoldenTensor;
}

/** y and the gradients of Σ y · gy for what `wanted` names, and whatever else `more` returns. */
function withGradients(
  f: (inputs: Tensors) => Tensor,
  inputs: Tensors,
  wanted: readonly string[],
): { y: Tensor; gradients: Tensors } {
  const at = Object.fromEntries(wanted.map((name) => [name, inputs[name] as Tensor]));
  const gradients = grad((point: Tensors) => sum(mul(f({ ...inputs, ...point }), inputs.gy as Tensor)), at) as Tensors;
  return { y: f(inputs), gradients };
}

const stepChecks = (results: Tensors, { y, g }: BatchNormStep, where: string): Check[] => [
  tensorCheck(`${where} y`, channelsFirst(results.y as Tensor), y),
  ...Object.entries(g).map(([name, expected]) => {
    const gradient = results[`g.${name}`] as Tensor;
    return tensorCheck(`${where} g.${name}`, name === 'x' ? channelsFirst(gradient) : gradient, expected);
  }),
];

/** Three training steps that gather running statistics, then one with those. */
function batchNorm(data: GoldenCase): Expression {
  const epsilon = data.eps as number;
  const steps = data.train as BatchNormStep[];
  const last = data.eval as BatchNormStep;
  const wanted = Object.keys(last.g);
  const parameters = inputsOf(data.params);
  const inputsFor = (step: BatchNormStep): Tensors => ({
    ...parameters,
    x: channelsLast(hostTensorOf(step.x)),
    gy: channelsLast(hostTensorOf(step.gy)),
  });
  const named = ({ y, gradients }: { y: Tensor; gradients: Tensors }): Tensors => ({
    y,
    ...Object.fromEntries(Object.entries(gradients).map(([name, value]) => [`g.${name}`, value])),
  });
  return async (session) => {
    const train = session.prepare(({ mean, variance, keep, ...inputs }) => {
      const y = ({ x, ...rest }: Tensors): Tensor => n.batchNormTrain(x as Tensor, options(rest, epsilon)).y;
      const x = inputs.x as Tensor;
      const batch = n.batchNormTrain(x, { epsilon });
      const count = x.shape.slice(0, -1).reduce((a, b) => a * b, 1);
      return {
        ...named(withGradients(y, inputs, wanted)),
        mean: n.runningAverage(mean as Tensor, batch.mean, keep as Tensor),
        variance: n.runningAverage(variance as Tensor, batch.variance, keep as Tensor, count),
      };
    });
    const predict = session.prepare(({ mean, variance, ...inputs }) => {
      const statistics = { mean: mean as Tensor, variance: variance as Tensor };
      const y = ({ x, ...rest }: Tensors): Tensor =>
        n.batchNormPredict(x as Tensor, statistics, options(rest, epsilon));
      return named(withGradients(y, inputs, wanted));
    });
    const channels = (steps[0] as BatchNormStep).x.s[1] as number;
    let mean: Tensor = tensor(new Float64Array(channels), [channels]);
    let variance: Tensor = tensor(new Float64Array(channels).fill(1), [channels]);
    const checks: Check[] = [];
    for (const [i, step] of steps.entries()) {
      // Their momentum is how much of the batch is taken; null means the plain average.
      const keep = tensor(1 - ((data.momentum as number | null) ?? 1 / (i + 1)));
      const results = await train({ ...inputsFor(step), mean, variance, keep });
      mean = results.mean as Tensor;
      variance = results.variance as Tensor;
      checks.push(
        ...stepChecks(results, step, `step ${i}`),
        tensorCheck(`running mean ${i}`, mean, step.running_mean),
        tensorCheck(`running variance ${i}`, variance, step.running_var),
      );
    }
    return [...checks, ...stepChecks(await predict({ ...inputsFor(last), mean, variance }), last, 'predict')];
  };
}

export const norms: Adapter = (name, data) => {
  if (name.startsWith('bn')) return batchNorm(data);
  const f = functions[name];
  if (f === undefined) return undefined;
  const epsilon = data.eps as number;
  const parameters = data.params === undefined ? {} : inputsOf(data.params);
  return functionCase(data, { ...inputsOf(data, ['x']), ...parameters }, (inputs) => f(inputs, epsilon));
};
