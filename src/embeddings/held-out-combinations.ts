/**
 * @file Whether a code lets a network recognize a combination of properties that it was never shown: one neuron a combination
 * (localist) against one a property (distributed), as in Hinton, McClelland & Rumelhart 1986 ("Distributed representations", PDP
 * chapter 3) and Bengio et al. 2003.
 */
import { checkKnownOptions, checkNumber, SaddlepointError, show } from '../core/errors.ts';
import { randomPermutation, streamOf } from '../core/philox.ts';
import type { ClassPrediction, Prediction } from '../data/answers.ts';
import { type Tensor, tensor } from '../graph/tensor.ts';
import { dense } from '../nn/dense.ts';
import { binaryCrossEntropy } from '../nn/losses/binary-cross-entropy.ts';
import { crossEntropy } from '../nn/losses/cross-entropy.ts';
import type { Loss } from '../nn/losses/loss.ts';
import { sequential } from '../nn/sequential.ts';
import { adam } from '../optim/adam.ts';
import { fit } from '../train/fit.ts';

/** Rows of numbers with the properties of each, 0 or 1. */
export interface AttributeRows {
  /** [rows × width] */
  readonly x: Float32Array;
  readonly width: number;
  /** A list of k properties for each row. */
  readonly attributes: readonly (readonly number[])[];
}

export interface HeldOutOptions {
  /** Combinations that training does not see: properties of each, such as [[1, 1, 0]]; or how many, drawn by the seed. */
  readonly withheld: number | readonly (readonly number[])[];
  /** Units of the hidden layer (ReLU); default 64. 0: linear. */
  readonly hidden?: number;
  /** Default 20. */
  readonly epochs?: number;
  /** Default 64. */
  readonly batchSize?: number;
  /** Adam's; default 3e-3. */
  readonly learningRate?: number;
  /** Default 0. */
  readonly seed?: number;
}

/** Shares of rows of which every property was recognized. */
export interface CodeScores {
  /** Among rows of combinations that training did not see. */
  readonly unseen: number;
  /** Among those of combinations that it saw; NaN where the test has none. */
  readonly seen: number;
}

/** What came of each code. */
export interface HeldOutResult {
  /** Softmax over the 2ᵏ combinations: it can only answer with one that it was shown. */
  readonly localist: CodeScores;
  /** k sigmoids. */
  readonly distributed: CodeScores;
  readonly withheld: readonly (readonly number[])[];
}

/** More properties have more combinations than a localist code can hold. */
const MOST = 12;

/**
 * Trains the same network twice, once with each code, on the rows whose combination is not withheld, and tests both. Inputs are
 * centered by the training rows' means.
 *
 * A distributed code is not enough by itself: what carries over to a new combination is what the training combinations make
 * independent of the rest.
 *
 * @param data rows to train on (those of withheld combinations are left out) and rows to test with.
 * @throws SaddlepointError `data`: rows that do not fit, no row left to train on, none withheld to test with; `option` otherwise
 * @example
 * const { localist, distributed } = await embeddings.heldOutCombinations({ train, test }, { withheld: [[1, 1, 0]] });
 */
