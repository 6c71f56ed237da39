/** @file Samples against data, by the features and the answers of a classifier: distances with a floor and a ceiling, and scores. */
import { checkKnownOptions, checkNumber } from '../core/errors.ts';
import { randomUniform, streamOf } from '../core/philox.ts';
import { tensor } from '../graph/tensor.ts';
import { frechetDistance, inceptionScore, kernelDistance, type Matrix } from '../nn/metrics/quality.ts';
import { type Classifier, judged } from './features.ts';
import { type Given, matrixOf } from './matrix.ts';

/** A distance with what it would be at best and at worst; its text says all of it. */
export interface Distance {
  readonly distance: number;
  /** Of the two halves of the real rows: no sample of so many can be expected to be nearer. */
  readonly floor: number;
  /** Of uniform noise over the range of the real rows, as many rows as there are samples. */
  readonly ceiling: number;
  /** (distance − floor) / (ceiling − floor): 0 as good as data, 1 as bad as noise. */
  readonly share: number;
  /** Rows of each. */
  readonly n: { readonly real: number; readonly fake: number };
  toString(): string;
}

type Measure = (a: Matrix, b: Matrix) => number;

/** Every second row from `first` on. */
function half({ data, shape }: Matrix, first: 0 | 1): Matrix {
  const [n, width] = shape as [number, number];
  const count = Math.floor((n - first + 1) / 2);
  const out = new Float64Array(count * width);
  for (let i = 0; i < count; i++)
    for (let k = 0; k < width; k++) out[i * width + k] = data[(2 * i + first) * width + k] as number;
  return { data: out, shape: [count, width] };
}

async function distanceOf(
  name: string,
  classifier: Classifier,
  real: Given,
  fake: Given,
  measure: Measure,
): Promise<Distance> {
  const [rows, made] = [matrixOf(name, real), matrixOf(name, fake)];
  const noise = new Float32Array(made.shape[0] * rows.shape[1]);
  randomUniform(noise, 0, streamOf('quality/noise'), 0, 0);
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < rows.data.length; i++) {
    low = Math.min(low, rows.data[i] as number);
    high = Math.max(high, rows.data[i] as number);
  }
  const wild = tensor(
    noise.map((u) => low + u * (high - low)),
    [made.shape[0], ...rows.rowShape],
  );
  const ofReal = (await judged(name, classifier, real)).features;
  const ofFake = (await judged(name, classifier, fake)).features;
  const ofNoise = (await judged(name, classifier, wild)).features;
  const distance = measure(ofReal, ofFake);
  const floor = measure(half(ofReal, 0), half(ofReal, 1));
  const ceiling = measure(ofReal, ofNoise);
  const n = Object.freeze({ real: rows.shape[0], fake: made.shape[0] });
  const text = (value: number): string => value.toPrecision(4);
  return Object.freeze({
    ...{ distance, floor, ceiling, n, share: (distance - floor) / (ceiling - floor) },
    toString: () =>
      `${text(distance)} of ${n.fake} samples against ${n.real} real rows (two real halves ${text(floor)}, noise ${text(ceiling)})`,
  });
}

/**
 * The Fréchet distance of samples and data by the features of a classifier of one's own: what its last layer with parameters
 * takes. It is no FID, whose features are those of one fixed network of photographs: numbers of different classifiers, or of
 * different numbers of rows, do not compare. So it always comes with n, a floor and a ceiling.
 *
 * @param classifier a model that was trained on classes of such rows.
 * @param real rows of data, best such as neither classifier nor generator was trained on: at least 4.
 * @param fake samples, at least 2.
 * @throws SaddlepointError `option` for what is no classifier; `shape` for rows that it does not take.
 * @see Heusel et al. 2017, "GANs trained by a two time-scale update rule", eq. 6.
 * @example String(await quality.frechet(classifier, test, samples)); // '12.3 of 2000 samples against 2000 real rows (two …'
 */
export const frechet = (classifier: Classifier, real: Given, fake: Given): Promise<Distance> =>
  distanceOf('frechet', classifier, real, fake, frechetDistance);

/**
 * The squared maximum mean discrepancy of the same features, with the kernel (u · v / d + 1)³: unbiased, so that few rows will do.
 * Takes time by the square of the rows.
 *
 * @param classifier @param real @param fake as of `frechet`.
 * @throws SaddlepointError as `frechet`.
 * @see Bińkowski et al. 2018, "Demystifying MMD GANs", section 4.
 */
