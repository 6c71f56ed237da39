/**
 * @file recurrent.json: plain, gated and long short-term recurrence over sequences, whose last states count in the gradient.
 * Their weights are (out, in), gates one below the other; layers and directions are told apart by the ends of names.
 */
import { grad } from '../../../src/autodiff/grad.ts';
import type { Tensor } from '../../../src/graph/tensor.ts';
import { concat } from '../../../src/ops/concat.ts';
import { add, mul } from '../../../src/ops/elementwise.ts';
import { reshape, slice, transpose } from '../../../src/ops/movement.ts';
import {
  bidirectional,
  gru,
  type LstmState,
  lstm,
  type RecurrentParameters,
  rnn,
  type Sequence,
} from '../../../src/ops/recurrent.ts';
import { sum } from '../../../src/ops/reduce.ts';
import type { GoldenTensor } from '../format.ts';
import { type Adapter, inputsOf, type Tensors, tensorCheck } from '../session.ts';

/** Ours of theirs, for the layer and direction that the names end with. */
function parametersOf(inputs: Tensors, end: string): RecurrentParameters {
  const named = (name: string): Tensor => inputs[`${name}_${end}`] as Tensor;
  return {
    kernel: transpose(named('weight_ih')),
    recurrentKernel: transpose(named('weight_hh')),
    bias: named('bias_ih'),
    recurrentBias: named('bias_hh'),
  };
}

/** Of the states [layers · directions, batch, units] the one at `index`. */
function stateAt(states: Tensor, index: number): Tensor {
  const [, batch, units] = states.shape as [number, number, number];
  return reshape(slice(states, [index, 0, 0], [1, batch, units]), [batch, units]);
}

const stacked = (states: readonly Tensor[]): Tensor =>
  concat(
    states.map((state) => reshape(state, [1, ...state.shape])),
    0,
  );

const single =
  (run: typeof rnn | typeof gru) =>
  ({ x, h0, ...rest }: Tensors): Tensors => {
    const { y, state } = run(x as Tensor, parametersOf(rest, 'l0'), { initial: stateAt(h0 as Tensor, 0) });
    return { y, hn: stacked([state]) };
  };

/** Layers above one another, each in one direction or both. */
const lstmLayers =
  (layers: number, directions: 1 | 2) =>
  ({ x, h0, c0, ...rest }: Tensors): Tensors => {
    let y = x as Tensor;
    const last: LstmState[] = [];
    for (let layer = 0; layer < layers; layer++) {
      const input = y;
      const run = (reverse: boolean): Sequence<LstmState> => {
        const at = layer * directions + Number(reverse);
        const initial = { h: stateAt(h0 as Tensor, at), c: stateAt(c0 as Tensor, at) };
        return lstm(input, parametersOf(rest, `l${layer}${reverse ? '_reverse' : ''}`), { initial, reverse });
      };
      if (directions === 2) {
        const both = bidirectional(run);
        y = both.y;
        last.push(both.forward, both.backward);
      } else {
        const one = run(false);
        y = one.y;
        last.push(one.state);
      }
    }
    return { y, hn: stacked(last.map(({ h }) => h)), cn: stacked(last.map(({ c }) => c)) };
  };

const networks: Readonly<Record<string, (inputs: Tensors) => Tensors>> = {
  rnn_tanh: single(rnn),
  gru: single(gru),
  lstm: lstmLayers(1, 1),
  lstm_2layer_bi: lstmLayers(2, 2),
};

/** What weighs each result in the loss: both last states the same. */
const WEIGHTS = { y: 'gy', hn: 'ghn', cn: 'ghn' } as const;

export const recurrent: Adapter = (name, data) => {
  const f = networks[name];
  if (f === undefined) return undefined;
  const results = (['y', 'hn', 'cn'] as const).filter((key) => (data[key] ?? null) !== null);
  const gradients = data.g as Record<string, GoldenTensor>;
  const states = ['h0', 'c0'].filter((key) => key in data);
  const inputs = { ...inputsOf(data, ['x', ...states]), ...inputsOf(data.params) };
  const weights = inputsOf(data, ['gy', 'ghn']);
  return async (session) => {
    const run = session.prepare((all) => {
      const given = Object.fromEntries(Object.keys(inputs).map((key) => [key, all[key] as Tensor]));
      const at = Object.fromEntries(Object.keys(gradients).map((key) => [key, given[key] as Tensor]));
      const found = grad((point: Tensors) => {
        const made = f({ ...given, ...point });
        const parts = results.map((key) => sum(mul(made[key] as Tensor, all[WEIGHTS[key]] as Tensor)));
        return parts.reduce((total, part) => add(total, part));
      }, at) as Tensors;
      return { ...f(given), ...Object.fromEntries(Object.entries(found).map(([key, value]) => [`g.${key}`, value])) };
    });
    const got = await run({ ...inputs, ...weights });
    return [
      ...results.map((key) => tensorCheck(key, got[key], data[key])),
      ...Object.entries(gradients).map(([key, expected]) => tensorCheck(`g.${key}`, got[`g.${key}`], expected)),
    ];
  };
};
