/** @file Temperature scaling: one number that makes probabilities honest. */
import { SaddlepointError } from '../../core/errors.ts';

export interface TemperatureScaling {
  /** What logits are to be divided by. */
  readonly temperature: number;
  /** The mean cross-entropy with logits as they are. */
  readonly before: number;
  /** And with them divided. */
  readonly after: number;
}

function meanCrossEntropy(logits: ArrayLike<number>, labels: ArrayLike<number>, classes: number, t: number): number {
  let total = 0;
  for (let row = 0; row < labels.length; row++) {
    const scores = Array.from({ length: classes }, (_, c) => (logits[row * classes + c] as number) / t);
    const largest = Math.max(...scores);
    const sum = scores.reduce((s, score) => s + Math.exp(score - largest), 0);
    total += largest + Math.log(sum) - (scores[labels[row] as number] as number);
  }
  return total / labels.length;
}

/**
 * The temperature that makes held-out labels most likely: the minimum of the mean cross-entropy of logits / T over T in
 * [0.05, 20], by golden-section search of log T (it is convex in 1 / T, so it has one minimum). Which class is the largest does
 * not change.
 *
 * @param logits [n, classes] flat, of rows that were not trained on.
 * @param labels class numbers [n].
 * @throws SaddlepointError `shape` where there is no whole number of classes, `data` for labels outside.
 * @see Guo et al. 2017, "On calibration of modern neural networks", section 4.2.
 */
export function temperatureScaling(logits: ArrayLike<number>, labels: ArrayLike<number>): TemperatureScaling {
  const classes = logits.length / labels.length;
  if (!Number.isInteger(classes) || classes < 2) {
    const given = `${logits.length} logits for ${labels.length} labels`;
    throw new SaddlepointError(
      'shape',
      `temperatureScaling: expected logits [n, classes] for labels [n], got ${given}`,
    );
  }
  const bad = Array.from(labels).findIndex((label) => !(Number.isInteger(label) && label >= 0 && label < classes));
  if (bad >= 0) {
    const message = `temperatureScaling: label ${labels[bad]} at position ${bad} is outside 0 … ${classes - 1}`;
    throw new SaddlepointError('data', message);
  }
  const costAt = (logT: number): number => meanCrossEntropy(logits, labels, classes, Math.exp(logT));
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [Math.log(0.05), Math.log(20)];
  let [a, b] = [high - ratio * (high - low), low + ratio * (high - low)];
  let [costA, costB] = [costAt(a), costAt(b)];
  while (high - low > 1e-7) {
    if (costA < costB) {
      [high, b, costB] = [b, a, costA];
      a = high - ratio * (high - low);
      costA = costAt(a);
    } else {
      [low, a, costA] = [a, b, costB];
      b = low + ratio * (high - low);
      costB = costAt(b);
    }
  }
  const temperature = Math.exp((low + high) / 2);
  return {
    temperature,
    before: meanCrossEntropy(logits, labels, classes, 1),
    after: meanCrossEntropy(logits, labels, classes, temperature),
  };
}
