/** @file Samples of the composites of normalizations, over rows, columns and middle axes, centered or not. */
import { COMPOSED, f32, type Sample, sample, shapes } from './sample.ts';

/** [shape, axes] */
const RUNS = shapes('3|0 3,4|1 4,3|0 2,3,2|1 2,2,3|1,2 33,31|1 33,31|0 2,1000|1 1000,5|0 3,40,6|1 2,7,20|0,1');

const variants = RUNS.flatMap(([shape = [], axes = []]) =>
  [true, false].map((center) => ({ shape, attributes: { axes, epsilon: 1e-5, center } })),
);

export const NORMALIZE = {
  standardize: variants.map(({ shape, attributes }): Sample => sample(COMPOSED, [f32(shape)], attributes)),
  standardizeGradient: variants.map(({ shape, attributes }): Sample => {
    const kept = shape.map((dimension, axis) => (attributes.axes.includes(axis) ? 1 : dimension));
    return sample(COMPOSED, [f32(shape), f32(kept, 0.5, 2), f32(shape)], attributes);
  }),
};
