/** @file Learning word vectors from a text: the loop over the steps of a run. */
import type { Session } from '../backends/backend.ts';
import { openSession } from '../backends/select.ts';
import { randomUniform, streamOf } from '../core/philox.ts';
import { stopError } from '../engine/stop-error.ts';
import { nextTurn, SLICE_MS } from '../train/yield.ts';
import { type Corpus, corpusOf, type Sentences } from './corpus.ts';
import { Examples } from './examples.ts';
import { hierarchicalSoftmax, negativeSampling } from './objective.ts';
import { type CheckedEmbeddingOptions, checkEmbeddingOptions, type EmbeddingOptions } from './options.ts';
import { STEP, type StepShape, stepProgram } from './program.ts';
import { keepProbabilities } from './sampling.ts';
import { type SubwordTable, subwordParts } from './subword-table.ts';
import { type WordEmbeddings, wordEmbeddings } from './vectors.ts';

/** Bytes of the tables of one call: so many steps that a call costs nothing beside them, so few that memory and pages bear it. */
const CALL_BYTES = 2 ** 20;
const MOST_STEPS = 256;
/** Between two reports. */
const REPORT_MS = 100;

/**
 * Learns a vector for each word from the words around it (Mikolov et al. 2013a, arXiv 1301.3781; 2013b, 1310.4546): words that are
 * used alike come to lie together, and what sets pairs of them apart becomes a direction.
 *
 * Steps sum the gradients of `batchSize` examples, where word2vec.c changes the tables after each: see docs/adr/021 for what that
 * does to the result. Noise that hits the right word is drawn anew. The rest is as in word2vec.c: windows, subsampling, Huffman's
 * tree, the fall of the learning rate, and the start, uniform in ±½ / dimensions beside zeros. Subwords are fastText's (Bojanowski
 * et al. 2017), at the learning rate of the model.
 *
 * @param sentences the words of a text, or lists of them; no window reaches over the end of a list.
 * @returns the vectors, in order of falling count, with what can be asked of them.
 * @throws SaddlepointError `data` where there is nothing to learn from; `option` for what is not legal; `numeric` if the loss is
 *   not finite, mostly from too large a learning rate.
 * @example
 * const vectors = await embeddings.train(sentences, { dimensions: 50, epochs: 10 });
 * vectors.nearest('king'); // [{ word: 'queen', score: 0.71 }, …]
 */
export async function train(sentences: Sentences, options: EmbeddingOptions = {}): Promise<WordEmbeddings> {
  const checked = checkEmbeddingOptions('embeddings.train', options);
  checked.signal?.throwIfAborted();
  const corpus = corpusOf('embeddings.train', sentences, checked.vocabulary, checked.minCount);
  const subwords = checked.subwords && subwordParts(corpus.words, checked.subwords);
  const run = planOf(corpus, checked, subwords);
  const { session } = await openSession([stepProgram(run.shape)], { ...checked.place, capacity: run.steps });
  using held = session;
  start(held, run.shape, checked.seed);
  await loop(held, run, corpus, checked);
  const table = (await held.read(STEP.inputs)) as Float32Array;
  return wordEmbeddings(corpus.words, checked.dimensions, table, { counts: corpus.counts, subwords });
}

interface Run {
  readonly shape: StepShape;
  /** In one call. */
  readonly steps: number;
  readonly examples: Examples;
}

