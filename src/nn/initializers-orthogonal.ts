/** @file Initializers that keep lengths: orthogonal, delta-orthogonal, identity; and the gains of activations. */
import { checkKnownOptions, checkNumber, SaddlepointError, show, suggest } from '../core/errors.ts';
import { qr } from '../core/linear-algebra.ts';
import { randomNormal } from '../core/philox.ts';
import { type Shape, showShape, sizeOf } from '../core/shape.ts';
import type { Initializer } from './initializers.ts';

export interface GainOptions {
  /** What the values are multiplied with, > 0; default 1; see `gain`. */
  readonly gain?: number;
}

type Fill = (out: Float32Array, rows: number, columns: number, seed: number, stream: number) => void;

/** An initializer of leaves [..., in, out], of which `fill` gets the matrix [rows, columns]. */
function ofMatrix(name: string, options: GainOptions, fill: Fill, taps: 'rows' | 'center'): Initializer {
  checkKnownOptions(name, options, ['gain']);
  const gain = checkNumber(`${name}.gain`, options.gain ?? 1, { min: 0, openMin: true });
  return {
    name,
    options: options.gain === undefined ? {} : { gain },
    spread: () => 0,
    draw(shape, { seed, stream }) {
      if (shape.length < 2)
        throw new SaddlepointError(
          'option',
          `${name}: expected a leaf [..., in, out], got ${showShape(shape)}`,
          'it is for kernels; biases start by zeros()',
        );
      const columns = shape.at(-1) as number;
      const outer: Shape = taps === 'rows' ? shape.slice(0, -1) : shape.slice(-2, -1);
      const matrix = new Float32Array(sizeOf(outer) * columns);
      fill(matrix, sizeOf(outer), columns, seed, stream);
      const scaled = matrix.map((value) => value * gain);
      if (taps === 'rows') return scaled;
      const out = new Float32Array(sizeOf(shape));
      const center = shape.slice(0, -2).reduce((at, size) => at * size + Math.floor((size - 1) / 2), 0);
      out.set(scaled, center * scaled.length);
      return out;
    },
  };
}

/** Q of a matrix of normal deviates, of which the larger side comes first: uniform over all such (Mezzadri 2007). */
function fillOrthogonal(out: Float32Array, rows: number, columns: number, seed: number, stream: number): void {
  const [long, short] = [Math.max(rows, columns), Math.min(rows, columns)];
  const deviates = new Float32Array(long * short);
  randomNormal(deviates, seed, stream);
  const { q } = qr(deviates, long, short);
  const isTall = rows >= columns;
  out.forEach((_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    out[at] = q[isTall ? row * short + column : column * short + row] as number;
  });
}

/**
 * gain · Q, with orthonormal columns of the matrix [..., out] (rows, if there are fewer), uniformly drawn: keeps the lengths of
 * vectors and gradients exactly (Saxe et al. 2014). Of a convolution's kernel the taps and channels are the rows. For weights of
 * recurrent layers, and deep stacks.
 *
 * @example dense(64, { activation: 'tanh', kernelInitializer: orthogonal({ gain: gain('tanh') }) })
 */
export const orthogonal = (options: GainOptions = {}): Initializer =>
  ofMatrix('orthogonal', options, fillOrthogonal, 'rows');

/**
 * A convolution's kernel that is orthogonal in its center tap and 0 elsewhere: it starts as a product with an orthogonal matrix
 * at each pixel (Xiao et al. 2018, algorithm 1). The output should have as many channels as the input, or more.
 */
export const deltaOrthogonal = (options: GainOptions = {}): Initializer =>
  ofMatrix('deltaOrthogonal', options, fillOrthogonal, 'center');

/**
 * gain on the diagonal, 0 elsewhere; of a convolution's kernel in its center tap: what passes through stays as it is (Le et al.
 * 2015 for recurrent weights of relu).
 */
export const identity = (options: GainOptions = {}): Initializer =>
  ofMatrix(
    'identity',
    options,
    (out, rows, columns) => {
      for (let i = 0; i < Math.min(rows, columns); i++) out[i * columns + i] = 1;
    },
    'center',
  );

const GAINS: Readonly<Record<string, (slope: number) => number>> = {
  linear: () => 1,
  conv1d: () => 1,
  conv2d: () => 1,
  sigmoid: () => 1,
  tanh: () => 5 / 3,
  relu: () => Math.SQRT2,
  leakyRelu: (slope) => Math.sqrt(2 / (1 + slope * slope)),
  selu: () => 3 / 4,
};

/**
 * By what weights of variance 1 / fanIn are multiplied to keep the variance behind an activation: the values of PyTorch's
 * calculate_gain. (relu: √2, He et al. 2015; tanh: 5/3; selu: 3/4.)
 *
 * @param activation linear, conv1d, conv2d, sigmoid, tanh, relu, leakyRelu or selu.
 * @param slope of leakyRelu, default 0.01.
 * @throws SaddlepointError `option` with near names for another.
 * @example orthogonal({ gain: gain('relu') })
 */
export function gain(activation: string, slope = 0.01): number {
  const known = Object.hasOwn(GAINS, activation) ? GAINS[activation] : undefined;
  if (known !== undefined) return known(checkNumber('gain.slope', slope, {}));
  const help = suggest(String(activation), Object.keys(GAINS));
  throw new SaddlepointError('option', `gain: unknown activation ${show(activation)}`, help);
}
