/** @file `tap`: intermediate values shown without changing anything. A trace keeps what was tapped; whoever runs it delivers. */
import { SaddlepointError, show } from '../core/errors.ts';
import { type Tensor, type TensorLike, tensor } from './tensor.ts';

/**
 * Takes what was tapped, after each call or step.
 *
 * @param name as it was given to `tap`, behind the path of the layer it stands in: 'hidden', or '0/hidden'.
 * @param value a copy on the host.
 * @param step from 0: the training step; of `compile`, the call.
 */
export type TapListener = (name: string, value: Tensor, step: number) => void;

/** A value to be shown. */
export interface Tap {
  readonly name: string;
  readonly value: Tensor;
  /** Ascends in the order of taps, over all traces. */
  readonly order: number;
}

let taps = 0;

/** How many values of traces were tapped so far. */
export const tapsSoFar = (): number => taps;

/**
 * Shows an intermediate value, and changes nothing: the result is the argument, and so are its gradients.
 *
 * Outside a trace the value is printed at once. Inside `compile` it is given to the option `onTap` after each call, inside
 * `fit` after each training step (steps then run one a call, and values that the loss taps are in the units it is minimized
 * in); without the option it is printed. Inside `grad` outside both it is printed once computed. Evaluation and prediction show
 * nothing. A value that depends on no argument is known while tracing, and printed then, once.
 *
 * @param x any tensor, or what `tensor` takes.
 * @param name what it is shown as; layers put their path before it.
 * @returns x.
 * @throws SaddlepointError `option` if the name is empty or no string; `trace` for a tensor of a trace that has ended.
 * @example
 * const f = compile((x) => sum(tap(square(x), 'squares')), { onTap: (name, value) => console.log(name, value.toArray()) });
 * await f([1, 2]); // prints squares [1, 4]
 */
export function tap(x: TensorLike, name: string): Tensor {
  if (typeof name !== 'string' || name === '')
    throw new SaddlepointError('option', `tap: expected a name, got ${show(name)}`, "for example tap(x, 'hidden')");
  const value = tensor(x);
  const trace = value.traced?.trace;
  trace?.checkOpen({ name: 'tap' });
  const path = trace === undefined || trace.path === '' ? '' : `${trace.path}/`;
  showTap({ name: `${path}${name}`, value, order: ++taps });
  return value;
}

/** Leaves a tapped value to the trace that it belongs to, or prints it. */
export function showTap(shown: Tap): void {
  const trace = shown.value.traced?.trace;
  if (trace === undefined) printTap(shown.name, shown.value);
  else trace.taps.push(shown);
}

/** What is done with a tapped value that nobody listens for. */
export function printTap(name: string, value: Tensor): void {
  // biome-ignore lint/suspicious/noConsole: to print is what was asked for
  console.log(`${name}: ${value}`);
}
