/** @file Connectionist temporal classification: sequences of labels without alignment. */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../../core/errors.ts';
import { showShape } from '../../core/shape.ts';
import { type Tensor, tensor } from '../../graph/tensor.ts';
import { cast } from '../../ops/cast.ts';
import { concat } from '../../ops/concat.ts';
import {
  add,
  equal,
  exp,
  float,
  greater,
  less,
  log,
  maximum,
  mul,
  neg,
  stopGradient,
  sub,
  where,
} from '../../ops/elementwise.ts';
import { oneHot } from '../../ops/indexing.ts';
import { scan } from '../../ops/loops.ts';
import { matmul } from '../../ops/matmul.ts';
import { broadcastTo, pad, reshape, slice, transpose } from '../../ops/movement.ts';
import { max, sum } from '../../ops/reduce.ts';
import { logSoftmax } from '../../ops/softmax.ts';

/** The logarithm of what cannot be; finite, so that differences of two of them are 0. */
const IMPOSSIBLE = -1e30;

export interface CtcOptions {
  /** The class that stands for no label: a whole number, default 0. */
  readonly blank?: number;
}

/**
 * −log of the probability that a sequence of predictions spells the labels, whichever steps they fall on, with blanks between
 * them and repetitions of a step merged: one number a row. Forward variables in logarithms, by `scan`.
 *
 * @param logits f32 [steps, n, classes].
 * @param labels class numbers without blanks, i32 [n, length], length ≥ 1; what is beyond a row's own length may be any class.
 * @param steps how many steps count in each row, integers [n]: 1 … steps.
 * @param lengths how many labels each row has, integers [n]: 0 … length.
 * @param options blank: default 0.
 * @returns losses [n]; Infinity where a row has more labels (with a blank between equal ones) than steps.
 * @throws SaddlepointError `shape` where they do not fit.
 * @see Graves et al. 2006, "Connectionist temporal classification", eq. 6–8.
 */
export function ctc(logits: Tensor, labels: Tensor, steps: Tensor, lengths: Tensor, options: CtcOptions = {}): Tensor {
  checkKnownOptions('ctc', options, ['blank']);
  const [time, n, classes] = logits.shape as [number, number, number];
  const [rows, length] = labels.shape as [number, number];
  const fits = labels.shape.length === 2 && rows === n && length > 0 && steps.shape.join() === String(n);
  if (logits.shape.length !== 3 || !fits || lengths.shape.join() !== String(n)) {
    throw new SaddlepointError(
      'shape',
      `ctc: expected logits [steps, n, classes], labels [n, length] and two counts [n], got ${[logits, labels, steps, lengths].map((x) => showShape(x.shape)).join(', ')}`,
    );
  }
  const blank = checkNumber('ctc.blank', options.blank ?? 0, { min: 0, max: classes - 1, integer: true });
  // Blanks before, between and behind the labels: S = 2 · length + 1 states, each as a one-hot row.
  const states = 2 * length + 1;
  const ofLabels = reshape(oneHot(cast(labels, 'i32'), classes), [n, length, 1, classes]);
  const ofBlank = oneHot(tensor([blank], [1], 'i32'), classes);
  const before = broadcastTo(reshape(ofBlank, [1, 1, 1, classes]), [n, length, 1, classes]);
  const pairs = reshape(concat([before, ofLabels], 2), [n, 2 * length, classes]);
  const spelled = concat([pairs, broadcastTo(reshape(ofBlank, [1, 1, classes]), [n, 1, classes])], 1);
  // A blank may be skipped between labels that differ.
  const twoBefore = slice(pad(spelled, [0, 2, 0], [0, 0, 0]), [0, 0, 0], [n, states, classes]);
  const same = sum(mul(spelled, twoBefore), 2);
  const emitted = matmul(transpose(logSoftmax(logits), [1, 0, 2]), transpose(spelled, [0, 2, 1]));

  const shifted = (alpha: Tensor, by: number): Tensor =>
    slice(pad(alpha, [0, by], [0, 0], IMPOSSIBLE), [0, 0], [n, states]);
  const counts = reshape(float(steps), [1, n, 1]);
  const clock = tensor(
    Float32Array.from({ length: time }, (_, t) => t),
    [time, 1, 1],
  );
  const start = pad(broadcastTo(tensor(0), [n, 1]), [0, 0], [0, states - 1], IMPOSSIBLE);
  const [last] = scan(
    (alpha: Tensor, [now, counted]: [Tensor, Tensor]) => {
      const skipped = where(same, IMPOSSIBLE, shifted(alpha, 2));
      const reached = add(logAdd([alpha, shifted(alpha, 1), skipped]), now);
      return [where(counted, maximum(reached, IMPOSSIBLE), alpha), undefined] as const;
    },
    start,
    [transpose(emitted, [1, 0, 2]), less(broadcastTo(clock, [time, n, 1]), counts)] as [Tensor, Tensor],
  ) as [Tensor, unknown];

  // The end: the last label, or the blank behind it.
  const end = mul(reshape(float(lengths), [n, 1]), 2);
  const places = tensor(
    Float32Array.from({ length: states }, (_, s) => s),
    [1, states],
  );
  const isEnd = add(equal(places, end), equal(places, sub(end, 1)));
  const ends = where(isEnd, last, IMPOSSIBLE);
  const largest = stopGradient(max(ends, 1, { keepDims: true }));
  const total = add(log(sum(exp(sub(ends, largest)), 1)), reshape(largest, [n]));
  return where(greater(total, IMPOSSIBLE / 2), neg(total), Number.POSITIVE_INFINITY);
}

/** log Σ eˣ of tensors of one shape. */
function logAdd(terms: readonly [Tensor, Tensor, Tensor]): Tensor {
  const [a, b, c] = terms;
  const largest = stopGradient(maximum(maximum(a, b), c));
  const exponentials = terms.map((term) => exp(sub(term, largest))) as [Tensor, Tensor, Tensor];
  return add(log(add(add(exponentials[0], exponentials[1]), exponentials[2])), largest);
}
