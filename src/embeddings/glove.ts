/** @file GloVe: word vectors whose products are the logarithms of how often words meet (Pennington, Socher & Manning 2014). */
import { vjp } from '../autodiff/grad.ts';
import type { Session } from '../backends/backend.ts';
import { checkDeviceOptions, DEVICE_OPTIONS, type DeviceOptions, openSession } from '../backends/select.ts';
import { checkKnownOptions, checkNumber, must, SaddlepointError } from '../core/errors.ts';
import { randomPermutation, randomUniform, streamOf } from '../core/philox.ts';
import type { Vocabulary } from '../data/text/vocabulary.ts';
import { rowGradientOf } from '../engine/rows.ts';
import { stopError } from '../engine/stop-error.ts';
import { type Program, ProgramBuilder } from '../graph/program.ts';
import { type Tensor, tensor } from '../graph/tensor.ts';
import { mul } from '../ops/elementwise.ts';
import { occurrenceNorm, rowAdagrad } from '../ops/rows.ts';
import { guard } from '../ops/update.ts';
import { nextTurn } from '../train/yield.ts';
import { type CoOccurrences, coOccurrences } from './co-occurrence.ts';
import { corpusOf, type Sentences } from './corpus.ts';
import { gloveLoss } from './loss.ts';
import { type WordEmbeddings, wordEmbeddings } from './vectors.ts';

/** How GloVe learns. */
export interface GloveOptions extends Omit<DeviceOptions, 'onDevice'> {
  /** Which words have vectors; default: those that occur `minCount` times. */
  readonly vocabulary?: Vocabulary;
  /** Default 5. */
  readonly minCount?: number;
  /** Numbers a vector; default 100. */
  readonly dimensions?: number;
  /** Words to both sides; default 10, the paper's. */
  readonly window?: number;
  /** The count from which on a pair weighs 1; default 100. Small texts want 10. */
  readonly cutoff?: number;
  /** Of the weight below; default 0.75. */
  readonly power?: number;
  /** Passes over the pairs; default 25. The paper takes 50 below 300 dimensions. */
  readonly epochs?: number;
  /** AdaGrad's; default 0.05. */
  readonly learningRate?: number;
  /** Pairs a step; default 128. */
  readonly batchSize?: number;
  /** Default 0. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
  /** Called after each epoch with the mean weighted squared error of a pair, ½ as in the authors' program. */
  readonly onEpoch?: (epoch: { readonly epoch: number; readonly loss: number }) => void;
}

const OPTIONS = [
  ...(['vocabulary', 'minCount', 'dimensions', 'window', 'cutoff', 'power', 'epochs', 'learningRate'] as const),
  ...(['batchSize', 'seed', 'signal', 'onEpoch'] as const),
];
const TABLES = ['vectors', 'contexts', 'biases', 'contextBiases'] as const;
const STEPS = 256;
const NAME = 'glove';

/**
 * Learns word vectors from counts of meetings: minimizes ½ Σ f(x)(w · c + b + b′ − ln x)² by AdaGrad, over pairs in random order;
 * a word's vector is the sum of both of its vectors.
 *
 * Otherwise than in the authors' program a step takes `batchSize` pairs, and a step's own squared gradient counts in its
 * denominator; sums of squares begin with 1, as theirs.
 *
 * @throws SaddlepointError `data` where there is nothing to learn from; `option` for what is not legal
 * @see Pennington, Socher & Manning 2014, "GloVe: Global vectors for word representation", eq. 8 and 9.
 * @example const vectors = await embeddings.glove(sentences, { dimensions: 50, cutoff: 10 });
 */
export async function glove(sentences: Sentences, options: GloveOptions = {}): Promise<WordEmbeddings> {
  const where = 'embeddings.glove';
  checkKnownOptions(where, options, [...OPTIONS, ...DEVICE_OPTIONS.filter((name) => name !== 'onDevice')]);
  const whole = (name: string, value: number, max = Number.MAX_SAFE_INTEGER, min = 1): number =>
    checkNumber(`${where}: ${name}`, value, { min, max, integer: true });
  const positive = (name: string, value: number): number =>
    checkNumber(`${where}: ${name}`, value, { min: 0, openMin: true });
  const dimensions = whole('dimensions', options.dimensions ?? 100, 4096);
  const [cutoff, power] = [positive('cutoff', options.cutoff ?? 100), positive('power', options.power ?? 0.75)];
  const learningRate = positive('learningRate', options.learningRate ?? 0.05);
  const [epochs, window] = [whole('epochs', options.epochs ?? 25), whole('window', options.window ?? 10, 1000)];
  const batchSize = whole('batchSize', options.batchSize ?? 128, 2 ** 16);
  const seed = whole('seed', options.seed ?? 0, 2 ** 32 - 1, 0);
  const place = checkDeviceOptions(where, options);
  const corpus = corpusOf(where, sentences, options.vocabulary, whole('minCount', options.minCount ?? 5));
  const pairs = coOccurrences(corpus, window);
  const count = pairs.counts.length;
  if (count === 0)
    throw new SaddlepointError('data', `${where}: no two words meet`, 'give sentences of two known words and more');
  const batch = Math.min(batchSize, count);
  const rows = corpus.words.length + 1;
  const program = stepProgram(batch, rows, dimensions, { cutoff, power });
  const opened = await openSession([program], { ...place, capacity: STEPS });
  using session = opened.session;
  start(session, rows, dimensions, seed);
  session.writeRows(NAME, 'scalars', new Float32Array(STEPS).fill(learningRate));
  for (let epoch = 0; epoch < epochs; epoch++) {
    options.signal?.throwIfAborted();
    const order = randomPermutation(count, seed, streamOf('embeddings/glove/order'), epoch);
    const loss = await pass(session, pairs, order, batch, rows - 1);
    options.onEpoch?.({ epoch: epoch + 1, loss: loss / count });
    await nextTurn();
  }
  const [vectors, contexts] = [await session.read('vectors'), await session.read('contexts')];
  return wordEmbeddings(
    corpus.words,
    dimensions,
    Float32Array.from(vectors, (x, i) => x + (contexts[i] as number)),
    {
      counts: corpus.counts,
    },
  );
}

