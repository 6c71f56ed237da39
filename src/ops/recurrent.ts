/**
 * @file Recurrent cells, and their run over sequences [batch, time, features], as functions of weights. Gates stand side by
 * side in the columns of the kernels. What depends on the inputs alone is one product for all steps.
 */
import { checkKnownOptions, checkName, SaddlepointError } from '../core/errors.ts';
import { showShape } from '../core/shape.ts';
import { type Tensor, type TensorLike, tensor } from '../graph/tensor.ts';
import { checkLstmState, checkParameters, checkState } from './check-recurrent.ts';
import { concat, split } from './concat.ts';
import { add, float, mul, relu, sigmoid, sub, tanh, where } from './elementwise.ts';
import { scan } from './loops.ts';
import { linear } from './matmul.ts';
import { broadcastTo, reshape, transpose } from './movement.ts';

/** Gates side by side: g is 1 for `rnn`, 3 for `gru` (reset, update, candidate), 4 for `lstm` (input, forget, candidate, output). */
export interface RecurrentParameters {
  /** [features, g · units] */
  readonly kernel: TensorLike;
  /** [units, g · units] */
  readonly recurrentKernel: TensorLike;
  /** [g · units]; default: none. */
  readonly bias?: TensorLike | undefined;
  /** [g · units], beside the recurrent product; it differs from `bias` only for a GRU's candidate. Default: none. */
  readonly recurrentBias?: TensorLike | undefined;
}

export interface RnnOptions {
  /** Default 'tanh' (Elman 1990). */
  readonly activation?: 'tanh' | 'relu' | undefined;
}

export interface GruOptions {
  /**
   * Whether the reset gate multiplies the recurrent product of the candidate (PyTorch, cuDNN, Keras; default), or the state
   * before it (Cho et al. 2014). Weights trained one way do not fit the other.
   */
  readonly resetAfter?: boolean | undefined;
}

export interface SequenceOptions<State> {
  /** The state before the first step; default: zeros. */
  readonly initial?: State | undefined;
  /** [batch, time], not 0 where a step counts. Others keep the state as it is, and their outputs are 0. Default: all count. */
  readonly mask?: TensorLike | undefined;
  /** From the last step to the first; outputs stand where their inputs do. Default false. */
  readonly reverse?: boolean | undefined;
}

export interface LstmState<T = Tensor> {
  readonly h: T;
  readonly c: T;
}

/** y [batch, time, units], 0 at steps that do not count, and the state after the last step that does. */
export interface Sequence<State> {
  readonly y: Tensor;
  readonly state: State;
}

type Gates = readonly [Tensor, Tensor, ...Tensor[]];

const inputPart = (x: TensorLike, { kernel, bias }: RecurrentParameters): Tensor => linear(x, kernel, bias);
const statePart = (h: TensorLike, { recurrentKernel, recurrentBias }: RecurrentParameters): Tensor =>
  linear(h, recurrentKernel, recurrentBias);

/** One step of `rnn` from the input's part of the sum. */
function rnnStep(part: Tensor, h: TensorLike, parameters: RecurrentParameters, options: RnnOptions): Tensor {
  const activation = checkName('rnn.activation', options.activation ?? 'tanh', ['tanh', 'relu']);
  return (activation === 'relu' ? relu : tanh)(add(part, statePart(h, parameters)));
}

function gruStep(part: Tensor, h: Tensor, parameters: RecurrentParameters, { resetAfter = true }: GruOptions): Tensor {
  const units = h.shape.at(-1) as number;
  const [gatesX, candidateX] = split(part, [2 * units, units]) as unknown as Gates;
  if (resetAfter) {
    const [gatesH, candidateH] = split(statePart(h, parameters), [2 * units, units]) as unknown as Gates;
    const [reset, update] = split(sigmoid(add(gatesX, gatesH)), 2) as unknown as Gates;
    return mixed(update, tanh(add(candidateX, mul(reset, candidateH))), h);
  }
  const [gatesKernel, candidateKernel] = split(parameters.recurrentKernel, [2 * units, units]) as unknown as Gates;
  const bias = parameters.recurrentBias === undefined ? [] : split(parameters.recurrentBias, [2 * units, units]);
  const [reset, update] = split(sigmoid(add(gatesX, linear(h, gatesKernel, bias[0]))), 2) as unknown as Gates;
  return mixed(update, tanh(add(candidateX, linear(mul(reset, h), candidateKernel, bias[1]))), h);
}

