// @ts-check
/** @file Checks of the training: it learns, shows how, pauses, goes on, and says what it cannot do. */
import assert from 'node:assert/strict';
import { choose, resultOf, says, textOf, trainDigits, visit } from './browser.mjs';

/** @typedef {import('./browser.mjs').Stage} Stage */

const number = (/** @type {string} */ text) => Number(text.replaceAll(',', ''));

export const train = {
  /** @param {Stage} stage */
  'the dense network reads over 90 % of the test digits': (stage) =>
    visit(stage, async (page) => {
      const accuracy = await trainDigits(page, { epochs: 5 });
      assert.ok(accuracy > 0.9, `accuracy ${accuracy}`);
      assert.match(await textOf(page, '#ran-on'), /on wasm, 1 thread, build (simd|relaxed)/);
      assert.equal(await page.locator('#confusion tbody tr').count(), 10);
      const cells = await page.locator('#confusion tbody td').allTextContents();
      assert.equal(
        cells.reduce((sum, text) => sum + Number(text), 0),
        2000,
      );
      assert.ok((await page.locator('#mistakes li').count()) > 0);
      assert.ok(number(await textOf(page, '#steps')) >= 5 * 211);
      return `test accuracy ${accuracy}`;
    }),

  /** @param {Stage} stage */
  'the convolutional network reads over 90 % after three epochs': (stage) =>
    visit(stage, async (page) => {
      const accuracy = await trainDigits(page, { model: 'cnn', epochs: 3 });
      assert.ok(accuracy > 0.9, `accuracy ${accuracy}`);
      return `test accuracy ${accuracy}`;
    }),

  /** @param {Stage} stage */
  'curves, weights and numbers move while it trains': (stage) =>
    visit(stage, async (page) => {
      await choose(page, { epochs: 60 });
      await page.click('#start');
      await says(page, '#epoch', /^[2-9] of 60/);
      const look = () =>
        page.evaluate(() => ({
          loss: document.querySelector('#loss-chart path.training')?.getAttribute('d') ?? '',
          weights: /** @type {HTMLCanvasElement} */ (document.querySelector('#weights')).toDataURL(),
          steps: document.querySelector('#steps')?.textContent,
        }));
      const before = await look();
      await page.waitForTimeout(1000);
      const after = await look();
      for (const name of /** @type {const} */ (['loss', 'weights', 'steps'])) {
        assert.notEqual(before[name], '', name);
        assert.notEqual(before[name], after[name], name);
      }
      assert.ok(number(await textOf(page, '#steps-rate')) > 0);
      assert.ok(number(await textOf(page, '#rows-rate')) > 0);
      await page.click('#stop');
      assert.ok((await resultOf(page)) > 0.9);
    }),

  /** @param {Stage} stage */
  'a pause holds it, and it goes on as if there had been none': (stage) =>
    visit(stage, async (page) => {
      await trainDigits(page, { epochs: 12 });
      const whole = await textOf(page, '#result-text');
      await page.click('#start');
      await says(page, '#epoch', /^[2-9] of 12/);
      await page.click('#pause');
      await says(page, '#pause', /^Continue$/);
      // Numbers are drawn some times a second: the last steps before the pause may not be shown yet.
      await page.waitForTimeout(1000);
      const held = await textOf(page, '#steps');
      await page.waitForTimeout(500);
      assert.equal(await textOf(page, '#steps'), held);
      assert.ok(number(held) < 12 * 211, `paused after ${held} steps`);
      assert.ok(await page.isDisabled('#settings [name=model]'), 'the network of a paused training is fixed');
      await page.click('#pause');
      await resultOf(page);
      assert.equal(await textOf(page, '#steps'), '2,532');
      assert.equal(await textOf(page, '#result-text'), whole);
      await page.click('#pause');
      await says(page, '#epoch', /^17 of 17/, 60_000);
      return `paused after ${held} of 2,532 steps`;
    }),

  /** @param {Stage} stage */
  'a wrong number of epochs is refused where it stands': (stage) =>
    visit(stage, async (page) => {
      for (const epochs of ['0', '2.5', '', '9999']) {
        await page.fill('#settings [name=epochs]', epochs);
        await page.click('#start');
        await says(page, '#train-trouble', new RegExp(`whole number from 1 to 200, got '${epochs}'`));
        assert.ok(await page.isEnabled('#start'));
      }
    }),

  /** @param {Stage} stage */
  'a learning rate that is much too high ends in words, not in silence': (stage) =>
    visit(stage, async (page) => {
      await page.selectOption('#settings [name=learningRate]', '0.1');
      await choose(page, { epochs: 2, batchSize: 16 });
      await page.click('#start');
      await page.waitForSelector('#result:not([hidden]), #train-trouble:not([hidden])', { timeout: 60_000 });
      return (await textOf(page, '#train-trouble')) || (await textOf(page, '#result-text'));
    }),

  /** @param {Stage} stage */
  'the reference device trains too, slowly, and can be stopped': (stage) =>
    visit(stage, async (page) => {
      await choose(page, { device: 'reference', batchSize: 16, epochs: 1 });
      await page.click('#start');
      await says(page, '#steps', /^\d/, 60_000);
      await page.click('#stop');
      await resultOf(page);
      assert.match(await textOf(page, '#ran-on'), /on reference/);
    }),
};