const widthOf = (table: string, dimensions: number): number => (table.endsWith('iases') ? 1 : dimensions);

function stepProgram(
  batch: number,
  rows: number,
  dimensions: number,
  weights: { cutoff: number; power: number },
): Program {
  const builder = new ProgramBuilder();
  const tables = TABLES.map((name) => builder.block(name, { shape: [rows, widthOf(name, dimensions)], dtype: 'f32' }));
  const squares = TABLES.map((name) =>
    builder.block(`squares ${name}`, { shape: [rows, widthOf(name, dimensions)], dtype: 'f32' }),
  );
  const words = builder.row('words', { shape: [batch], dtype: 'i32' });
  const contexts = builder.row('contexts', { shape: [batch], dtype: 'i32' });
  const counts = builder.row('counts', { shape: [batch], dtype: 'f32' });
  const scalars = builder.row('scalars', { shape: [1], dtype: 'f32' });
  const [w, c, b, d] = tables as [Tensor, Tensor, Tensor, Tensor];
  const found = gloveLoss(
    { vectors: w, contexts: c, biases: b, contextBiases: d },
    { words, contexts, counts },
    weights,
  );
  const loss = mul(0.5, found);
  const gradients = vjp(builder.trace, [loss], [tensor(1)], tables).map((gradient, i) =>
    rowGradientOf(must(gradient, 'a gradient'), TABLES[i] as string),
  );
  const conditions = [loss, ...gradients.map((gradient) => mul(occurrenceNorm(gradient), Math.sqrt(batch)))];
  const guarded = gradients.map((gradient) => ({ ...gradient, vectors: guard(gradient.vectors, conditions) }));
  guarded.forEach((gradient, i) => {
    const attributes = { epsilon: 0, initial: 1 };
    const made = rowAdagrad(tables[i] as Tensor, squares[i] as Tensor, gradient, scalars, attributes);
    builder.commit(TABLES[i] as string, made[0] as Tensor);
    builder.commit(`squares ${TABLES[i]}`, made[1] as Tensor);
  });
  builder.emit('loss', loss);
  return builder.finish(NAME);
}

/** All begin uniform in ±½ / (dimensions + 1), as in the authors' program; the last row, which pads, with zeros. */
function start(session: Session, rows: number, dimensions: number, seed: number): void {
  for (const name of TABLES) {
    const width = widthOf(name, dimensions);
    const table = new Float32Array(rows * width);
    const used = table.subarray(0, (rows - 1) * width);
    randomUniform(used, seed, streamOf(`embeddings/glove/${name}`));
    for (let i = 0; i < used.length; i++) used[i] = ((used[i] as number) - 0.5) / (dimensions + 1);
    session.write(name, table);
  }
}

/** Once over all pairs; returns the sum of their losses. Rows of padding have an error of ln 1 = 0. */
async function pass(
  session: Session,
  pairs: CoOccurrences,
  order: Int32Array,
  batch: number,
  padding: number,
): Promise<number> {
  let loss = 0;
  for (let from = 0; from < order.length; from += STEPS * batch) {
    const picked = order.subarray(from, from + STEPS * batch);
    const steps = Math.ceil(picked.length / batch);
    const words = new Int32Array(steps * batch).fill(padding);
    const contexts = new Int32Array(steps * batch).fill(padding);
    const counts = new Float32Array(steps * batch).fill(1);
    picked.forEach((pair, i) => {
      words[i] = pairs.words[pair] as number;
      contexts[i] = pairs.contexts[pair] as number;
      counts[i] = pairs.counts[pair] as number;
    });
    session.writeRows(NAME, 'words', words);
    session.writeRows(NAME, 'contexts', contexts);
    session.writeRows(NAME, 'counts', counts);
    const { stop } = await session.run(NAME, steps);
    if (stop !== undefined) throw stopError(stop);
    for (const value of await session.readRows(NAME, 'loss', steps)) loss += value;
  }
  return loss;
}
