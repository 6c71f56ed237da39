// @ts-check
/** @file What bench/webgl.mjs runs in the browser: the renderer, steps on both devices, and what `auto` chose. */
import {
  adam,
  backendReport,
  conv2d,
  crossEntropy,
  dense,
  fit,
  flatten,
  maxPool2d,
  sequential,
  tensor,
} from '../dist/index.js';
import { makeData, sizeOf } from './data.mjs';
import { inputShape, items, SEED } from './items.mjs';

const BATCHES = 8;
const EPOCHS = 5;

/** @param {import('./items.mjs').Item} item @param {'auto' | 'wasm' | 'webgl'} device */
async function measure(item, device) {
  const { x, y } = makeData(item, BATCHES);
  const rows = x.length / sizeOf(inputShape(item));
  const layers =
    item.kind === 'cnn'
      ? [
          ...item.filters.flatMap((filters) => [conv2d(filters, 3, { activation: 'relu' }), maxPool2d(2)]),
          flatten(),
          dense(10),
        ]
      : [dense(128, { activation: 'relu' }), dense(10)];
  const data = { x: tensor(/** @type {Float32Array} */ (x), [rows, ...inputShape(item)]), y };
  const run = await fit(sequential(layers), data, {
    ...{ loss: crossEntropy(), optimizer: adam(), batchSize: item.batchSize, seed: SEED, device },
    ...{ epochs: EPOCHS, standardize: false, shuffle: false, progress: false },
  });
  // The first epoch compiles shaders.
  const best = Math.min(...run.history.slice(1).map(({ seconds }) => seconds));
  return { milliseconds: (1000 * best) / BATCHES, loss: run.history.at(-1)?.loss, device: run.device };
}

/** @param {(line: string) => void} print */
export async function main(print) {
  const { renderer, candidates } = await backendReport({ measure: false });
  print(`renderer: ${renderer ?? 'not told'}`);
  for (const { name, verdict, reason } of candidates) print(`  ${name}: ${verdict}, ${reason}`);
  for (const item of items.filter(({ name }) => name === 'MLP-128' || name === 'CNN')) {
    for (const device of /** @type {const} */ (['wasm', 'webgl', 'auto'])) {
      try {
        const { milliseconds, loss, device: chosen } = await measure(item, device);
        print(
          `${item.name} on ${device}: ${milliseconds.toPrecision(3)} ms a step, loss ${loss?.toFixed(4)}; ${chosen.name}: ${chosen.reason}`,
        );
      } catch (error) {
        print(`${item.name} on ${device}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
}