export const kid = (classifier: Classifier, real: Given, fake: Given): Promise<Distance> =>
  distanceOf('kid', classifier, real, fake, kernelDistance);

/** A score of samples, and that of data beside it. */
export interface Score {
  /** From 1 (all alike, or none like anything) to the number of classes. */
  readonly score: number;
  /** That of real rows. */
  readonly real: number;
  readonly n: { readonly real: number; readonly fake: number };
  toString(): string;
}

/**
 * exp of the mean divergence of what the classifier says of one sample from what it says of all: high where each sample is surely
 * of one class, and all classes occur. With another classifier it is another number, so that of real rows stands beside it.
 *
 * @param classifier @param real @param fake as of `frechet`.
 * @throws SaddlepointError as `frechet`.
 * @see Salimans et al. 2016, "Improved techniques for training GANs", section 4.
 */
export async function score(classifier: Classifier, real: Given, fake: Given): Promise<Score> {
  const ofReal = (await judged('score', classifier, real)).probabilities;
  const ofFake = (await judged('score', classifier, fake)).probabilities;
  const found = { score: inceptionScore(ofFake), real: inceptionScore(ofReal) };
  const n = Object.freeze({ real: ofReal.shape[0] as number, fake: ofFake.shape[0] as number });
  return Object.freeze({
    ...{ ...found, n },
    toString: () => `${found.score.toFixed(2)} of ${n.fake} samples (${n.real} real rows: ${found.real.toFixed(2)})`,
  });
}

/** The squared distance of two rows. */
function squared(a: Matrix, i: number, b: Matrix, j: number): number {
  const width = a.shape[1] as number;
  let sum = 0;
  for (let k = 0; k < width; k++) sum += ((a.data[i * width + k] as number) - (b.data[j * width + k] as number)) ** 2;
  return sum;
}

/** The share of b's rows that lie within the k-th neighbor's distance of some row of a. */
function covered(a: Matrix, b: Matrix, k: number): number {
  const [m, n] = [a.shape[0] as number, b.shape[0] as number];
  const radii = Float64Array.from({ length: m }, (_, i) => {
    const distances = Float64Array.from({ length: m }, (_, j) => squared(a, i, a, j)).sort();
    // The nearest is the row itself.
    return distances[Math.min(k, m - 1)] as number;
  });
  let count = 0;
  for (let j = 0; j < n; j++)
    for (let i = 0; i < m; i++)
      if (squared(a, i, b, j) <= (radii[i] as number)) {
        count++;
        break;
      }
  return count / n;
}

/**
 * Precision, the share of samples that lie where data lie, and recall, the share of data that lie where samples lie, by features:
 * a place is near a row if it is no further than the row's k-th neighbor. A generator that collapsed has precision without recall.
 * Takes time by the square of the rows.
 *
 * @param classifier @param real @param fake as of `frechet`.
 * @param options neighbors: k, a whole number ≥ 1, default 3.
 * @throws SaddlepointError as `frechet`, and `option` for neighbors out of range.
 * @see Kynkäänniemi et al. 2019, "Improved precision and recall metric for assessing generative models", eqs. 1 and 2.
 */
export async function precisionRecall(
  classifier: Classifier,
  real: Given,
  fake: Given,
  options: { readonly neighbors?: number } = {},
): Promise<{ readonly precision: number; readonly recall: number }> {
  checkKnownOptions('precisionRecall', options, ['neighbors']);
  const k = checkNumber('precisionRecall.neighbors', options.neighbors ?? 3, { min: 1, integer: true });
  const a = (await judged('precisionRecall', classifier, real)).features;
  const b = (await judged('precisionRecall', classifier, fake)).features;
  return { precision: covered(a, b, k), recall: covered(b, a, k) };
}

/**
 * For each sample the training row that is nearest to it, in the units of the rows: a generator that copies has distances near 0.
 * Compare them with those of held-out real rows.
 *
 * @param samples rows [n, …]. @param training rows [m, …] of as many numbers.
 * @returns for each sample the number of the row, and the Euclidean distance.
 */
export function nearest(samples: Given, training: Given): { readonly index: number; readonly distance: number }[] {
  const [a, b] = [matrixOf('nearest: samples', samples), matrixOf('nearest: training', training)];
  return Array.from({ length: a.shape[0] }, (_, i) => {
    let [index, least] = [0, Number.POSITIVE_INFINITY];
    for (let j = 0; j < b.shape[0]; j++) {
      const distance = squared(a, i, b, j);
      if (distance < least) [index, least] = [j, distance];
    }
    return { index, distance: Math.sqrt(least) };
  });
}
