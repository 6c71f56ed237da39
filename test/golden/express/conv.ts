/** @file conv.json: convolutions, plain, transposed, along one axis, and the penalty that needs their second order. */
import { grad } from '../../../src/autodiff/grad.ts';
import type { Tensor } from '../../../src/graph/tensor.ts';
import { convolve1d, convolve2d, convolveTranspose2d } from '../../../src/ops/convolutions.ts';
import { add, sqrt, square, sub, tanh } from '../../../src/ops/elementwise.ts';
import { transpose } from '../../../src/ops/movement.ts';
import { sum } from '../../../src/ops/reduce.ts';
import type { Padding, Pair } from '../../../src/ops/window.ts';
import type { GoldenCase, GoldenTensor } from '../format.ts';
import { type Adapter, functionCase, inputsOf, type Tensors, tensorCheck } from '../session.ts';

interface Options {
  readonly stride?: number | Pair;
  readonly padding?: number | readonly [number, number] | 'same';
  readonly dilation?: number | Pair;
  readonly groups?: number;
  readonly output_padding?: number;
}

const paddingOf = ({ padding = 0 }: Options): Padding =>
  typeof padding === 'object'
    ? [
        [padding[0], padding[0]],
        [padding[1], padding[1]],
      ]
    : padding;

const commonOf = ({ stride = 1, dilation = 1, groups = 1 }: Options) => ({
  strides: stride,
  dilations: dilation,
  groups,
});
const biased = (y: Tensor, b: Tensor | undefined): Tensor => (b === undefined ? y : add(y, b));

function inputsWith(record: GoldenCase): Tensors {
  return inputsOf(record, record.b === null || record.b === undefined ? ['x', 'w'] : ['x', 'w', 'b']);
}

/** Reads what says how `same` came about, so that the runner knows that it was seen. */
const options = (data: GoldenCase): Options => data.options as Options;

function second(data: GoldenCase): ReturnType<Adapter> {
  const record = data.nhwc === undefined ? data : (data.nhwc as GoldenCase);
  const { x, w } = inputsOf(record, ['x', 'w']) as { x: Tensor; w: Tensor };
  const how = { ...commonOf(options(data)), padding: paddingOf(options(data)) };
  const slope = (at: Tensors): Tensor =>
    grad((z: Tensor) => sum(tanh(convolve2d(z, at.w as Tensor, how))), at.x as Tensor) as Tensor;
  const penalty = (at: Tensors): Tensor => square(sub(sqrt(sum(square(slope(at)))), 1));
  const wanted = record.g as Record<string, GoldenTensor>;
  return async (session) => {
    const run = session.prepare((at) => {
      const found = grad(penalty, at) as Tensors;
      return { gx: slope(at), penalty: penalty(at), 'g.x': found.x as Tensor, 'g.w': found.w as Tensor };
    });
    const results = await run({ x, w });
    return [
      tensorCheck('gx', results.gx, record.gx),
      tensorCheck('penalty', results.penalty, record.penalty),
      tensorCheck('g.x', results['g.x'], wanted.x),
      tensorCheck('g.w', results['g.w'], wanted.w),
    ];
  };
}

/** Series as PyTorch lays them out: [n, channels, length] and [filters, channels, length]. */
function series(data: GoldenCase): ReturnType<Adapter> {
  const record = data.ncl as GoldenCase;
  const { stride = 1, padding = 0, dilation = 1 } = data.options as Record<'stride' | 'padding' | 'dilation', number>;
  return functionCase(record, inputsWith(record), ({ x, w, b }) => {
    const how = { strides: stride, padding, dilations: dilation };
    const y = convolve1d(transpose(x as Tensor, [0, 2, 1]), transpose(w as Tensor, [2, 1, 0]), how);
    return transpose(biased(y, b), [0, 2, 1]);
  });
}

export const conv: Adapter = (name, data) => {
  if (name === 'second_order_penalty') return second(data);
  if (name === 'conv1d') return series(data);
  const record = (data.nhwc ?? data) as GoldenCase;
  const how = options(data);
  return functionCase(record, inputsWith(record), ({ x, w, b }) => {
    const common = commonOf(how);
    if (!name.startsWith('t_'))
      return biased(convolve2d(x as Tensor, w as Tensor, { ...common, padding: paddingOf(how) }), b);
    const { padding = 0, output_padding: outputPadding = 0 } = how;
    return biased(
      convolveTranspose2d(x as Tensor, w as Tensor, { ...common, padding: padding as number, outputPadding }),
      b,
    );
  });
};
