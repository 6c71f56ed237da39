/** @file Bags of embeddings: a row for a set of words, tags or items. */
import { checkName, checkNumber } from '../core/errors.ts';
import { embeddingBag } from '../ops/embedding-bag.ts';
import { wholeNumbers } from './embedding.ts';
import { type Initializer, randomUniform } from './initializers.ts';
import { type Layer, layer, layerError } from './layer.ts';
import { checkOptions, inLayer, type NamedOption, optionsToJson } from './options.ts';

export interface BagEmbeddingOptions extends NamedOption {
  /** How the rows of a bag become one: 'mean' (default), 'sum' or 'max', the largest of each column. */
  readonly mode?: 'mean' | 'sum' | 'max';
  /** The id that fills up shorter bags: its rows do not count, and get no gradient. Default: all count. */
  readonly padding?: number;
  /** Default `randomUniform(0.05)`. */
  readonly initializer?: Initializer;
  /** Whether the table is trained by rows, see `embedding`; default true. */
  readonly rows?: boolean;
}

/**
 * The rows of a table, a bag of them at a time: [n, …, bag] of ids gives [n, …, dimension]. Parameter: `table` [vocabulary,
 * dimension]. (The function of tensors is `embeddingBag`.)
 *
 * @param vocabulary how many rows the table has, ≥ 1.
 * @param dimension how long each is, ≥ 1.
 * @throws SaddlepointError `data` for an id outside the vocabulary, when it is met.
 * @example sequential([bagEmbedding(10_000, 64, { padding: 0 }), dense(2)])
 */
export function bagEmbedding(vocabulary: number, dimension: number, options: BagEmbeddingOptions = {}): Layer {
  checkOptions('bagEmbedding', options, ['mode', 'padding', 'initializer'], ['rows']);
  checkNumber('bagEmbedding.vocabulary', vocabulary, { min: 1, integer: true });
  checkNumber('bagEmbedding.dimension', dimension, { min: 1, integer: true });
  const { mode = 'mean', padding, initializer = randomUniform(), rows = true } = options;
  checkName('bagEmbedding.mode', mode, ['mean', 'sum', 'max']);
  if (padding !== undefined)
    checkNumber('bagEmbedding.padding', padding, { min: 0, max: vocabulary - 1, integer: true });
  return layer(
    'bagEmbedding',
    optionsToJson({ ...options, vocabulary, dimension }),
    (x, context) => {
      if (x.shape.length < 2)
        throw layerError('shape', context, `bagEmbedding: expected ids [n, …, bag], got [${x.shape}]`);
      const create = rows ? context.table : context.parameter;
      const table = create('table', [vocabulary, dimension], initializer);
      return inLayer(context, () => embeddingBag(table, wholeNumbers(x), { mode, padding }));
    },
    options.name,
  );
}