/** (1 − z) · candidate + z · h */
const mixed = (update: Tensor, candidate: Tensor, h: Tensor): Tensor => add(candidate, mul(update, sub(h, candidate)));

function lstmStep(part: Tensor, { h, c }: LstmState, parameters: RecurrentParameters): LstmState {
  const [input, forget, candidate, output] = split(add(part, statePart(h, parameters)), 4) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  const cell = add(mul(sigmoid(forget), c), mul(sigmoid(input), tanh(candidate)));
  return { h: mul(sigmoid(output), tanh(cell)), c: cell };
}

/** A single step's part of the input, and its states, checked. */
function cellOf<Name extends string>(
  name: string,
  gates: number,
  x: TensorLike,
  states: Readonly<Record<Name, TensorLike>>,
  parameters: RecurrentParameters,
): { part: Tensor; states: Readonly<Record<Name, Tensor>> } {
  const t = float(x);
  if (t.shape.length !== 2)
    throw new SaddlepointError('shape', `${name}: expected x [batch, features], got ${showShape(t.shape)}`);
  const units = checkParameters(name, gates, t, parameters);
  const checked = Object.entries<TensorLike>(states).map(([key, state]) => [
    key,
    checkState(name, `the state ${key}`, state, t.shape[0] as number, units),
  ]);
  return { part: inputPart(t, parameters), states: Object.fromEntries(checked) };
}

/**
 * One step of a plain recurrent network: h' = tanh(x · W + b + h · U + c) (Elman 1990).
 *
 * @param x [batch, features].
 * @param h [batch, units].
 * @returns the next state [batch, units].
 */
export const rnnCell = (
  x: TensorLike,
  h: TensorLike,
  parameters: RecurrentParameters,
  options: RnnOptions = {},
): Tensor => {
  checkKnownOptions('rnnCell', options, ['activation']);
  const { part, states } = cellOf('rnnCell', 1, x, { h }, parameters);
  return rnnStep(part, states.h, parameters, options);
};

/**
 * One step of a gated recurrent unit (Cho et al. 2014): r, z = sigmoid(x · W + b + h · U + c) each with its columns, candidate
 * n = tanh(x · Wₙ + bₙ + r · (h · Uₙ + cₙ)), next state (1 − z) · n + z · h.
 *
 * @param x [batch, features].
 * @param h [batch, units].
 * @returns the next state [batch, units].
 */
export const gruCell = (
  x: TensorLike,
  h: TensorLike,
  parameters: RecurrentParameters,
  options: GruOptions = {},
): Tensor => {
  checkKnownOptions('gruCell', options, ['resetAfter']);
  const { part, states } = cellOf('gruCell', 3, x, { h }, parameters);
  return gruStep(part, states.h, parameters, options);
};

/**
 * One step of long short-term memory (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000): i, f, g, o of
 * x · W + b + h · U + c; c' = sigmoid(f) · c + sigmoid(i) · tanh(g), h' = sigmoid(o) · tanh(c').
 *
 * @param x [batch, features].
 * @param state h and c [batch, units].
 */
export const lstmCell = (x: TensorLike, state: LstmState<TensorLike>, parameters: RecurrentParameters): LstmState => {
  const { h, c } = checkLstmState('lstmCell', state);
  const { part, states } = cellOf('lstmCell', 4, x, { h, c }, parameters);
  return lstmStep(part, states, parameters);
};

/** The state after a step; its first tensor is the step's output. */
type Step = (part: Tensor, state: readonly Tensor[]) => readonly Tensor[];

/** The one loop over time: parts [time, batch, …], and a state that steps that do not count leave as it is. */
function overTime(
  step: Step,
  parts: Tensor,
  initial: readonly Tensor[],
  { mask, reverse = false }: Pick<SequenceOptions<unknown>, 'mask' | 'reverse'>,
): { y: Tensor; state: readonly Tensor[] } {
  const [time, batch] = parts.shape as [number, number];
  const counts = mask === undefined ? [] : [reshape(transpose(checkMask(mask, batch, time)), [time, batch, 1])];
  const turn = (held: Tensor[], [part, count]: Tensor[]): readonly [Tensor[], Tensor] => {
    const next = step(part as Tensor, held);
    const y = next[0] as Tensor;
    if (count === undefined) return [[...next], y];
    return [next.map((leaf, i) => where(count, leaf, held[i] as Tensor)), where(count, y, 0)];
  };
  const [state, y] = scan(turn, [...initial], [parts, ...counts], { reverse });
  return { y: transpose(y, [1, 0, 2]), state };
}

