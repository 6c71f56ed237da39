/** @file Random words one after the other, for host loops that draw an unforeseen number of them. */
import { philoxBlock } from './philox.ts';

/** The words of a stream of Philox in order: as many as 2³⁴ for each step. */
export class RandomWords {
  readonly #words = new Int32Array(4);
  readonly #seed: number;
  readonly #stream: number;
  #step = 0;
  #block = 0;
  #next = 4;

  constructor(seed: number, stream: number) {
    this.#seed = seed;
    this.#stream = stream;
  }

  /** Begins at the first word of a step, such as an epoch. */
  restart(step: number): void {
    this.#step = step;
    this.#block = 0;
    this.#next = 4;
  }

  /** A uniform u32. */
  next(): number {
    if (this.#next === 4) {
      philoxBlock(this.#seed, this.#stream, this.#block++, this.#step, 0, this.#words);
      this.#next = 0;
    }
    return (this.#words[this.#next++] as number) >>> 0;
  }

  /** A uniform whole number 0 … n − 1, exact to n · 2⁻³². */
  below(n: number): number {
    return Math.floor(this.next() * (n / 2 ** 32));
  }
}
