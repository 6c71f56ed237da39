/** @file Embeddings: a table of vectors, of which whole numbers pick rows. */
import { checkKnownOptions, checkNumber, SaddlepointError, show } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import { showShape } from '../core/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { cast } from '../ops/cast.ts';
import { equal, floor, notEqual, where } from '../ops/elementwise.ts';
import { gather } from '../ops/indexing.ts';
import { type Initializer, initializerToJson, randomUniform } from './initializers.ts';
import { type Layer, layer, layerError, withMask } from './layer.ts';

export interface EmbeddingOptions {
  /** Default `randomUniform(0.05)`. */
  readonly initializer?: Initializer;
  /**
   * Whether the table is trained by rows: only the rows of the batch change in a step, and no gradient as large as the table is
   * ever made. Default true; the optimizer must be able to: `sgd` (without momentum), `adagrad` or `lazyAdam`. With false
   * it is a parameter as any other, and every optimizer will do.
   */
  readonly rows?: boolean;
  /**
   * The id that fills up shorter rows, 0 … vocabulary − 1: the result has a mask [n, steps] that is 0 there, for recurrent
   * layers, attention, pooling over time and the loss. Ids are then [n, steps]. Default: no mask.
   */
  readonly maskId?: number;
  /** The layer's path segment; default: its index. */
  readonly name?: string;
}

/**
 * y[i] = table[x[i]]: a vector for each whole number 0 … vocabulary − 1.
 *
 * Input [n, …] of ids gives [n, …, dimension]. Ids are exact up to 2²⁴; give them to `fit` as an i32 tensor (as they stand), since
 * floats would be standardized and bytes divided by 255. Parameter: `table` [vocabulary, dimension].
 *
 * @param vocabulary how many rows the table has, ≥ 1.
 * @param dimension how long each is, ≥ 1.
 * @throws SaddlepointError `data` for an id outside the vocabulary, when it is met; a fraction or NaN is met as −1.
 * @example sequential([embedding(10_000, 64), flatten(), dense(2)])
 */
export function embedding(vocabulary: number, dimension: number, options: EmbeddingOptions = {}): Layer {
  checkKnownOptions('embedding', options, ['initializer', 'rows', 'maskId', 'name']);
  checkNumber('embedding.vocabulary', vocabulary, { min: 1, integer: true });
  checkNumber('embedding.dimension', dimension, { min: 1, integer: true });
  const { initializer = randomUniform(), rows = true, maskId, name } = options;
  if (maskId !== undefined) checkNumber('embedding.maskId', maskId, { min: 0, max: vocabulary - 1, integer: true });
  if (typeof rows !== 'boolean')
    throw new SaddlepointError('option', `embedding.rows: expected true or false, got ${show(rows)}`);
  const json: Record<string, Json> = { vocabulary, dimension };
  if (!rows) json.rows = rows;
  if (maskId !== undefined) json.maskId = maskId;
  if (options.initializer !== undefined) json.initializer = initializerToJson(initializer);
  return layer(
    'embedding',
    json,
    (x, context) => {
      if (x.shape.length === 0) throw layerError('shape', context, 'embedding: expected ids [n, …], got a scalar');
      const create = rows ? context.table : context.parameter;
      const ids = wholeNumbers(x);
      const y = gather(create('table', [vocabulary, dimension], initializer), ids);
      if (maskId === undefined) return y;
      if (x.shape.length !== 2)
        throw layerError('shape', context, `embedding: maskId is for ids [n, steps], got ${showShape(x.shape)}`);
      return withMask(y, notEqual(ids, maskId));
    },
    name,
  );
}

/** Ids as i32: what is no whole number becomes −1, which every table refuses. */
export function wholeNumbers(x: Tensor): Tensor {
  return cast(x.dtype === 'f32' ? where(equal(x, floor(x)), x, -1) : x, 'i32');
}
