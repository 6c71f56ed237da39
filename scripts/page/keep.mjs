// @ts-check
/** @file Checks of keeping: in the browser's store over a reload, and as a file. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { choose, says, textOf, trainDigits, visit } from './browser.mjs';

/** @typedef {import('./browser.mjs').Stage} Stage */

/** What the result says without how it came about. @param {import('./browser.mjs').Page} page */
const readRightly = (page) => textOf(page, '#result-text');

export const keep = {
  /** @param {Stage} stage */
  'a network saved in the browser is there after a reload, and reads as before': (stage) =>
    visit(stage, async (page) => {
      await page.click('#load-browser');
      await says(page, '#keep-trouble', /no model is saved/);
      await trainDigits(page, { epochs: 2 });
      const before = await readRightly(page);
      await page.click('#save-browser');
      await says(page, '#keep-text', /Saved in this browser/);
      await page.reload();
      await page.click('#load-browser');
      await says(page, '#keep-text', /reads [\d.]+ % of the test digits/);
      assert.equal(await readRightly(page), before);
      await page.click('#samples button:nth-child(1)');
      await says(page, '#verdict', /^with/);
    }),

  /** @param {Stage} stage */
  'a downloaded network can be loaded again; other files are refused in words': (stage) =>
    visit(stage, async (page) => {
      await trainDigits(page, { model: 'cnn', epochs: 1 });
      const before = await readRightly(page);
      const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
      assert.equal(download.suggestedFilename(), 'digits.safetensors');
      const bytes = readFileSync(await download.path());
      const load = (/** @type {string} */ name, /** @type {Buffer} */ buffer) =>
        page.setInputFiles('#load-file-input', { name, mimeType: 'application/octet-stream', buffer });
      await load('broken.safetensors', bytes.subarray(0, bytes.length / 2));
      await page.waitForSelector('#keep-trouble:not([hidden])');
      const broken = await textOf(page, '#keep-trouble');
      await load('photo.safetensors', Buffer.from('\x89PNG\r\n\x1a\n and so on'));
      await page.waitForFunction((before) => document.querySelector('#keep-trouble')?.textContent !== before, broken);
      await load('digits.safetensors', bytes);
      await says(page, '#keep-text', /Loaded from digits.safetensors: it reads/);
      assert.ok(await page.isHidden('#keep-trouble'));
      assert.equal(await readRightly(page), before);
      return broken;
    }),

  /** @param {Stage} stage */
  'a model of something else is not taken for a reader of digits': (stage) =>
    visit(stage, async (page) => {
      await page.click('#sample-table');
      await page.click('#csv-train');
      await page.waitForSelector('#csv-train:not([aria-disabled=true])', { timeout: 60_000 });
      const [download] = await Promise.all([page.waitForEvent('download'), page.click('#csv-download')]);
      await page.setInputFiles('#load-file-input', await download.path());
      await says(page, '#keep-trouble', /does not read digits/);
    }),

  /** @param {Stage} stage */
  'nothing is loaded into a training under way': (stage) =>
    visit(stage, async (page) => {
      await choose(page, { epochs: 100 });
      await page.click('#start');
      await says(page, '#epoch', /^\d/);
      await page.click('#load-browser');
      await says(page, '#keep-trouble', /is being trained/);
      await page.click('#stop');
    }),
};
