// @ts-check
/** @file What the page must do in every browser: train, also in a worker and by threads, keep, learn a table. */
import assert from 'node:assert/strict';
import { RELAXED_PROBE } from '../../dist/backends/wasm/machine.js';

/** @typedef {import('./page.mjs').Page} Page */

const shown = (/** @type {number[]} */ seen) => `held-out accuracy ${seen.map((one) => `${one} %`).join(', ')}`;

/** @type {Readonly<Record<string, (page: Page) => Promise<string | void>>>} */
export const checks = {
  'is isolated, and has what the library asks for': async (page) => {
    const facts = await page.run(
      (probe) => ({
        isolated: globalThis.crossOriginIsolated,
        shared: typeof SharedArrayBuffer === 'function',
        relaxed: WebAssembly.validate(Uint8Array.from(atob(probe), (character) => character.charCodeAt(0))),
        webgl: document.createElement('canvas').getContext('webgl2') !== null,
        decompression: typeof DecompressionStream === 'function',
        cores: navigator.hardwareConcurrency,
      }),
      RELAXED_PROBE,
    );
    assert.ok(facts.isolated, 'the two headers isolate the page');
    return JSON.stringify(facts);
  },

  'trains the dense network: accuracy rises, and over 90 % of the test digits are read': async (page) => {
    const { share, seen } = await page.train({ epochs: '5' });
    assert.ok(share > 0.9, `share ${share}`);
    assert.ok(seen.length > 1 && Number(seen.at(-1)) > Number(seen[0]), shown(seen));
    const ranOn = await page.text('#ran-on');
    assert.match(ranOn, /on wasm, 1 thread, build (simd|relaxed)/);
    return `${shown(seen)}; ${100 * share} % of the test digits; ${ranOn}`;
  },

  'trains the convolutional network: over 90 % after three epochs': async (page) => {
    const { share } = await page.train({ model: 'cnn', epochs: '3' });
    assert.ok(share > 0.9, `share ${share}`);
    return `${100 * share} % of the test digits`;
  },

  'trains the same in a worker, and there by two threads': async (page) => {
    const alone = await page.train({ model: 'mlp', epochs: '2', worker: false, threads: '1' });
    const apart = await page.train({ worker: true });
    assert.equal(apart.result, alone.result);
    const both = await page.train({ threads: '2' });
    const ranOn = await page.text('#ran-on');
    assert.equal(both.result, alone.result);
    // WebKitGTK isolates pages and lets them share nothing all the same: see docs/workers.md.
    const isShared = await page.run(() => typeof SharedArrayBuffer === 'function');
    if (isShared) assert.match(ranOn, /, 2 threads,/);
    else assert.match(ranOn, /threads: 1, no shared memory: the page is isolated, but this browser/);
    return ranOn;
  },

  'keeps a network over a reload': async (page) => {
    const { result } = await page.train({ epochs: '2' });
    await page.click('#save-browser');
    await page.says('#keep-text', /Saved in this browser/);
    await page.open();
    await page.click('#load-browser');
    await page.says('#keep-text', /reads [\d.]+ % of the test digits/);
    assert.equal(await page.text('#result-text'), result);
    await page.click('#samples button:nth-child(1)');
    await page.says('#verdict', /^with/);
  },

  'learns the irises, and keeps what it learned over a reload': async (page) => {
    await page.click('#sample-table');
    await page.says('#csv-text', /iris\.csv: 150 rows, 5 columns/);
    await page.click('#csv-train');
    const verdict = await page.says('#csv-verdict', /^[\d.]+ %/, 120_000);
    assert.ok(Number(/^([\d.]+) %/.exec(verdict)?.[1]) >= 85, verdict);
    await page.click('#csv-predict');
    const before = await page.says('#csv-answer', /species/);
    await page.click('#csv-save');
    await page.says('#csv-text', /saved in this browser/);
    await page.open();
    await page.click('#csv-load');
    await page.says('#csv-text', /Loaded from this browser/);
    await page.click('#csv-predict');
    assert.equal(await page.says('#csv-answer', /species/), before);
    return verdict;
  },
};
