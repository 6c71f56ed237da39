/** @file Runs of every kind that a plan takes, small. */
import {
  adam,
  batchNorm,
  binaryCrossEntropy,
  conv2d,
  crossEntropy,
  dense,
  dropout,
  embedding,
  type FitOptions,
  fit,
  flatten,
  type Layer,
  lazyAdam,
  meanSquaredError,
  type Run,
  sequential,
} from '../../src/index.ts';

export interface Kind {
  readonly layer: Layer;
  readonly x: readonly (readonly number[])[] | Uint8Array[];
  readonly y: readonly (string | number | readonly number[])[];
  readonly options: Pick<FitOptions, 'loss' | 'optimizer' | 'standardize'>;
}

/** Numbers that look random and are not. */
export const noise = (i: number): number => ((i * 7919 + 104729) % 2003) / 1001 - 1;
const rows = (count: number, width: number, of: (i: number) => number = noise): number[][] =>
  Array.from({ length: count }, (_, row) => Array.from({ length: width }, (_, i) => of(row * width + i)));

export const KINDS: Readonly<Record<string, Kind>> = {
  'classes with names': {
    layer: sequential([dense(8, { activation: 'relu' }), dropout(0.25), dense(3)]),
    x: rows(40, 5),
    y: Array.from({ length: 40 }, (_, i) => ['ant', 'bee', 'cat'][i % 3] as string),
    options: { loss: crossEntropy(), optimizer: adam({ learningRate: 0.01 }) },
  },
  'values, standardized': {
    layer: sequential([dense(6, { activation: 'tanh' }), dense(2)]),
    x: rows(40, 4, (i) => 100 * noise(i) + 7),
    y: rows(40, 2, (i) => 50 * noise(3 * i) - 9),
    options: { loss: meanSquaredError() },
  },
  'yes and no': {
    layer: sequential([dense(4, { activation: 'relu' }), dense(1)]),
    x: rows(40, 3),
    y: Array.from({ length: 40 }, (_, i) => (noise(3 * i) > 0 ? 'yes' : 'no')),
    options: { loss: binaryCrossEntropy() },
  },
  'bytes of images': {
    layer: sequential([conv2d(4, 3, { activation: 'relu' }), flatten(), dense(3)]),
    x: Array.from({ length: 40 }, (_, row) => Uint8Array.from({ length: 36 }, (_, i) => (row * 36 + i * 31) % 256)),
    y: Array.from({ length: 40 }, (_, i) => i % 3),
    options: { loss: crossEntropy() },
  },
  'batch normalization': {
    layer: sequential([dense(6), batchNorm(), dense(2)]),
    x: rows(40, 4),
    y: Array.from({ length: 40 }, (_, i) => i % 2),
    options: { loss: crossEntropy() },
  },
  'rows of a table': {
    layer: sequential([embedding(12, 4), flatten(), dense(2)]),
    x: rows(40, 3, (i) => (i * 5) % 12),
    y: Array.from({ length: 40 }, (_, i) => i % 2),
    options: { loss: crossEntropy(), optimizer: lazyAdam(), standardize: false },
  },
};

export const IMAGES = 'bytes of images';

/** The data of a kind, images in their shape. */
export const dataOf = (name: string) => {
  const { x, y } = KINDS[name] as Kind;
  const shaped =
    name === IMAGES
      ? x.map((row) => Array.from({ length: 6 }, (_, r) => Array.from({ length: 6 }, (_, c) => [row[r * 6 + c]])))
      : x;
  return { x: shaped as unknown[], y: y as unknown[] };
};

/** Two epochs in order, five steps each; `epochs` more with `resume`. */
export function trained(name: string, options: Partial<FitOptions> = {}): Promise<Run> {
  const kind = KINDS[name] as Kind;
  return fit(kind.layer, dataOf(name), {
    ...{ epochs: 2, batchSize: 8, shuffle: false, deterministic: true, resumable: true, progress: false, seed: 3 },
    ...kind.options,
    ...options,
  });
}
