/** @file The small real data that the experiments share, in one fixed order and split. */
import { readFileSync } from 'node:fs';
import { readMnist, SIDE } from './mnist-data.ts';

/** Rows of equal width, one behind the other, and a class for each. */
export interface Rows {
  readonly x: Float32Array;
  readonly y: Int32Array;
  /** Numbers a row. */
  readonly width: number;
}

export interface Split {
  readonly train: Rows;
  readonly test: Rows;
}

/** The order in which rows are split. */
const SEED = 1;

/**
 * The first 10,000 training digits of MNIST, 28 × 28 in [0, 1], shuffled: 8,000 to train on, 2,000 to test with. Their mean is
 * 0.1311, their standard deviation 0.3087.
 */
export function digits28(): Split {
  const { train } = readMnist();
  const pixels = SIDE * SIDE;
  const x = Float32Array.from(train.x.subarray(0, 10_000 * pixels), (byte) => byte / 255);
  return split({ x, y: Int32Array.from(train.y.subarray(0, 10_000)), width: pixels }, 8000);
}

/** 1,797 digits of 8 × 8 pixels, 0 … 16, as they lie in the file. */
export function digits8(): Rows {
  return readTable('digits8.csv');
}

/** 178 wines of three kinds, 13 measurements, shuffled: 120 to train on, 58 to test with. */
export function wine(): Split {
  return split(readTable('wine.csv'), 120);
}

/** The same rows after (x − mean) / deviation, one mean and one deviation for all numbers of the training rows. */
export function standardizedGlobally({ train, test }: Split): Split {
  const mean = train.x.reduce((sum, value) => sum + value, 0) / train.x.length;
  const deviation = Math.sqrt(train.x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / train.x.length);
  const scaled = (rows: Rows): Rows => ({ ...rows, x: rows.x.map((value) => (value - mean) / deviation) });
  return { train: scaled(train), test: scaled(test) };
}

/** Some of the rows, in the order asked for. */
export function pick({ x, y, width }: Rows, rows: ArrayLike<number>): Rows {
  const picked = { x: new Float32Array(rows.length * width), y: new Int32Array(rows.length), width };
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    picked.x.set(x.subarray(row * width, (row + 1) * width), i * width);
    picked.y[i] = y[row] as number;
  }
  return picked;
}

function split(rows: Rows, count: number): Split {
  const order = shuffled(rows.y.length);
  return { train: pick(rows, order.subarray(0, count)), test: pick(rows, order.subarray(count)) };
}

/** 0 … n − 1 in the one order, by Fisher and Yates over a linear congruential generator (Numerical Recipes). */
function shuffled(n: number): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  let state = SEED;
  for (let i = n - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const j = Math.floor((state / 2 ** 32) * (i + 1));
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order;
}

/** A CSV file of numbers with a header; the class stands last. */
function readTable(name: string): Rows {
  const text = readFileSync(new URL(`./data/${name}`, import.meta.url), 'utf8');
  const lines = text.trim().split('\n').slice(1);
  const cells = lines.map((line) => line.split(',').map(Number));
  const width = (cells[0]?.length ?? 1) - 1;
  return {
    x: Float32Array.from(cells.flatMap((row) => row.slice(0, width))),
    y: Int32Array.from(cells, (row) => row[width] as number),
    width,
  };
}
