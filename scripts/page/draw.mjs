// @ts-check
/** @file Checks of the drawing: by mouse, by keys, by samples; the answer follows what is drawn and what is learned. */
import assert from 'node:assert/strict';
import { choose, says, textOf, trainDigits, visit } from './browser.mjs';

/** @typedef {import('./browser.mjs').Stage} Stage */
/** @typedef {import('./browser.mjs').Page} Page */

/** Strokes in shares of the pad. @type {Readonly<Record<string, readonly (readonly (readonly [number, number])[])[]>>} */
const strokes = {
  1: [
    [
      [0.52, 0.15],
      [0.48, 0.85],
    ],
  ],
  7: [
    [
      [0.25, 0.2],
      [0.75, 0.2],
      [0.42, 0.85],
    ],
  ],
  0: [
    Array.from(
      { length: 25 },
      (_, i) => /** @type {const} */ ([0.5 + 0.2 * Math.sin(i / 3.8), 0.5 - 0.32 * Math.cos(i / 3.8)]),
    ),
  ],
};

/** @param {Page} page @param {string} digit */
async function drawDigit(page, digit) {
  await page.click('#clear');
  const box = await page.locator('#pad').boundingBox();
  if (box === null) throw new Error('there is no pad');
  for (const stroke of strokes[digit] ?? []) {
    const [first, ...rest] = stroke.map(
      ([x, y]) => /** @type {const} */ ([box.x + x * box.width, box.y + y * box.height]),
    );
    if (first === undefined) continue;
    await page.mouse.move(...first);
    await page.mouse.down();
    for (const spot of rest) await page.mouse.move(...spot, { steps: 4 });
    await page.mouse.up();
  }
}

export const draw = {
  /** @param {Stage} stage */
  'drawn digits are read as they were meant': (stage) =>
    visit(stage, async (page) => {
      assert.match(await textOf(page, '#verdict'), /Nothing drawn/);
      await drawDigit(page, '7');
      await says(page, '#verdict', /learned nothing yet/);
      await trainDigits(page, { epochs: 8 });
      await says(page, '#label', /^7$/);
      for (const digit of Object.keys(strokes)) {
        await drawDigit(page, digit);
        await says(page, '#label', new RegExp(`^${digit}$`));
        await says(page, '#verdict', /^with \d+ %$/);
      }
      const shares = await page.locator('#probabilities li > :last-child').allTextContents();
      const sum = shares.reduce((total, text) => total + Number.parseFloat(text), 0);
      assert.ok(Math.abs(sum - 100) <= 5, `ten rounded percentages add up to ${sum}`);
      await page.click('#clear');
      await says(page, '#verdict', /Nothing drawn/);
      // What a screen reader is told comes a little later than what is seen.
      await drawDigit(page, '1');
      await says(page, '#live', /^Read as 1, with \d+ %\.$/);
    }),

  /** @param {Stage} stage */
  'the answer changes while the network learns': (stage) =>
    visit(stage, async (page) => {
      await drawDigit(page, '7');
      await choose(page, { epochs: 40 });
      // Slowly: at the usual rate this seven is certain before the second look.
      await page.selectOption('[name=learningRate]', { index: 0 });
      await page.evaluate(() => {
        const seen = new Set();
        const place = /** @type {Element} */ (document.querySelector('#probabilities'));
        new MutationObserver(() => seen.add(place.textContent)).observe(place, {
          subtree: true,
          childList: true,
          characterData: true,
        });
        Object.assign(window, { seenAnswers: seen });
      });
      await page.click('#start');
      await page.waitForFunction(() => /** @type {any} */ (window).seenAnswers.size > 2);
      // Not only when it had ended.
      assert.equal(await textOf(page, '#pause'), 'Pause');
      await page.click('#stop');
      await says(page, '#label', /^7$/);
    }),

  /** @param {Stage} stage */
  'by keys alone: a digit is drawn, a sample taken, a network trained': (stage) =>
    visit(stage, async (page) => {
      await page.focus('#start');
      await page.keyboard.press('Enter');
      await page.waitForSelector('#result:not([hidden])', { timeout: 120_000 });
      const focused = await page.evaluate(() => document.activeElement?.id);
      assert.ok(['start', 'pause'].includes(focused ?? ''), `the focus is on '${focused}'`);
      await page.focus('#pad');
      for (let i = 0; i < 10; i++) await page.keyboard.press('ArrowUp');
      await page.keyboard.press('Space');
      for (let i = 0; i < 20; i++) await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Space');
      await says(page, '#label', /^1$/);
      await page.keyboard.press('Delete');
      await says(page, '#verdict', /Nothing drawn/);
      await page.focus('#samples button:nth-child(6)');
      await page.keyboard.press('Enter');
      await says(page, '#verdict', /^with/);
    }),
};
