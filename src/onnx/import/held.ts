/**
 * @file A value of an ONNX graph while it is traced. Images of rank 4 may be at hand with their channels last, as our kernels
 * want them; ONNX's order is made only where something asks for it, so that no transposes stand between convolutions.
 */
import type { Shape } from '../../core/shape.ts';
import { isTensor, type Tensor } from '../../graph/tensor.ts';
import { reshape, transpose } from '../../ops/movement.ts';

export class Held {
  /** Whether the numbers are integers in ONNX, whatever type holds them here: division then truncates. */
  readonly isInteger: boolean;
  #plain: Tensor | undefined;
  #images: Tensor | undefined;

  private constructor(plain: Tensor | undefined, images: Tensor | undefined, isInteger: boolean) {
    this.#plain = plain;
    this.#images = images;
    this.isInteger = isInteger;
  }

  static of(tensor: Tensor, isInteger = false): Held {
    return new Held(tensor, undefined, isInteger);
  }

  /** [n, height, width, channels] */
  static images(tensor: Tensor): Held {
    return new Held(undefined, tensor, false);
  }

  /** In ONNX's order of axes. */
  get tensor(): Tensor {
    this.#plain ??= transpose(this.#images as Tensor, [0, 3, 1, 2]);
    return this.#plain;
  }

  /** A value of rank 4 with its channels last. */
  get images(): Tensor {
    this.#images ??= transpose(this.#plain as Tensor, [0, 2, 3, 1]);
    return this.#images;
  }

  /** Whether it is at hand with channels last, and in no other way. */
  get isImages(): boolean {
    return this.#plain === undefined;
  }

  /** In ONNX's order of axes. */
  get shape(): Shape {
    if (this.#plain !== undefined) return this.#plain.shape;
    const [n, h, w, c] = (this.#images as Tensor).shape as [number, number, number, number];
    return [n, c, h, w];
  }

  /** The same done to each element. */
  map(f: (x: Tensor) => Tensor): Held {
    return this.isImages ? Held.images(f(this.images)) : Held.of(f(this.tensor), this.isInteger);
  }
}

/** A result of an operator: of ours, in ONNX's order, unless it says otherwise. */
export const held = (result: Tensor | Held, isInteger = false): Held =>
  isTensor(result) ? Held.of(result, isInteger) : result;

/** Operands that broadcast, with channels last if one of them has them so and the others can follow. */
export function aligned(values: readonly Held[]): { tensors: Tensor[]; isImages: boolean } {
  const plain = (): { tensors: Tensor[]; isImages: boolean } => ({
    tensors: values.map((value) => value.tensor),
    isImages: false,
  });
  if (!values.some((value) => value.isImages)) return plain();
  const tensors = values.map((value) => {
    const { shape } = value;
    if (value.isImages || shape.length === 4) return value.images;
    if (shape.every((dimension) => dimension === 1)) return reshape(value.tensor, []);
    const [channels, ...rest] = shape;
    const isPerChannel = shape.length === 3 && rest.every((dimension) => dimension === 1);
    return isPerChannel ? reshape(value.tensor, [channels as number]) : undefined;
  });
  return tensors.every((tensor) => tensor !== undefined) ? { tensors, isImages: true } : plain();
}
