/** @file Functions of tensors with a gradient of the user's own: composite op records made on the fly. */
import { SaddlepointError } from '../core/errors.ts';
import { sameShape, showShape } from '../core/shape.ts';
import type { Op } from '../graph/node.ts';
import { printSpec } from '../graph/print.ts';
import { isTensor, type Tensor, type TensorLike, tensor } from '../graph/tensor.ts';
import { apply, trace } from '../graph/trace.ts';

/**
 * The gradient of Σ output · cotangent with respect to each input, in order, in terms of ops; undefined where there is none.
 */
export type CustomVjp<I extends readonly Tensor[]> = (
  cotangent: Tensor,
  inputs: I,
  output: Tensor,
) => readonly (Tensor | undefined)[];

/**
 * A function of tensors with your own gradient: for a form that is more stable or cheaper than what the chain rule gives, or
 * for a gradient that differs on purpose (straight-through estimators, reversed gradients).
 *
 * It works as an op does: at once on host tensors, inside `grad` and `compile`, on every device. Your gradient is made of ops,
 * so it can be differentiated again. `checkGradient` says whether it is the gradient of `f`.
 *
 * @param f a pure function from tensors to one f32 tensor. It may use its arguments and host tensors only: pass a traced
 *   tensor as one more argument.
 * @param vjp from the cotangent (the output's shape), the inputs and the output to a list with one entry for each input: its
 *   gradient, of exactly its shape, or undefined (integers, constants; counts as 0).
 * @returns the function, of tensors or what `tensor` takes.
 * @throws SaddlepointError when applied: `trace` if f uses traced tensors other than its arguments; `dtype` if its result is
 *   no f32 tensor; when differentiated: `shape` if a gradient is missing or has another shape than its input.
 * @example
 * // Rounds; the gradient passes straight through (Bengio, Léonard and Courville 2013).
 * const round = customGradient((x) => floor(add(x, 0.5)), (cotangent) => [cotangent]);
 * grad((x) => sum(round(x)), tensor([0.2, 1.7])).toArray(); // [1, 1]
 */
export function customGradient<I extends readonly Tensor[]>(
  f: (...inputs: I) => Tensor,
  vjp: CustomVjp<I>,
): (...inputs: { [K in keyof I]: TensorLike }) => Tensor {
  const call = (inputs: readonly Tensor[]): readonly Tensor[] => {
    const output = f(...(inputs as unknown as I));
    if (isTensor(output) && output.dtype === 'f32') return [output];
    const given = isTensor(output) ? printSpec(output) : String(output);
    throw new SaddlepointError('dtype', `${op.name}: the function must return one f32 tensor, got ${given}`);
  };
  // The prefix keeps passes and backends, which know ops by name, from taking it for one of the library's.
  const op: Op = {
    name: `custom:${f.name || 'function'}`,
    infer: (inputs) => trace(inputs, call).outputs.map(({ shape, dtype }) => ({ shape, dtype })),
    decompose: call,
    gradient({ inputs, outputs, cotangents }) {
      const gradients = vjp(cotangents[0] as Tensor, inputs as unknown as I, outputs[0] as Tensor);
      return inputs.map((input, i) => checked(op.name, gradients, input, i, inputs.length));
    },
  };
  return (...inputs) => apply(op, inputs as readonly TensorLike[], {})[0] as Tensor;
}

function checked(
  name: string,
  gradients: readonly (Tensor | undefined)[],
  input: Tensor,
  position: number,
  count: number,
): Tensor | undefined {
  if (!Array.isArray(gradients) || gradients.length !== count) {
    const given = Array.isArray(gradients) ? `a list of ${gradients.length}` : 'no list';
    throw new SaddlepointError(
      'shape',
      `${name}: the gradient must return a list of ${count}, one for each input, got ${given}`,
      'use undefined for an input without a gradient',
    );
  }
  const gradient = gradients[position] as TensorLike | undefined;
  if (gradient === undefined) return undefined;
  const found = tensor(gradient);
  if (sameShape(found.shape, input.shape)) return found;
  throw new SaddlepointError(
    'shape',
    `${name}: the gradient of input ${position} has shape ${showShape(found.shape)}, the input ${showShape(input.shape)}`,
    'sum over what was broadcast, or broadcastTo the shape of the input',
  );
}
