/** @file Recurrent layers over sequences [n, steps, features]. Padded steps (a mask) carry the state. */
import { checkName, checkNumber } from '../core/errors.ts';
import { showShape } from '../core/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { concat } from '../ops/concat.ts';
import { slice } from '../ops/movement.ts';
import * as ops from '../ops/recurrent.ts';
import { glorotUniform, type Initializer, zeros } from './initializers.ts';
import { orthogonal } from './initializers-orthogonal.ts';
import { type Context, type Layer, layer, layerError, maskOf } from './layer.ts';
import { checkOptions, inLayer, type NamedOption, optionsToJson } from './options.ts';

export interface RecurrentOptions extends NamedOption {
  /** Whether all outputs are given, [n, steps, units], or the last state alone, [n, units]. Default false: the last. */
  readonly returnSequences?: boolean;
  /** From the last step to the first; outputs stand where their inputs do. Default false. */
  readonly reverse?: boolean;
  /**
   * How many rows of a batch go on where the same row of the batch before ended: for series longer than a batch is wide, fed in
   * order (`shuffle: false`). The state of each is a state of the layer, 0 at first; training steps renew it, prediction starts
   * from what training left. A batch may have fewer rows, not more. Default: none, every batch starts at 0.
   */
  readonly stateful?: number;
  /** Whether biases are added; default true. */
  readonly bias?: boolean;
  /** Of `kernel`; default `glorotUniform()`. */
  readonly kernelInitializer?: Initializer;
  /** Of `recurrentKernel`; default `orthogonal()`, which keeps gradients over many steps. */
  readonly recurrentInitializer?: Initializer;
}

export interface SimpleRnnOptions extends RecurrentOptions {
  /** Default 'tanh'. */
  readonly activation?: 'tanh' | 'relu';
}

export interface LstmOptions extends RecurrentOptions {
  /** Where the biases of the forget gate start; default 1, so that memory is kept at first (Jozefowicz et al. 2015). */
  readonly forgetBias?: number;
}

export interface GruLayerOptions extends RecurrentOptions {
  /** Whether the reset gate acts on the recurrent product (default: PyTorch, Keras), or on the state before it. */
  readonly resetAfter?: boolean;
}

/** A recurrent layer, which `bidirectional` can turn round. */
export interface RecurrentLayer extends Layer {
  /** The same layer from the other end. */
  reversed(): RecurrentLayer;
}

type Run = (
  x: Tensor,
  parameters: ops.RecurrentParameters,
  options: { initial?: readonly Tensor[]; mask?: Tensor; reverse: boolean },
) => { y: Tensor; states: readonly Tensor[] };

interface Cell {
  readonly type: string;
  readonly gates: number;
  /** The names of the states; the first is the output. */
  readonly states: readonly string[];
  readonly legal: readonly string[];
  readonly flags?: readonly string[];
  readonly biasInitializer: Initializer;
  /** Whether the recurrent product has a bias of its own. */
  readonly recurrentBias: boolean;
  readonly run: Run;
}

const LEGAL = ['stateful', 'kernelInitializer', 'recurrentInitializer'];

function recurrentLayer(
  cell: Cell,
  units: number,
  options: RecurrentOptions,
  again: (options: RecurrentOptions) => RecurrentLayer,
): RecurrentLayer {
  const { type, gates } = cell;
  const flags = ['returnSequences', 'reverse', 'bias', ...(cell.flags ?? [])];
  checkOptions(type, options, [...LEGAL, ...cell.legal], flags);
  checkNumber(`${type}.units`, units, { min: 1, integer: true });
  const { returnSequences = false, reverse = false, stateful, bias = true } = options;
  const { kernelInitializer = glorotUniform(), recurrentInitializer = orthogonal() } = options;
  if (stateful !== undefined) checkNumber(`${type}.stateful`, stateful, { min: 1, integer: true });

  const call = (x: Tensor, context: Context): Tensor => {
    const [rows, , features] = x.shape as [number, number, number];
    if (x.shape.length !== 3) {
      const message = `${type}: expected [n, steps, features], got ${showShape(x.shape)}`;
      const help = 'one number a step is one feature: [n, steps, 1]; layers before the last need returnSequences: true';
      throw layerError('shape', context, message, help);
    }
    const columns = gates * units;
    const parameters = {
      kernel: context.parameter('kernel', [features, columns], kernelInitializer),
      recurrentKernel: context.parameter('recurrentKernel', [units, columns], recurrentInitializer),
      bias: bias ? context.parameter('bias', [columns], cell.biasInitializer) : undefined,
      recurrentBias: bias && cell.recurrentBias ? context.parameter('recurrentBias', [columns], zeros()) : undefined,
    };
    const kept = stateful === undefined ? undefined : keptStates(cell, stateful, units, rows, context);
    const mask = maskOf(x);
    const { y, states } = inLayer(context, () =>
      cell.run(x, parameters, {
        reverse,
        ...(mask === undefined ? {} : { mask }),
        ...(kept === undefined ? {} : { initial: kept.initial }),
      }),
    );
    kept?.renew(states);
    return returnSequences ? y : (states[0] as Tensor);
  };
  return {
    ...layer(type, optionsToJson({ ...options, units }), call, options.name),
    reversed: () => again({ ...options, reverse: !reverse }),
  };
}