export async function heldOutCombinations(
  data: { readonly train: AttributeRows; readonly test: AttributeRows },
  options: HeldOutOptions,
): Promise<HeldOutResult> {
  const where = 'heldOutCombinations';
  checkKnownOptions(where, options, ['withheld', 'hidden', 'epochs', 'batchSize', 'learningRate', 'seed']);
  const { hidden = 64, epochs = 20, batchSize = 64, learningRate = 3e-3, seed = 0 } = options;
  checkNumber(`${where}: hidden`, hidden, { min: 0, integer: true });
  const k = checkRows(`${where}: train`, data.train, undefined);
  checkRows(`${where}: test`, data.test, k);
  const withheld = withheldOf(where, options.withheld, k, seed);
  const isWithheld = (row: readonly number[]): boolean => withheld.has(numberOf(row));
  const shown = picked(data.train, (row) => !isWithheld(row));
  const [unseen, seen] = [picked(data.test, isWithheld), picked(data.test, (row) => !isWithheld(row))];
  for (const [name, { attributes }] of [
    ['train', shown],
    ['test', unseen],
  ] as const)
    if (attributes.length === 0)
      throw new SaddlepointError(
        'data',
        `${where}: no row is left to ${name === 'train' ? 'train on' : 'test with: none has a withheld combination'}`,
      );
  const mean = meanOf(shown);
  /** The network with so many outputs, and its answers for rows: [rows][outputs]. */
  const trained = async (outputs: number, targets: (row: readonly number[]) => readonly number[], loss: Loss) => {
    const layers = hidden === 0 ? [dense(outputs)] : [dense(hidden, { activation: 'relu' }), dense(outputs)];
    const y = tensor(Float32Array.from(shown.attributes.flatMap(targets)), [shown.attributes.length, outputs]);
    const run = await fit(
      sequential(layers),
      { x: centered(shown, mean), y },
      { loss, optimizer: adam({ learningRate }), epochs, batchSize, seed, standardize: false, progress: false },
    );
    return async (rows: AttributeRows): Promise<number[][]> =>
      ((await run.predict(centered(rows, mean))) as Prediction[]).map(numbersOf);
  };
  const oneHot = (row: readonly number[]): number[] => {
    const targets = new Array<number>(2 ** k).fill(0);
    targets[numberOf(row)] = 1;
    return targets;
  };
  const combinations = await trained(2 ** k, oneHot, crossEntropy());
  const properties = await trained(k, (row) => row, binaryCrossEntropy());
  const isCombination = (output: readonly number[], row: readonly number[]): boolean =>
    output.indexOf(Math.max(...output)) === numberOf(row);
  const isEvery = (output: readonly number[], row: readonly number[]): boolean =>
    row.every((value, j) => (output[j] as number) > 0.5 === (value === 1));
  const scored = async (predict: typeof properties, rows: AttributeRows, isRight: typeof isEvery): Promise<number> => {
    if (rows.attributes.length === 0) return Number.NaN;
    const outputs = await predict(rows);
    return rows.attributes.filter((row, i) => isRight(outputs[i] as number[], row)).length / outputs.length;
  };
  return {
    localist: {
      unseen: await scored(combinations, unseen, isCombination),
      seen: await scored(combinations, seen, isCombination),
    },
    distributed: {
      unseen: await scored(properties, unseen, isEvery),
      seen: await scored(properties, seen, isEvery),
    },
    withheld: [...withheld].map((number) => Array.from({ length: k }, (_, j) => (number >> j) & 1)),
  };
}

/** The numbers of an answer: of classes by falling name they are probabilities in the order of the outputs. */
function numbersOf(answer: Prediction): number[] {
  if (typeof answer === 'number') return [answer];
  if (Array.isArray(answer)) return answer as number[];
  return Object.values((answer as ClassPrediction).probabilities);
}

/** Bit j is property j. */
const numberOf = (row: readonly number[]): number => row.reduce((sum, value, j) => sum + value * 2 ** j, 0);

function checkRows(where: string, rows: AttributeRows, expected: number | undefined): number {
  const { x, width, attributes } = rows;
  const k = expected ?? attributes?.[0]?.length ?? 0;
  if (!(k >= 1 && k <= MOST))
    throw new SaddlepointError('data', `${where}: ${k} properties a row, 1 to ${MOST} expected`);
  const odd = attributes.findIndex((row) => row.length !== k || row.some((value) => value !== 0 && value !== 1));
  if (odd >= 0)
    throw new SaddlepointError(
      'data',
      `${where}: the properties of row ${odd} are ${show(attributes[odd])}, ${k} of 0 or 1 expected`,
    );
  if (x.length !== width * attributes.length)
    throw new SaddlepointError('data', `${where}: ${x.length} numbers, but ${attributes.length} rows of ${width}`);
  return k;
}

function withheldOf(where: string, given: HeldOutOptions['withheld'], k: number, seed: number): Set<number> {
  if (typeof given === 'number') {
    const count = checkNumber(`${where}: withheld`, given, { min: 1, max: 2 ** k - 1, integer: true });
    return new Set(randomPermutation(2 ** k, seed, streamOf('heldOutCombinations')).subarray(0, count));
  }
  if (!Array.isArray(given) || given.length === 0 || given.some((row) => !Array.isArray(row) || row.length !== k))
    throw new SaddlepointError(
      'option',
      `${where}: withheld: expected a number or lists of ${k} properties, got ${show(given)}`,
    );
  return new Set(given.map(numberOf));
}

function picked({ x, width, attributes }: AttributeRows, isWanted: (row: readonly number[]) => boolean): AttributeRows {
  const rows = [...attributes.keys()].filter((i) => isWanted(attributes[i] as readonly number[]));
  const values = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    values.set(x.subarray(row * width, (row + 1) * width), i * width);
  });
  return { x: values, width, attributes: rows.map((row) => attributes[row] as readonly number[]) };
}

function meanOf({ x, width }: AttributeRows): Float64Array {
  const mean = new Float64Array(width);
  x.forEach((value, i) => {
    mean[i % width] = (mean[i % width] as number) + (value * width) / x.length;
  });
  return mean;
}

const centered = ({ x, width, attributes }: AttributeRows, mean: Float64Array): Tensor =>
  tensor(
    x.map((value, i) => value - (mean[i % width] as number)),
    [attributes.length, width],
  );
