/** @file Samples of the softmax of attention: scaled, causal with fewer and with more queries than keys, masked. */
import { sizeOf } from '../../core/shape.ts';
import { COMPOSED, f32, given, type Sample, sample, shapes, special } from './sample.ts';

/** `scores` or `scores|mask`; masks of every broadcast form that instructions know, and one that takes several. */
const SCORES = shapes(
  '2,3 4,4 3,5 5,3 2,3,4 2,2,3,33 31,1000 3,4|4 3,4|3,4 2,2,3,4|2,1,1,4 2,2,3,4|2,1,3,4 2,2,2,3,4|2,1,2,1,4',
);

/** Every third key is ruled out, and of every other row the first. */
const maskOf = (shape: readonly number[]) =>
  given(
    Array.from({ length: sizeOf(shape) }, (_, i) => Number(i % 3 !== 2)),
    'f32',
    shape,
  );

const attributes = [
  { scale: 1, causal: false },
  { scale: 0.25, causal: true },
];

export const ATTENTION = {
  maskedSoftmax: SCORES.flatMap(([scores = [], mask]) =>
    attributes.map((options): Sample => {
      const x = f32(scores, -5, 5);
      // A mask is no number that one could differ by a little.
      return mask === undefined
        ? sample(COMPOSED, [x], options)
        : special(sample(COMPOSED, [x, maskOf(mask)], options));
    }),
  ),
  softmaxGradient: SCORES.flatMap(([scores = [], mask]) =>
    mask === undefined
      ? attributes.map((options): Sample => sample(COMPOSED, [f32(scores, 0, 1), f32(scores)], options))
      : [],
  ),
};