function planOf(corpus: Corpus, checked: CheckedEmbeddingOptions, subwords: SubwordTable | undefined): Run {
  const { model, window, epochs, seed, dimensions, negatives, power } = checked;
  const objective =
    checked.loss === 'negative'
      ? negativeSampling(corpus.counts, negatives, power)
      : hierarchicalSoftmax(corpus.counts);
  const own = subwords === undefined ? 1 : Math.max(...new Set(subwords.parts.map(({ length }) => length)));
  const bag = own * (model === 'cbow' ? 2 * window : 1);
  const inputPadding = subwords?.rows ?? corpus.words.length;
  const numbers = (bag > 1 ? 2 : 1) * bag + (objective.hasTargets ? 2 : 1) * objective.candidates;
  // No step of a small text shall be padding for the most part.
  const batch = Math.min(checked.batchSize, Math.max(1, corpus.ids.length));
  const steps = Math.max(1, Math.min(MOST_STEPS, Math.floor(CALL_BYTES / (4 * numbers * batch))));
  const keep = keepProbabilities(corpus.counts, checked.subsample);
  const examples = new Examples(
    corpus,
    { ...{ model, window, epochs, seed, objective, inputPadding, bag, keep }, parts: subwords?.parts },
    steps * batch,
  );
  const shape = {
    ...{ examples: batch, bag, candidates: objective.candidates, hasTargets: objective.hasTargets, dimensions },
    ...{ inputRows: inputPadding + 1, outputRows: objective.rows + 1 },
  };
  return { shape, steps, examples };
}

/** Input vectors begin uniform in ±½ / dimensions; output vectors, and the row that pads, with zeros. */
function start(session: Session, { inputRows, dimensions }: StepShape, seed: number): void {
  const table = new Float32Array(inputRows * dimensions);
  const used = table.subarray(0, (inputRows - 1) * dimensions);
  randomUniform(used, seed, streamOf('embeddings/inputs'));
  for (let i = 0; i < used.length; i++) used[i] = ((used[i] as number) - 0.5) / dimensions;
  session.write(STEP.inputs, table);
}

async function loop(
  session: Session,
  { shape, steps, examples }: Run,
  corpus: Corpus,
  { epochs, learningRate, finalLearningRate, signal, onProgress }: CheckedEmbeddingOptions,
): Promise<void> {
  const total = corpus.ids.length * epochs;
  const batch = shape.examples;
  const scalars = new Float32Array(steps * 2);
  const began = performance.now();
  let [turned, reported, loss, seen] = [began, began, 0, 0];
  for (;;) {
    const found = examples.fill(steps * batch);
    if (found === 0) break;
    const wanted = Math.ceil(found / batch);
    const padding = wanted * batch - found;
    if (padding > 0) examples.pad(wanted * batch);
    for (let i = 0; i < wanted; i++) {
      const share = (examples.progress[i * batch] as number) / total;
      scalars[2 * i] = learningRate + (finalLearningRate - learningRate) * share;
    }
    writeRows(session, shape, examples, wanted);
    session.writeRows(STEP.program, STEP.scalars, scalars.subarray(0, 2 * wanted));
    const { stop } = await session.run(STEP.program, wanted);
    if (stop !== undefined) throw stopError(stop);
    examples.take(wanted * batch);
    const losses = (await session.readRows(STEP.program, STEP.loss, wanted)) as Float32Array;
    // A row of padding loses ln 2 for each of its candidates, which are as likely as not; so does a way that is filled up.
    loss += losses.reduce((sum, value) => sum + value, 0) - padding * shape.candidates * Math.LN2;
    seen += found;
    const now = performance.now();
    const isLast = found < steps * batch;
    if (onProgress !== undefined && (isLast || now - reported >= REPORT_MS)) {
      onProgress({
        ...{ epoch: Math.min(examples.epoch, epochs), progress: examples.read / total, loss: loss / seen },
        ...{ learningRate: scalars[2 * (wanted - 1)] as number, seconds: (now - began) / 1000 },
      });
      [reported, loss, seen] = [now, 0, 0];
    }
    if (now - turned >= SLICE_MS) {
      await nextTurn();
      turned = performance.now();
      signal?.throwIfAborted();
    }
    if (isLast) break;
  }
}

function writeRows(session: Session, shape: StepShape, examples: Examples, steps: number): void {
  const rows = steps * shape.examples;
  session.writeRows(STEP.program, STEP.bag, examples.inputs.subarray(0, rows * shape.bag));
  session.writeRows(STEP.program, STEP.candidates, examples.candidates.subarray(0, rows * shape.candidates));
  if (shape.bag > 1) session.writeRows(STEP.program, STEP.shares, examples.shares.subarray(0, rows * shape.bag));
  if (shape.hasTargets)
    session.writeRows(STEP.program, STEP.targets, examples.targets.subarray(0, rows * shape.candidates));
}
