/**
 * @file The examples of a run, made by the host into the rows of a step's tables: each pass leaves out frequent words anew and draws
 * windows and noise anew, as word2vec.c does.
 */
import { streamOf } from '../core/philox.ts';
import { RandomWords } from '../core/random-words.ts';
import type { Corpus } from './corpus.ts';
import type { Objective } from './objective.ts';

export interface ExampleOptions {
  readonly model: 'skipgram' | 'cbow';
  readonly window: number;
  readonly epochs: number;
  readonly seed: number;
  /** The probability with which each word's occurrences are kept. */
  readonly keep: Float64Array;
  readonly objective: Objective;
  /** The rows of the input table whose mean stands for each word; undefined: the word's own alone. */
  readonly parts: readonly Int32Array[] | undefined;
  /** The row of zeros of the input table, and that of the output table. */
  readonly inputPadding: number;
  /** Rows of the input table that make one hidden layer, at most. */
  readonly bag: number;
}

/** 2³² */
const WORDS = 4294967296;

/** Example after example. Rows are kept at the front of the arrays; `take` gives the first of them up. */
export class Examples {
  /** [rows, bag] */
  readonly inputs: Int32Array;
  /** [rows, bag]: how much each input counts, 0 for padding; they sum to 1. */
  readonly shares: Float32Array;
  /** [rows, candidates] */
  readonly candidates: Int32Array;
  /** [rows, candidates] */
  readonly targets: Float32Array;
  /** [rows]: words of the corpus that had been read, over all epochs. */
  readonly progress: Float64Array;
  readonly #corpus: Corpus;
  readonly #options: ExampleOptions;
  readonly #random: RandomWords;
  readonly #capacity: number;
  #rows = 0;
  #epoch = -1;
  #sentence = 0;
  /** What is kept of the sentence, and the next word of it that predicts. */
  #kept: Int32Array;
  #length = 0;
  #at = 0;
  #read = 0;

  /** @param capacity the most rows that `fill` is asked for */
  constructor(corpus: Corpus, options: ExampleOptions, capacity: number) {
    const { bag, objective, window, seed } = options;
    this.#corpus = corpus;
    this.#options = options;
    this.#random = new RandomWords(seed, streamOf('embeddings/examples'));
    // A word makes all its examples at once.
    this.#capacity = capacity + 2 * window;
    this.inputs = new Int32Array(this.#capacity * bag);
    this.shares = new Float32Array(bag > 1 ? this.#capacity * bag : 0);
    this.candidates = new Int32Array(this.#capacity * objective.candidates);
    this.targets = new Float32Array(objective.hasTargets ? this.#capacity * objective.candidates : 0);
    this.progress = new Float64Array(this.#capacity);
    let longest = 0;
    corpus.ends.forEach((end, i) => {
      longest = Math.max(longest, end - (corpus.ends[i - 1] ?? 0));
    });
    this.#kept = new Int32Array(longest);
    this.#nextEpoch();
  }

  /** Passes begun, from 1. */
  get epoch(): number {
    return this.#epoch + 1;
  }

  /** Words read, over all epochs. */
  get read(): number {
    return this.#read;
  }

  /** Makes as many rows, or fewer where the last pass ends; returns how many there are. */
  fill(rows: number): number {
    while (this.#rows < rows) {
      if (this.#at < this.#length) this.#predict(this.#at++);
      else if (!this.#nextSentence()) break;
    }
    return Math.min(this.#rows, rows);
  }

  /** Gives up the first rows. */
  take(rows: number): void {
    const { bag, objective } = this.#options;
    const left = this.#rows - rows;
    for (const [list, width] of [
      ...([
        [this.inputs, bag],
        [this.shares, bag],
        [this.candidates, objective.candidates],
      ] as const),
      ...([
        [this.targets, objective.candidates],
        [this.progress, 1],
      ] as const),
    ]) {
      if (list.length > 0) list.copyWithin(0, rows * width, this.#rows * width);
    }
    this.#rows = left;
  }

  /** Fills up with rows that change nothing: sums of nothing, for the last step. */
  pad(rows: number): void {
    const { bag, objective, inputPadding } = this.#options;
    const { candidates } = objective;
    this.inputs.fill(inputPadding, this.#rows * bag, rows * bag);
    this.shares.fill(0, this.#rows * bag, rows * bag);
    this.candidates.fill(objective.rows, this.#rows * candidates, rows * candidates);
    this.targets.fill(0.5, this.#rows * candidates, rows * candidates);
    this.progress.fill(this.#read, this.#rows, rows);
    this.#rows = rows;
  }

  #nextEpoch(): boolean {
    this.#epoch++;
    this.#sentence = 0;
    this.#random.restart(this.#epoch);
    return this.#epoch < this.#options.epochs;
  }

  #nextSentence(): boolean {
    const { ids, ends } = this.#corpus;
    if (this.#sentence === ends.length && !this.#nextEpoch()) return false;
    const { keep } = this.#options;
    const start = ends[this.#sentence - 1] ?? 0;
    const end = ends[this.#sentence++] as number;
    let length = 0;
    for (let i = start; i < end; i++) {
      const word = ids[i] as number;
      const chance = keep[word] as number;
      if (chance >= 1 || this.#random.next() < chance * WORDS) this.#kept[length++] = word;
    }
    this.#read += end - start;
    this.#length = length;
    this.#at = 0;
    return true;
  }

  /** The examples of the word at one place: its window reaches 1 … `window` words to both sides. */
  #predict(at: number): void {
    const { model, window } = this.#options;
    const reach = 1 + this.#random.below(window);
    const from = Math.max(0, at - reach);
    const to = Math.min(this.#length, at + reach + 1);
    if (to - from < 2) return;
    if (model === 'cbow') return void this.#add(from, to, at, this.#kept[at] as number);
    for (let i = from; i < to; i++) if (i !== at) this.#add(at, at + 1, -1, this.#kept[i] as number);
  }

  /** One example: the words of the places from … to − 1, but for `without`, predict `word`. */
  #add(from: number, to: number, without: number, word: number): void {
    const { bag, parts, objective, inputPadding } = this.#options;
    const row = this.#rows++;
    const { inputs, shares } = this;
    if (bag === 1) inputs[row] = this.#kept[from] as number;
    else {
      const start = row * bag;
      let place = start;
      for (let i = from; i < to; i++) {
        if (i === without) continue;
        const given = this.#kept[i] as number;
        const own = parts?.[given];
        if (own === undefined) inputs[place++] = given;
        else for (let j = 0; j < own.length; j++) inputs[place++] = own[j] as number;
      }
      shares.fill(1 / (place - start), start, place);
      shares.fill(0, place, start + bag);
      inputs.fill(inputPadding, place, start + bag);
    }
    objective.write(word, this.candidates, this.targets, row * objective.candidates, this.#random);
    this.progress[row] = this.#read;
  }
}