/** The states that go on from batch to batch: the first rows of what is kept, if the batch has fewer. */
function keptStates(
  { type, states }: Cell,
  most: number,
  units: number,
  rows: number,
  context: Context,
): { initial: Tensor[]; renew(values: readonly Tensor[]): void } {
  if (rows > most) {
    const message = `${type}.stateful: ${most} rows go on, the batch has ${rows}`;
    throw layerError('shape', context, message, 'give stateful the batchSize');
  }
  const names = states.map((name) => `${name}State`);
  const held = names.map((name) => context.state(name, [most, units], zeros()));
  return {
    initial: held.map((state) => (rows === most ? state : slice(state, [0, 0], [rows, units]))),
    renew(values) {
      if (context.mode !== 'train') return;
      names.forEach((name, i) => {
        const rest = slice(held[i] as Tensor, [Math.min(rows, most - 1), 0], [most - rows || 1, units]);
        context.update(name, rows === most ? (values[i] as Tensor) : concat([values[i] as Tensor, rest], 0));
      });
    },
  };
}

/**
 * A plain recurrent network: h' = tanh(x · kernel + h · recurrentKernel + bias) (Elman 1990).
 *
 * Input [n, steps, features] gives [n, units], or [n, steps, units] with `returnSequences`. Parameters: `kernel` [features,
 * units], `recurrentKernel` [units, units], `bias` [units]. Steps that a mask rules out keep the state; their outputs are 0.
 *
 * @param units the size of the state, a whole number ≥ 1.
 * @throws SaddlepointError `shape` with the layer's path for other ranks.
 * @example sequential([masking(), simpleRnn(32), dense(1)])
 */
export function simpleRnn(units: number, options: SimpleRnnOptions = {}): RecurrentLayer {
  const activation = checkName('simpleRnn.activation', options.activation ?? 'tanh', ['tanh', 'relu']);
  const cell: Cell = {
    ...{ type: 'simpleRnn', gates: 1, states: ['h'], legal: ['activation'] },
    ...{ biasInitializer: zeros(), recurrentBias: false },
    run(x, parameters, { initial, ...how }) {
      const first = initial === undefined ? {} : { initial: initial[0] as Tensor };
      const { y, state } = ops.rnn(x, parameters, { ...how, ...first, activation });
      return { y, states: [state] };
    },
  };
  return recurrentLayer(cell, units, options, (turned) => simpleRnn(units, turned));
}

/**
 * A gated recurrent unit (Cho et al. 2014), gates side by side in the columns: reset, update, candidate. The next state is
 * (1 − z) · candidate + z · h. See `simpleRnn` for shapes and masks.
 *
 * Parameters: `kernel` [features, 3 · units], `recurrentKernel` [units, 3 · units], `bias` and, with resetAfter, `recurrentBias`
 * [3 · units].
 *
 * @param units the size of the state, a whole number ≥ 1.
 * @example sequential([embedding(30, 16, { maskId: 0 }), gru(64), dense(2)])
 */
export function gru(units: number, options: GruLayerOptions = {}): RecurrentLayer {
  const { resetAfter = true } = options;
  const cell: Cell = {
    ...{ type: 'gru', gates: 3, states: ['h'], legal: [], flags: ['resetAfter'] },
    ...{ biasInitializer: zeros(), recurrentBias: resetAfter },
    run(x, parameters, { initial, ...how }) {
      const first = initial === undefined ? {} : { initial: initial[0] as Tensor };
      const { y, state } = ops.gru(x, parameters, { ...how, ...first, resetAfter });
      return { y, states: [state] };
    },
  };
  return recurrentLayer(cell, units, options, (turned) => gru(units, turned));
}

/** 0 but at the forget gate, the second of four. */
const forgetGate = (value: number): Initializer => ({
  name: 'forgetGate',
  options: { value },
  spread: () => 0,
  draw: ([columns]) =>
    new Float32Array(columns as number).fill(value, (columns as number) / 4, (columns as number) / 2),
});

/**
 * Long short-term memory (Hochreiter & Schmidhuber 1997; forget gate of Gers et al. 2000), gates side by side in the columns:
 * input, forget, candidate, output. See `simpleRnn` for shapes and masks.
 *
 * Parameters: `kernel` [features, 4 · units], `recurrentKernel` [units, 4 · units], `bias` [4 · units].
 *
 * @param units the size of the state, a whole number ≥ 1.
 * @example sequential([lstm(32, { returnSequences: true }), lstm(32), dense(1)])
 */
export function lstm(units: number, options: LstmOptions = {}): RecurrentLayer {
  const forgetBias = checkNumber('lstm.forgetBias', options.forgetBias ?? 1, {});
  const cell: Cell = {
    ...{ type: 'lstm', gates: 4, states: ['h', 'c'], legal: ['forgetBias'] },
    ...{ biasInitializer: forgetGate(forgetBias), recurrentBias: false },
    run(x, parameters, { initial, ...how }) {
      const first = initial === undefined ? {} : { initial: { h: initial[0] as Tensor, c: initial[1] as Tensor } };
      const { y, state } = ops.lstm(x, parameters, { ...how, ...first });
      return { y, states: [state.h, state.c] };
    },
  };
  return recurrentLayer(cell, units, options, (turned) => lstm(units, turned));
}
