/** @file Denoising of digits: a dense and a convolutional autoencoder, and what needs no learning beside them. */
import {
  binaryCrossEntropy,
  conv2d,
  corrupt,
  dense,
  fit,
  flatten,
  type Layer,
  type Loss,
  meanSquaredError,
  normalWithKey,
  quality,
  randomKey,
  reshapeTo,
  sequential,
  streamOf,
  type Tensor,
  type TrainedModel,
  tensor,
} from 'saddlepoint';
import { digits28, type Rows } from '../experiment-data.ts';

const SIDE = 28;
/** Pictures that non-local means are made for: each takes some 7 million comparisons. */
const FEW = 100;

export interface Cleaned {
  readonly psnr: number;
  readonly ssim: number;
}

export interface Denoised {
  readonly noisy: Cleaned;
  readonly dense: Cleaned;
  readonly convolutional: Cleaned;
  readonly convolutionalLoss: string;
  readonly median: Cleaned;
  readonly nonLocalMeans: Cleaned;
  /** The first few: clean, noisy, and by each model. */
  readonly pictures: readonly (readonly number[])[][];
}

const dense784 = () => sequential([dense(256, { activation: 'relu' }), dense(SIDE * SIDE)]);

const convolutional = (isSquared: boolean) =>
  sequential([
    reshapeTo([SIDE, SIDE, 1]),
    conv2d(16, 3, { padding: 'same', activation: 'relu' }),
    conv2d(16, 3, { padding: 'same', activation: 'relu' }),
    conv2d(1, 3, { padding: 'same', ...(isSquared && { activation: 'sigmoid' as const }) }),
    flatten(),
  ]);

/** Pictures with normal noise, within [0, 1]. */
export function noisyOf({ x }: Rows, deviation: number, seed: number): Float32Array {
  const noise = normalWithKey(randomKey(seed), [x.length], streamOf('denoising')).data;
  return x.map((value, i) => Math.min(1, Math.max(0, value + deviation * (noise[i] as number))));
}

async function cleaner(model: Layer, train: Tensor, loss: Loss, epochs: number, deviation: number) {
  return fit(
    model,
    { x: train, y: train },
    {
      ...{ loss, epochs, batchSize: 64, seed: 0, standardize: false, progress: false },
      tricks: [corrupt({ gaussian: deviation, range: [0, 1] })],
    },
  );
}

/** What a model makes of rows, flat. */
async function clean(model: TrainedModel<never>, rows: Tensor): Promise<number[][]> {
  return (await model.predict(rows)) as number[][];
}

/** @param deviation of the noise. @param isSquared the convolutional model's loss: squared errors after a sigmoid, or cross-entropy. */
export async function denoise(deviation: number, isSquared: boolean, tell: (line: string) => void): Promise<Denoised> {
  const { train, test } = digits28();
  const n = test.y.length;
  const real = tensor(test.x, [n, SIDE * SIDE]);
  const noisy = noisyOf(test, deviation, 1);
  const measured = (rows: readonly (readonly number[])[] | Tensor, count = n): Cleaned => {
    const wanted = tensor(test.x.subarray(0, count * SIDE * SIDE), [count, SIDE * SIDE]);
    return { psnr: quality.psnr(rows, wanted), ssim: quality.ssim(rows, wanted, { side: SIDE }) };
  };
  const noisyRows = tensor(noisy, [n, SIDE * SIDE]);
  const rows = tensor(train.x, [train.y.length, SIDE * SIDE]);
  using flat = await cleaner(dense784(), rows, binaryCrossEntropy(), 10, deviation);
  const byDense = await clean(flat, noisyRows);
  tell(`σ ${deviation}, dense: ${JSON.stringify(measured(byDense))}`);
  const loss = isSquared ? meanSquaredError() : binaryCrossEntropy();
  using spread = await cleaner(convolutional(isSquared), rows, loss, 3, deviation);
  const byConvolution = await clean(spread, noisyRows);
  tell(`σ ${deviation}, convolutional: ${JSON.stringify(measured(byConvolution))}`);
  const few = tensor(noisy.subarray(0, FEW * SIDE * SIDE), [FEW, SIDE * SIDE]);
  const picture = (data: ArrayLike<number>, row: number): number[] =>
    Array.from({ length: SIDE * SIDE }, (_, i) => data[row * SIDE * SIDE + i] as number);
  return {
    noisy: { psnr: quality.psnr(noisyRows, real), ssim: quality.ssim(noisyRows, real, { side: SIDE }) },
    dense: measured(byDense),
    convolutional: measured(byConvolution),
    convolutionalLoss: isSquared ? 'squared errors' : 'cross-entropy',
    median: measured(quality.medianFilter(noisyRows, { side: SIDE })),
    nonLocalMeans: measured(quality.nonLocalMeans(few, { deviation, side: SIDE }), FEW),
    pictures: Array.from({ length: 8 }, (_, row) => [
      picture(test.x, row),
      picture(noisy, row),
      byDense[row] as number[],
      byConvolution[row] as number[],
    ]),
  };
}