function checkMask(mask: TensorLike, batch: number, time: number): Tensor {
  const t = float(mask);
  if (t.shape.length === 2 && t.shape[0] === batch && t.shape[1] === time) return t;
  throw new SaddlepointError(
    'shape',
    `recurrent: expected a mask [${batch},${time}] of steps, got ${showShape(t.shape)}`,
  );
}

/** The input's part of the sums of all steps, [time, batch, g · units], and the first states, zeros where none is given. */
function partsOf(
  name: string,
  gates: number,
  x: TensorLike,
  parameters: RecurrentParameters,
  initial: readonly (TensorLike | undefined)[],
): { parts: Tensor; states: Tensor[] } {
  const t = float(x);
  if (t.shape.length !== 3)
    throw new SaddlepointError('shape', `${name}: expected [batch, time, features], got ${showShape(t.shape)}`);
  const batch = t.shape[0] as number;
  const units = checkParameters(name, gates, t, parameters);
  const states = initial.map((state) =>
    state === undefined
      ? broadcastTo(tensor(0), [batch, units])
      : checkState(name, 'an initial state', state, batch, units),
  );
  return { parts: inputPart(transpose(t, [1, 0, 2]), parameters), states };
}

const SEQUENCE = ['initial', 'mask', 'reverse'];

/**
 * A plain recurrent network over a sequence; see `rnnCell`.
 *
 * @param x [batch, time, features].
 * @param options initial [batch, units], mask [batch, time], reverse; activation.
 * @returns y [batch, time, units] and the last state [batch, units].
 * @throws SaddlepointError `shape` if x is no sequence, or weights, mask or initial state do not fit it.
 */
export function rnn(
  x: TensorLike,
  parameters: RecurrentParameters,
  options: SequenceOptions<TensorLike> & RnnOptions = {},
): Sequence<Tensor> {
  checkKnownOptions('rnn', options, [...SEQUENCE, 'activation']);
  const { parts, states } = partsOf('rnn', 1, x, parameters, [options.initial]);
  const step: Step = (part, [h]) => [rnnStep(part, h as Tensor, parameters, options)];
  const { y, state } = overTime(step, parts, states, options);
  return { y, state: state[0] as Tensor };
}

/**
 * A gated recurrent unit over a sequence; see `gruCell`, and `rnn` for arguments and results.
 *
 * @param options as for `rnn`; resetAfter.
 */
export function gru(
  x: TensorLike,
  parameters: RecurrentParameters,
  options: SequenceOptions<TensorLike> & GruOptions = {},
): Sequence<Tensor> {
  checkKnownOptions('gru', options, [...SEQUENCE, 'resetAfter']);
  const { parts, states } = partsOf('gru', 3, x, parameters, [options.initial]);
  const step: Step = (part, [h]) => [gruStep(part, h as Tensor, parameters, options)];
  const { y, state } = overTime(step, parts, states, options);
  return { y, state: state[0] as Tensor };
}

/**
 * Long short-term memory over a sequence; see `lstmCell`, and `rnn` for arguments and results.
 *
 * @param options initial { h, c }, mask, reverse.
 * @returns y [batch, time, units] and the last state { h, c }.
 */
export function lstm(
  x: TensorLike,
  parameters: RecurrentParameters,
  options: SequenceOptions<LstmState<TensorLike>> = {},
): Sequence<LstmState> {
  checkKnownOptions('lstm', options, SEQUENCE);
  const initial = options.initial === undefined ? undefined : checkLstmState('lstm.initial', options.initial);
  const { parts, states } = partsOf('lstm', 4, x, parameters, [initial?.h, initial?.c]);
  const step: Step = (part, [held, cell]) => {
    const next = lstmStep(part, { h: held as Tensor, c: cell as Tensor }, parameters);
    return [next.h, next.c];
  };
  const { y, state } = overTime(step, parts, states, options);
  return { y, state: { h: state[0] as Tensor, c: state[1] as Tensor } };
}

/**
 * Both directions of a sequence, outputs side by side (Schuster & Paliwal 1997).
 *
 * @param run one direction.
 * @returns y [batch, time, 2 · units], forward first, and both states.
 * @example bidirectional((reverse) => lstm(x, reverse ? backward : forward, { reverse, mask }))
 */
export function bidirectional<State>(run: (reverse: boolean) => Sequence<State>): {
  y: Tensor;
  forward: State;
  backward: State;
} {
  const [there, back] = [run(false), run(true)];
  return { y: concat([there.y, back.y]), forward: there.state, backward: back.state };
}
