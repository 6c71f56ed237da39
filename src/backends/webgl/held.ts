/**
 * @file A value of a step, which may lie on the host, on the device, or on both. It is moved when something needs it on the other
 * side, once, and freed when the last holder lets go.
 */
import type { HostArray } from '../../core/dtype.ts';
import { must } from '../../core/errors.ts';
import { type Shape, sameShape } from '../../core/shape.ts';
import type { Spec } from '../../graph/node.ts';
import type { Tensor, Tfjs } from './tfjs.ts';

export class Held {
  readonly spec: Spec;
  /** What it is, if the host knows. Must not be changed once it is held. */
  readonly host: HostArray | undefined;
  readonly #tfjs: Tfjs;
  #tensor: Tensor | undefined;
  #holders = 1;

  private constructor(tfjs: Tfjs, spec: Spec, host: HostArray | undefined, tensor: Tensor | undefined) {
    this.#tfjs = tfjs;
    this.spec = spec;
    this.host = host;
    this.#tensor = tensor;
  }

  static onHost(tfjs: Tfjs, { shape, dtype }: Spec, data: HostArray): Held {
    return new Held(tfjs, { shape, dtype }, data, undefined);
  }

  /** Takes over the tensor. */
  static onDevice(tfjs: Tfjs, { shape, dtype }: Spec, tensor: Tensor): Held {
    return new Held(tfjs, { shape, dtype }, undefined, tfjs.core.keep(tensor));
  }

  /** On the device, seen in a shape; the caller's scope frees the view. */
  tensor(shape: Shape = this.spec.shape): Tensor {
    this.#tensor ??= this.#tfjs.upload(must(this.host, 'a value'), this.spec.shape);
    return sameShape(this.#tensor.shape, shape) ? this.#tensor : this.#tfjs.core.reshape(this.#tensor, [...shape]);
  }

  /** What the device has, in order of its elements. The copy is begun at once. */
  data(): Promise<Float32Array> {
    this.#tensor ??= this.#tfjs.upload(must(this.host, 'a value'), this.spec.shape);
    return this.#tensor.data<'float32'>();
  }

  retain(): this {
    this.#holders++;
    return this;
  }

  release(): void {
    if (--this.#holders > 0) return;
    this.#tensor?.dispose();
    this.#tensor = undefined;
  }
}
