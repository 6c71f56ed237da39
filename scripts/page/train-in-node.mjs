// @ts-check
/** @file The page's training of digits in Node, on the page's own data: prints the seconds of its epochs as JSON. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { accuracy, adam, crossEntropy, dense, fit, sequential } from 'saddlepoint';
import { root } from '../files.mjs';

const WIDTH = 785;
const ROWS = 15_000;
const bytes = gunzipSync(readFileSync(join(root, 'demo/page/out/digits.bin'))).subarray(12);
const x = new Uint8Array(ROWS * (WIDTH - 1));
const y = new Uint8Array(ROWS);
for (let row = 0; row < ROWS; row++) {
  y[row] = /** @type {number} */ (bytes[row * WIDTH]);
  x.set(bytes.subarray(row * WIDTH + 1, (row + 1) * WIDTH), row * (WIDTH - 1));
}
const run = await fit(
  sequential([dense(128, { activation: 'relu' }), dense(10)]),
  { x, y },
  {
    ...{ loss: crossEntropy(), metrics: [accuracy()], optimizer: adam({ learningRate: 1e-3 }) },
    ...{ epochs: Number(process.argv[2]), batchSize: 64, seed: 1, validation: 0.1, progress: false, resumable: true },
  },
);
const seconds = run.history.reduce((sum, epoch) => sum + epoch.seconds, 0);
console.log(JSON.stringify({ seconds, build: run.device.build }));
