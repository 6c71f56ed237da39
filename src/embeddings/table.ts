/** @file Word vectors as the table of an embedding layer, which a model then trains further, or leaves as they are. */
import { checkKnownOptions, checkName, SaddlepointError } from '../core/errors.ts';
import { type Shape, sameShape, showShape } from '../core/shape.ts';
import { PADDING_ID, type Vocabulary } from '../data/text/vocabulary.ts';
import type { WordVectors } from '../io/word-vectors.ts';
import { type EmbeddingOptions, embedding } from '../nn/embedding.ts';
import { type Initializer, randomNormal } from '../nn/initializers.ts';
import type { Layer } from '../nn/layer.ts';

export interface PretrainedOptions extends Omit<EmbeddingOptions, 'initializer'> {
  /** Rows of words that have no vector, the unknown word among them: 'mean' (default) of all vectors, 'zeros', or 'random' ones. */
  readonly missing?: 'mean' | 'zeros' | 'random';
}

/**
 * An embedding layer whose table begins with word vectors, a row for each token of the vocabulary; padding is zeros. It is trained
 * as any other; give its path to `freeze` to keep it as it is. The file of a model holds the table, so that it loads without
 * the vectors.
 *
 * @throws SaddlepointError `data` where no token of the vocabulary has a vector
 * @example
 * const words = embeddings.layer(vectors, vocabulary, { name: 'words', rows: false });
 * await fit(sequential([words, flatten(), dense(2)]), data, { loss, freeze: ['words'] });
 */
export function layer(vectors: WordVectors, vocabulary: Vocabulary, options: PretrainedOptions = {}): Layer {
  const where = 'embeddings.layer';
  checkKnownOptions(where, options, ['missing', 'rows', 'maskId', 'name']);
  const { missing = 'mean', ...rest } = options;
  checkName(`${where}: missing`, missing, ['mean', 'zeros', 'random']);
  const table = tableOf(vectors, vocabulary, missing);
  const shape = [vocabulary.size, vectors.dimensions];
  return embedding(vocabulary.size, vectors.dimensions, { ...rest, initializer: fixed(table, shape) });
}

/** An initializer that is what a file of the layer says: zeros, which the table of the file then replaces. */
function fixed(table: Float32Array, shape: Shape): Initializer {
  return {
    ...{ name: 'zeros', options: {}, spread: () => 0 },
    draw(wanted) {
      if (sameShape(wanted, shape)) return table.slice();
      throw new SaddlepointError(
        'shape',
        `word vectors: a table ${showShape(shape)} cannot begin ${showShape(wanted)}`,
      );
    },
  };
}

/** [vocabulary × dimensions], by the numbers of the vocabulary. */
export function tableOf(
  { words, dimensions, data }: WordVectors,
  vocabulary: Vocabulary,
  missing: 'mean' | 'zeros' | 'random' = 'mean',
): Float32Array {
  const places = new Map<string, number>();
  words.forEach((word, i) => {
    if (!places.has(word)) places.set(word, i);
  });
  const shape = [vocabulary.size, dimensions];
  const table = new Float32Array(vocabulary.size * dimensions);
  if (missing === 'random') table.set(randomNormal().draw(shape, { seed: 0, stream: 0 }));
  if (missing === 'mean') {
    const mean = new Float32Array(dimensions);
    data.forEach((x, i) => {
      mean[i % dimensions] = (mean[i % dimensions] as number) + x / words.length;
    });
    for (let id = 0; id < vocabulary.size; id++) table.set(mean, id * dimensions);
  }
  table.fill(0, PADDING_ID * dimensions, (PADDING_ID + 1) * dimensions);
  let known = 0;
  vocabulary.tokens.forEach((token, id) => {
    const place = places.get(token);
    if (place === undefined) return;
    known++;
    table.set(data.subarray(place * dimensions, (place + 1) * dimensions), id * dimensions);
  });
  if (known === 0)
    throw new SaddlepointError(
      'data',
      `word vectors: none of the ${vocabulary.size} tokens of the vocabulary has a vector`,
      'the words must be written alike in both: mostly small letters',
    );
  return table;
}
