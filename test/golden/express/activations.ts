/** @file activations.json as functions of tensors. */
import type { Tensor } from '../../../src/graph/tensor.ts';
import * as nn from '../../../src/nn/activations.ts';
import { relu, sigmoid, tanh } from '../../../src/ops/elementwise.ts';
import { reshape } from '../../../src/ops/movement.ts';
import { logSoftmax, softmax } from '../../../src/ops/softmax.ts';
import { type Adapter, functionCase, inputsOf, type Tensors } from '../session.ts';

type F = (x: Tensor) => Tensor;

const named: Readonly<Record<string, F>> = {
  relu,
  sigmoid,
  tanh,
  selu: nn.selu,
  gelu_exact: nn.gelu,
  gelu_tanh: nn.geluTanh,
  silu: nn.silu,
  mish: nn.mish,
  softplus: (x) => nn.softplus(x),
  softsign: nn.softsign,
  logsigmoid: nn.logSigmoid,
  tanhshrink: nn.tanhShrink,
  hardtanh: nn.hardTanh,
  relu6: nn.relu6,
  hardsigmoid: nn.hardSigmoid,
  hardswish: nn.hardSwish,
  hardshrink: (x) => nn.hardShrink(x),
  softshrink: (x) => nn.softShrink(x),
  squared_relu: nn.squaredRelu,
  threshold: (x) => nn.threshold(x, 0.1, -1),
  softmax: (x) => softmax(x),
  softmax_extreme: (x) => softmax(x),
  softmax_axis0: (x) => softmax(x, 0),
  log_softmax: (x) => logSoftmax(x),
  softmin: (x) => nn.softmin(x),
  glu: (x) => nn.glu(x),
};

const withNumber: readonly [RegExp, (x: Tensor, parameter: number) => Tensor][] = [
  [/^leaky_relu_(.+)$/, nn.leakyRelu],
  [/^elu_(.+)$/, nn.elu],
  [/^celu_(.+)$/, nn.celu],
  [/^softplus_beta(.+)$/, nn.softplus],
];

const ofSeveral: Readonly<Record<string, (inputs: Tensors) => Tensor>> = {
  prelu_per_channel: ({ x, w }) => nn.prelu(x as Tensor, reshape(w as Tensor, [-1, 1])),
  swiglu: ({ x, w, v }) => nn.swiglu(x as Tensor, w as Tensor, v as Tensor),
};

export const activations: Adapter = (name, data) => {
  const several = ofSeveral[name];
  if (several !== undefined) return functionCase(data, inputsOf(data, Object.keys(data.g as object)), several);
  const [pattern, parametric] = withNumber.find(([candidate]) => candidate.test(name)) ?? [];
  const parameter = Number(pattern?.exec(name)?.[1]);
  const f = parametric === undefined ? named[name] : (x: Tensor) => parametric(x, parameter);
  return f === undefined ? undefined : functionCase(data, inputsOf(data, ['x']), ({ x }) => f(x as Tensor));
};
