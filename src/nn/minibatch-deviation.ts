/** @file A layer that shows a critic how much the rows of its batch differ, so that a generator that repeats itself is found out. */
import { checkNumber } from '../core/errors.ts';
import { showShape } from '../core/shape.ts';
import { concat } from '../ops/concat.ts';
import { add, sqrt, square, sub } from '../ops/elementwise.ts';
import { broadcastTo, reshape } from '../ops/movement.ts';
import { mean } from '../ops/reduce.ts';
import { type Layer, layer, layerError } from './layer.ts';
import { checkOptions, type NamedOption } from './options.ts';

/** Keeps the root's gradient finite where all rows are alike. */
const EPSILON = 1e-8;

/**
 * Minibatch standard deviation: one more channel, the same number everywhere in a group of rows: the mean over all places and
 * channels of the standard deviation over the group (Karras et al. 2018, section 3). Stands near the end of a critic. A critic
 * with it judges rows by their neighbors, so `gradientPenalty` and `r1`, which are of single rows, are then approximations, as in
 * the paper.
 *
 * Input [n, …, channels] gives [n, …, channels + 1], of rank 2 or more. Without parameters. A batch that has no whole number of
 * groups is one group; a batch of one row has deviation 0.
 *
 * @param options group: rows of a group, a whole number ≥ 2, default 4.
 * @throws SaddlepointError `option` for a group out of range; `shape` with the layer's path for rows without channels.
 * @example sequential([conv2d(64, 4, { strides: 2 }), leakyRelu(), minibatchDeviation(), flatten(), dense(1)])
 */
export function minibatchDeviation(options: NamedOption & { readonly group?: number } = {}): Layer {
  checkOptions('minibatchDeviation', options, ['group'], []);
  const { name, ...given } = options;
  const group = checkNumber('minibatchDeviation.group', options.group ?? 4, { min: 2, integer: true });
  const made = layer(
    'minibatchDeviation',
    { ...given },
    (x, context) => {
      const [n, ...rest] = x.shape as [number, ...number[]];
      if (rest.length === 0)
        throw layerError('shape', context, `minibatchDeviation: expected [n, …, channels], got ${showShape(x.shape)}`);
      const size = n % group === 0 ? group : n;
      const width = rest.reduce((a, b) => a * b, 1);
      const rows = reshape(x, [n / size, size, width]);
      const variance = mean(square(sub(rows, mean(rows, 1, { keepDims: true }))), 1);
      const deviation = mean(sqrt(add(variance, EPSILON)), 1);
      const shape = [n, ...rest.slice(0, -1), 1];
      const spread = broadcastTo(reshape(deviation, [n / size, 1, 1]), [
        n / size,
        size,
        width / (rest.at(-1) as number),
      ]);
      return concat([x, reshape(spread, shape)], rest.length);
    },
    name,
  );
  return { ...made, meetingRows: 'compares the rows of a minibatch' };
}
