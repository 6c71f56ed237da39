import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomUniform, streamOf } from '../../src/core/philox.ts';
import { buildVocabulary } from '../../src/data/text/vocabulary.ts';
import { embeddings } from '../../src/index.ts';

/** Sentences of two topics that share no word: words of one topic belong together. */
function topics(sentences: number): string[][] {
  const draws = new Float32Array(sentences * 8);
  randomUniform(draws, 7, streamOf('topics'));
  return Array.from({ length: sentences }, (_, i) =>
    Array.from(
      { length: 8 },
      (_, j) => `${i % 2 === 0 ? 'sea' : 'hill'}${Math.floor((draws[i * 8 + j] as number) * 6)}`,
    ),
  );
}
const text = topics(300);
const small = { dimensions: 12, epochs: 6, subsample: 0, batchSize: 32, seed: 3, learningRate: 0.05 } as const;

/** How many words have a neighbor of their own topic. */
function faithful(vectors: embeddings.WordEmbeddings): number {
  const topicOf = (word: string | undefined): string => (word ?? '').replace(/\d/g, '');
  return vectors.words.filter((word) => topicOf(vectors.nearest(word, 1)[0]?.word) === topicOf(word)).length;
}

describe('embeddings.train', () => {
  for (const options of [
    {},
    { model: 'cbow' },
    { loss: 'hierarchical' },
    { model: 'cbow', loss: 'hierarchical' },
    { subwords: { min: 2, max: 4, buckets: 512 } },
  ] as const) {
    it(`puts words together that stand together: ${JSON.stringify(options)}`, async () => {
      const losses: number[] = [];
      const vectors = await embeddings.train(text, {
        ...small,
        ...options,
        onProgress: ({ loss }) => losses.push(loss),
      });
      expect(vectors.words).toHaveLength(12);
      expect(faithful(vectors)).toBe(12);
      expect(losses.every((loss) => loss > 0)).toBe(true);
    });
  }

  it('gives the same bits for the same seed, on any number of threads, and others for another', async () => {
    const [first, again, threaded, other] = await Promise.all([
      embeddings.train(text, small),
      embeddings.train(text, small),
      embeddings.train(text, { ...small, threads: 2, deterministic: true }),
      embeddings.train(text, { ...small, seed: 4 }),
    ]);
    expect(again.data).toEqual(first.data);
    expect(threaded.data).toEqual((await embeddings.train(text, { ...small, deterministic: true })).data);
    expect(other.data).not.toEqual(first.data);
  });

  it('agrees with double precision', async () => {
    const few = { ...small, epochs: 1 };
    const fast = await embeddings.train(text.slice(0, 20), { ...few, minCount: 1 });
    const exact = await embeddings.train(text.slice(0, 20), { ...few, minCount: 1, device: 'reference' });
    // Some hundred steps of f32 arithmetic on numbers below 1.
    fast.data.forEach((value, i) => {
      expect(Math.abs(value - (exact.data[i] as number))).toBeLessThan(1e-5);
    });
  });

  it('begins with the loss of guessing, ln 2 a candidate, padding left out', async () => {
    const losses: number[] = [];
    await embeddings.train([['a', 'b']], {
      ...{ minCount: 1, epochs: 1, dimensions: 4, negatives: 3, batchSize: 64, subsample: 0 },
      onProgress: ({ loss }) => losses.push(loss),
    });
    expect(losses).toHaveLength(1);
    expect(losses[0]).toBeCloseTo(4 * Math.LN2, 4);
  });

  it('gives vectors to unknown words by their subwords, and without subwords names a near one', async () => {
    const whole = await embeddings.train(text, small);
    expect(whole.has('sea9')).toBe(false);
    expect(() => whole.vector('sea9')).toThrow(/unknown word 'sea9'[\s\S]*did you mean 'sea/);
    const parts = await embeddings.train(text, { ...small, subwords: { min: 2, max: 4, buckets: 512 } });
    expect(parts.nearest('sea9', 1)[0]?.word).toMatch(/^sea/);
    expect(parts.nearest('hills', 1)[0]?.word).toMatch(/^hill/);
  });

  it('takes a vocabulary, whose words it keeps, and stops when it is told to', async () => {
    const vocabulary = buildVocabulary(text, { maxSize: 7 });
    const vectors = await embeddings.train(text, { ...small, epochs: 1, vocabulary });
    expect([...vectors.words].sort()).toEqual(vocabulary.tokens.slice(2).sort());
    await expect(embeddings.train(text, { ...small, signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  });

  it('refuses texts that nothing can be learned from', async () => {
    await expect(embeddings.train([], small)).rejects.toThrow(/no token occurs 5 times/);
    await expect(embeddings.train(['a'], { minCount: 1 })).rejects.toThrow(/1 word with a count, at least 2 expected/);
    await expect(embeddings.train(new Array(100).fill('a'))).rejects.toThrow(/1 word with a count/);
    await expect(embeddings.train('a text' as never)).rejects.toThrow(/tokenizer\(\)/);
    await expect(embeddings.train([['a'], ['b', 3]] as never)).rejects.toThrow(/word 1 of sentence 1 is 3/);
    const other = buildVocabulary([['x', 'y']]);
    await expect(embeddings.train(text, { vocabulary: other })).rejects.toThrow(
      /0 of the 2400 words are in the vocabulary/,
    );
  });

  it('refuses options outside their ranges, and huge tables, before anything is allocated', async () => {
    const wrong: [embeddings.EmbeddingOptions, RegExp][] = [
      [{ window: 0 }, /window.*0/],
      [{ dimensions: 2 ** 40 }, /dimensions.*4096/],
      [{ subwords: { buckets: 2 ** 40 } }, /buckets/],
      [{ negatives: 1e9 }, /negatives/],
      [{ learningRate: 0 }, /learningRate/],
      [{ model: 'skip' as never }, /skipgram/],
      [{ epoch: 3 } as never, /did you mean 'epochs'/],
      [{ minCount: 2, vocabulary: buildVocabulary(text) }, /minCount/],
    ];
    for (const [options, message] of wrong) await expect(embeddings.train(text, options)).rejects.toThrow(message);
    const large = { subwords: { buckets: 2 ** 24 }, dimensions: 4096 };
    await expect(embeddings.train(text, large)).rejects.toThrow(/memory|bytes|GiB/i);
  });

  it('makes no example of sentences of one word', async () => {
    const vectors = await embeddings.train([['a'], ['b']], { minCount: 1, epochs: 2, dimensions: 3 });
    expect(vectors.words).toEqual(['a', 'b']);
  });
});

describe('embeddings.glove', () => {
  it('puts words together that stand together, and its loss falls', async () => {
    const losses: number[] = [];
    const vectors = await embeddings.glove(text, {
      dimensions: 8,
      epochs: 20,
      onEpoch: ({ loss }) => losses.push(loss),
    });
    expect(faithful(vectors)).toBe(12);
    expect(losses).toHaveLength(20);
    expect(losses.at(-1)).toBeLessThan((losses[0] as number) / 2);
    await expect(embeddings.glove([['a'], ['b']], { minCount: 1 })).rejects.toThrow(/no two words meet/);
  });
});

describe('files', () => {
  it('keep words and numbers', async () => {
    const { readWordVectors, writeWordVectors } = await import('../../src/io/word-vectors.ts');
    const vectors = await embeddings.train(text, { ...small, epochs: 1 });
    fc.assert(
      fc.property(fc.constantFrom('word2vec-text', 'word2vec-binary', 'glove'), (format) => {
        const read = embeddings.from(readWordVectors(writeWordVectors(vectors, { format }), { format }));
        expect(read.words).toEqual(vectors.words);
        expect(read.data).toEqual(vectors.data);
      }),
      { numRuns: 3 },
    );
  });
});
