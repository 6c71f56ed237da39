/** @file The options of learning word vectors. */
import { checkDeviceOptions, DEVICE_OPTIONS, type DeviceOptions } from '../backends/select.ts';
import { checkKnownOptions, checkName, checkNumber, SaddlepointError, show } from '../core/errors.ts';
import type { Vocabulary } from '../data/text/vocabulary.ts';
import { SUBWORD_DEFAULTS, type SubwordOptions } from './subwords.ts';

/** What a run of word vectors tells while it goes on. */
export interface EmbeddingProgress {
  /** From 1. */
  readonly epoch: number;
  /** Share of the words that have been read, 0 … 1. */
  readonly progress: number;
  /** Nats an example, over the steps since the last call. */
  readonly loss: number;
  /** Of the last step. */
  readonly learningRate: number;
  readonly seconds: number;
}

export interface EmbeddingOptions extends Omit<DeviceOptions, 'onDevice'> {
  /** Which words have vectors, and how often they occur; default: those that occur `minCount` times in the text. */
  readonly vocabulary?: Vocabulary;
  /** Words that occur less often are left out; default 5. Not beside `vocabulary`. */
  readonly minCount?: number;
  /**
   * 'skipgram' (default): a word predicts each word around it. 'cbow': the mean of the words around it predicts a word, which takes
   * a few times less long, and does worse for rare words.
   */
  readonly model?: 'skipgram' | 'cbow';
  /** 'negative' (default): the right word among noise. 'hierarchical': the turns through a Huffman tree, without noise. */
  readonly loss?: 'negative' | 'hierarchical';
  /** Numbers a vector; default 100. */
  readonly dimensions?: number;
  /** Words to both sides at most: each word's window is drawn from 1 … window, so near words count more. Default 5. */
  readonly window?: number;
  /** Noise words an example, default 5: 5 to 20 for small texts, 2 to 5 for large ones. */
  readonly negatives?: number;
  /** Noise words are drawn by countᵖ; default 0.75. 0: all alike. 1: by count. */
  readonly power?: number;
  /** t of √(t / f) + t / f, by which occurrences of words that are more than t of all are kept; default 1e-3, 0 keeps all. */
  readonly subsample?: number;
  /** Vectors are means of the word's own and its n-grams', so that unknown words have some; default false. True: 3 to 6, 2¹⁷. */
  readonly subwords?: boolean | SubwordOptions;
  /** Passes over the text; default 5. */
  readonly epochs?: number;
  /** Of the first step, default 0.025 for 'skipgram' and 0.05 for 'cbow': it falls linearly with the words read, as in word2vec.c. */
  readonly learningRate?: number;
  /** Of the last step; default 1e-4. */
  readonly finalLearningRate?: number;
  /** Examples whose gradients are summed in a step; default 128. See docs/adr/021. */
  readonly batchSize?: number;
  /** Default 0. The same seed gives the same vectors. */
  readonly seed?: number;
  /** Ends the run with an AbortError. */
  readonly signal?: AbortSignal;
  /** Called about ten times a second, and at the end. */
  readonly onProgress?: (progress: EmbeddingProgress) => void;
}

const OWN = [
  ...(['vocabulary', 'minCount', 'model', 'loss', 'dimensions', 'window', 'negatives', 'power', 'subsample'] as const),
  ...([
    'subwords',
    'epochs',
    'learningRate',
    'finalLearningRate',
    'batchSize',
    'seed',
    'signal',
    'onProgress',
  ] as const),
];

/** The most examples, dimensions and so on that a mistake may ask for. */
const MOST = { dimensions: 4096, window: 100, negatives: 1000, buckets: 2 ** 24, batchSize: 2 ** 16 } as const;

export type CheckedEmbeddingOptions = ReturnType<typeof checkEmbeddingOptions>;

export function checkEmbeddingOptions(where: string, options: EmbeddingOptions) {
  checkKnownOptions(where, options, [...OWN, ...DEVICE_OPTIONS.filter((name) => name !== 'onDevice')]);
  const at = (name: string): string => `${where}: ${name}`;
  const whole = (name: string, value: number, min: number, max = Number.MAX_SAFE_INTEGER): number =>
    checkNumber(at(name), value, { min, max, integer: true });
  const { vocabulary, minCount, signal, onProgress } = options;
  if (vocabulary !== undefined && minCount !== undefined)
    throw new SaddlepointError('option', `${at('minCount')}: the vocabulary has been made`, 'give one of the two');
  if (vocabulary !== undefined && !Array.isArray(vocabulary?.tokens))
    throw new SaddlepointError('option', `${at('vocabulary')}: ${show(vocabulary)}`, 'make one with buildVocabulary()');
  const model = checkName(at('model'), options.model ?? 'skipgram', ['skipgram', 'cbow']);
  const learningRate = options.learningRate ?? (model === 'cbow' ? 0.05 : 0.025);
  const finalLearningRate = options.finalLearningRate ?? Math.min(1e-4, learningRate);
  checkNumber(at('learningRate'), learningRate, { min: 0, openMin: true });
  checkNumber(at('finalLearningRate'), finalLearningRate, { min: 0, max: learningRate });
  return {
    ...{ vocabulary, model, learningRate, finalLearningRate, signal, onProgress },
    place: checkDeviceOptions(where, options),
    minCount: whole('minCount', minCount ?? 5, 1),
    loss: checkName(at('loss'), options.loss ?? 'negative', ['negative', 'hierarchical']),
    dimensions: whole('dimensions', options.dimensions ?? 100, 1, MOST.dimensions),
    window: whole('window', options.window ?? 5, 1, MOST.window),
    negatives: whole('negatives', options.negatives ?? 5, 1, MOST.negatives),
    power: checkNumber(at('power'), options.power ?? 0.75, { min: -1, max: 2 }),
    subsample: checkNumber(at('subsample'), options.subsample ?? 1e-3, { min: 0, max: 1 }),
    subwords: checkSubwords(where, options.subwords ?? false),
    epochs: whole('epochs', options.epochs ?? 5, 1),
    batchSize: whole('batchSize', options.batchSize ?? 128, 1, MOST.batchSize),
    seed: whole('seed', options.seed ?? 0, 0, 2 ** 32 - 1),
  };
}

function checkSubwords(where: string, given: boolean | SubwordOptions): Required<SubwordOptions> | undefined {
  if (given === false) return undefined;
  if (given !== true && (typeof given !== 'object' || given === null))
    throw new SaddlepointError(
      'option',
      `${where}: subwords: expected true, false or { min, max, buckets }, got ${show(given)}`,
    );
  const options = given === true ? {} : given;
  checkKnownOptions(`${where}: subwords`, options, ['min', 'max', 'buckets']);
  const { min, max, buckets } = { ...SUBWORD_DEFAULTS, ...options };
  checkNumber(`${where}: subwords.min`, min, { min: 1, max: 64, integer: true });
  checkNumber(`${where}: subwords.max`, max, { min, max: 64, integer: true });
  checkNumber(`${where}: subwords.buckets`, buckets, { min: 1, max: MOST.buckets, integer: true });
  return { min, max, buckets };
}
