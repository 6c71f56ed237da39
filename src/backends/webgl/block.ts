/** @file A block of a session: on the host while only the host has written it, on the device once a step has. */
import { ARRAYS, type HostArray } from '../../core/dtype.ts';
import { unreachable } from '../../core/errors.ts';
import { sizeOf } from '../../core/shape.ts';
import type { Spec } from '../../graph/node.ts';
import { Held } from './held.ts';
import type { Tensor, Tfjs } from './tfjs.ts';

export class Block {
  readonly spec: Spec;
  readonly #tfjs: Tfjs;
  readonly #keepOnHost: boolean;
  #held: Held | undefined;
  /** What the host is writing: its own until something reads the block. */
  #draft: HostArray | undefined;

  constructor(tfjs: Tfjs, spec: Spec, keepOnHost: boolean) {
    this.#tfjs = tfjs;
    this.spec = spec;
    this.#keepOnHost = keepOnHost;
    this.#draft = new ARRAYS[spec.dtype](sizeOf(spec.shape));
  }

  /** What the block holds; the block stays its holder. */
  current(): Held {
    const { spec } = this;
    if (this.#draft !== undefined) {
      const data = this.#draft;
      this.#draft = undefined;
      this.replace(
        this.#keepOnHost
          ? Held.onHost(this.#tfjs, spec, data)
          : Held.onDevice(this.#tfjs, spec, this.#tfjs.upload(data, spec.shape)),
      );
    }
    return this.#held ?? unreachable('a block without a value');
  }

  /** Takes over the holding of a value. */
  replace(held: Held): void {
    this.#held?.release();
    this.#held = held;
  }

  write(data: ArrayLike<number>, offset: number): void {
    const { shape, dtype } = this.spec;
    const size = sizeOf(shape);
    if (offset + data.length > size) unreachable(`${data.length} elements at ${offset} for a block of ${size}`);
    const isWhole = offset === 0 && data.length === size;
    this.#draft ??= isWhole ? new ARRAYS[dtype](size) : this.#held?.host?.slice();
    if (this.#draft === undefined) this.#patch(data, offset);
    else this.#draft.set(data, offset);
  }

  /** Writes into what only the device knows. */
  #patch(data: ArrayLike<number>, offset: number): void {
    const { core } = this.#tfjs;
    const size = sizeOf(this.spec.shape);
    const made = core.tidy(() => {
      const whole = this.current().tensor([size]);
      const end = offset + data.length;
      const parts: Tensor[] = [core.tensor(Float32Array.from(data), [data.length], 'float32')];
      if (offset > 0) parts.unshift(core.slice(whole, [0], [offset]));
      if (end < size) parts.push(core.slice(whole, [end], [size - end]));
      return core.concat(parts, 0);
    });
    this.replace(Held.onDevice(this.#tfjs, this.spec, made));
  }

  dispose(): void {
    this.#held?.release();
    this.#held = undefined;
    this.#draft = undefined;
  }
}
