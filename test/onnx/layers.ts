/** @file Layers made of op functions, for what the library's own layers do not have: as a user would write them. */
import type { Tensor } from '../../src/graph/tensor.ts';
import { constant, glorotUniform, ones, zeros } from '../../src/nn/initializers.ts';
import { type Context, type Layer, layer } from '../../src/nn/layer.ts';
import { type AttentionParameters, multiHeadAttention } from '../../src/ops/attention.ts';
import { convolveTranspose2d, depthwiseConvolve2d } from '../../src/ops/convolutions.ts';
import { add, mul } from '../../src/ops/elementwise.ts';
import { repeat } from '../../src/ops/loops.ts';
import { groupNorm, layerNorm } from '../../src/ops/normalize.ts';
import { gru, lstm, rnn } from '../../src/ops/recurrent.ts';
import { upsample2d } from '../../src/ops/resize.ts';

const weight = (context: Context, name: string, shape: number[]): Tensor =>
  context.parameter(name, shape, glorotUniform());
const size = (x: Tensor): number => x.shape.at(-1) as number;

/** x plus causal self-attention of its layer norm. */
export const attentionBlock = (heads: number): Layer =>
  layer('attentionBlock', { heads }, (x, context) => {
    const d = size(x);
    const part = (name: string) => ({
      kernel: weight(context, `${name}/kernel`, [d, d]),
      bias: context.parameter(`${name}/bias`, [d], zeros()),
    });
    const maps: AttentionParameters = {
      query: part('query'),
      key: part('key'),
      value: part('value'),
      output: part('output'),
    };
    const gamma = context.parameter('gamma', [d], ones());
    const beta = context.parameter('beta', [d], zeros());
    return add(x, multiHeadAttention(layerNorm(x, { gamma, beta }), maps, { heads, causal: true }).y);
  });

const CELLS = { rnn: [1, rnn], gru: [3, gru], lstm: [4, lstm] } as const;

/** A recurrent layer, all steps; with one bias or two. */
export const recurrent = (cell: keyof typeof CELLS, units: number, reverse = false, biases: 1 | 2 = 2): Layer =>
  layer(cell, { units, reverse, biases }, (x, context) => {
    const [gates, run] = CELLS[cell];
    const parameters = {
      kernel: weight(context, 'kernel', [size(x), gates * units]),
      recurrentKernel: weight(context, 'recurrentKernel', [units, gates * units]),
      bias: context.parameter('bias', [gates * units], zeros()),
      recurrentBias: biases === 1 ? undefined : context.parameter('recurrentBias', [gates * units], zeros()),
    };
    return run(x, parameters, { reverse }).y;
  });

/** Four times as many pixels, by a transposed convolution. */
export const upConv = (filters: number): Layer =>
  layer('upConv', { filters }, (x, context) =>
    convolveTranspose2d(x, weight(context, 'kernel', [3, 3, filters, size(x)]), {
      strides: 2,
      padding: 1,
      outputPadding: 1,
    }),
  );

export const depthwise: Layer = layer('depthwise', {}, (x, context) =>
  depthwiseConvolve2d(x, weight(context, 'kernel', [3, 3, size(x), 2]), { padding: 'same' }),
);

export const groupNormLayer = (groups: number): Layer =>
  layer('groupNorm', { groups }, (x, context) =>
    groupNorm(x, groups, {
      gamma: context.parameter('gamma', [size(x)], ones()),
      beta: context.parameter('beta', [size(x)], zeros()),
    }),
  );

export const upsample = layer('upsample', {}, (x) => upsample2d(x, 2));

/** A loop without sequences. */
export const powers = layer('powers', {}, (x, context) => {
  const factor = context.parameter('factor', [size(x)], constant(0.5));
  return repeat(3, (t: Tensor) => add(mul(t, factor), x), x);
});

/** x plus what the parts make of it. */
export const residual = (parts: Layer): Layer =>
  layer('residual', {}, (x, context) => add(x, context.child(parts, 0, x)));
