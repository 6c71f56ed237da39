/** @file Bags of embeddings: a row for a set of words, tags or items. */
import { checkName, checkNumber, SaddlepointError, show } from '../core/errors.ts';
import { embeddingBag } from '../ops/embedding-bag.ts';
import { wholeNumbers } from './embedding.ts';
import { type Initializer, randomUniform } from './initializers.ts';
import { type Layer, layer, layerError } from './layer.ts';
import { checkOptions, inLayer, type NamedOption, optionsToJson } from './options.ts';

export interface BagEmbeddingOptions extends NamedOption {
  /** How the rows of a bag become one: 'mean' (default), 'sum' or 'max', the largest of each column. */
  readonly mode?: 'mean' | 'sum' | 'max';
  /** The id that fills up shorter bags: its rows do not count, and get no gradient. Default: 0 of a `Vocabulary`, else all count. */
  readonly padding?: number;
  /** Default `randomUniform(0.05)`. */
  readonly initializer?: Initializer;
  /** Whether the table is trained by rows, see `embedding`; default true. */
  readonly rows?: boolean;
}

/** How many rows, or what each stands for: such as a `Vocabulary`, whose ids are those of its tokens. */
type Words = number | readonly string[] | { readonly tokens: readonly string[] };

/**
 * The rows of a table, a bag of them at a time: [n, …, bag] of ids gives [n, …, dimension]. Parameter: `table` [vocabulary,
 * dimension]. (The function of tensors is `embeddingBag`.)
 *
 * @param vocabulary how many rows the table has, ≥ 1; or the words that its rows stand for, a list or a `Vocabulary`: the model's
 *   file then keeps them, and `multimodal.encoders(run).words` finds vectors by name.
 * @param dimension how long each is, ≥ 1.
 * @throws SaddlepointError `data` for an id outside the vocabulary, when it is met; `option` for words that are none, or come twice.
 * @example sequential([bagEmbedding(10_000, 64, { padding: 0 }), dense(2)])
 */
export function bagEmbedding(vocabulary: Words, dimension: number, given: BagEmbeddingOptions = {}): Layer {
  checkOptions('bagEmbedding', given, ['mode', 'padding', 'initializer'], ['rows']);
  const words = typeof vocabulary === 'object' && 'tokens' in vocabulary ? vocabulary.tokens : vocabulary;
  const options = words === vocabulary ? given : { padding: 0, ...given };
  const size = typeof words === 'number' ? words : checkWords(words).length;
  checkNumber('bagEmbedding.vocabulary', size, { min: 1, integer: true });
  checkNumber('bagEmbedding.dimension', dimension, { min: 1, integer: true });
  const { mode = 'mean', padding, initializer = randomUniform(), rows = true } = options;
  checkName('bagEmbedding.mode', mode, ['mean', 'sum', 'max']);
  if (padding !== undefined) checkNumber('bagEmbedding.padding', padding, { min: 0, max: size - 1, integer: true });
  return layer(
    'bagEmbedding',
    optionsToJson({ ...options, vocabulary: words, dimension }),
    (x, context) => {
      if (x.shape.length < 2)
        throw layerError('shape', context, `bagEmbedding: expected ids [n, …, bag], got [${x.shape}]`);
      const create = rows ? context.table : context.parameter;
      const table = create('table', [size, dimension], initializer);
      return inLayer(context, () => embeddingBag(table, wholeNumbers(x), { mode, padding }));
    },
    options.name,
  );
}

function checkWords(words: readonly string[]): readonly string[] {
  const wrong = (what: string): never => {
    throw new SaddlepointError(
      'option',
      `bagEmbedding.vocabulary: ${what}`,
      'a number of rows, or a list of different words',
    );
  };
  if (!Array.isArray(words)) wrong(`expected a number or words, got ${show(words)}`);
  const odd = words.findIndex((word) => typeof word !== 'string');
  if (odd >= 0) wrong(`word ${odd} is ${show(words[odd])}`);
  const seen = new Set<string>();
  const twice = words.find((word) => seen.size === seen.add(word).size);
  if (twice !== undefined) wrong(`${show(twice)} comes twice`);
  return words;
}
