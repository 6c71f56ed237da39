// @ts-check
/** @file Checks of the looks: axe in both themes and on a phone, no scrolling sideways, pictures to be looked at. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { says, textOf, trainDigits, visit } from './browser.mjs';

/** @typedef {import('./browser.mjs').Stage} Stage */
/** @typedef {import('./browser.mjs').Page} Page */

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** @param {Page} page @param {string} where */
async function holdsToAxe(page, where) {
  // By the debugger's way: the page's own policy forbids scripts in its text.
  const session = await page.context().newCDPSession(page);
  await session.send('Runtime.evaluate', { expression: axe });
  await session.detach();
  const violations = await page.evaluate(async () => {
    const { violations } = await /** @type {any} */ (window).axe.run();
    return violations.map(
      (/** @type {any} */ { id, nodes }) => `${id}: ${nodes.map((/** @type {any} */ { target }) => target).join(', ')}`,
    );
  });
  assert.deepEqual(violations, [], where);
}

/** @param {Page} page @param {string} where */
async function doesNotScrollSideways(page, where) {
  const wide = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    const sticksOut = [...document.querySelectorAll('body *')].filter(
      (each) =>
        each.getBoundingClientRect().right > clientWidth + 0.5 && !each.closest('.scroller, .visually-hidden, .skip'),
    );
    return { scrollWidth, clientWidth, sticksOut: sticksOut.slice(0, 5).map(({ tagName, id }) => `${tagName}#${id}`) };
  });
  assert.equal(wide.scrollWidth, wide.clientWidth, `${where}: ${wide.sticksOut.join(', ')}`);
  assert.deepEqual(wide.sticksOut, [], where);
}

/** Everything that the page can show. @param {Page} page */
async function fill(page) {
  await trainDigits(page, { epochs: 5 });
  await page.click('#samples button:nth-child(4)');
  await page.click('#sample-table');
  await says(page, '#csv-text', /150 rows/);
  await page.click('#csv-train');
  await says(page, '#csv-verdict', /are right/, 60_000);
  await page.click('#csv-predict');
  await says(page, '#csv-answer', /species/);
  await page.click('#compare');
  await says(page, '#compare-text', /^Done\./, 120_000);
  await page.setInputFiles('#load-file-input', {
    name: 'x.safetensors',
    mimeType: '',
    buffer: Buffer.from('no model'),
  });
  await page.waitForSelector('#keep-trouble:not([hidden])');
}

const allowed = /swiftshader|GPU stall|WebGL|webgpu|No available adapters/i;

/** @param {string} name @param {import('playwright').BrowserContextOptions} options @returns {(stage: Stage) => Promise<string>} */
const looksWell = (name, options) => (stage) =>
  visit(
    stage,
    async (page) => {
      await page.waitForLoadState('networkidle');
      await page.screenshot({ path: join(stage.pictures, `${name}-first.png`), fullPage: true });
      await holdsToAxe(page, 'at first');
      await doesNotScrollSideways(page, 'at first');
      await fill(page);
      await page.evaluate(() => scrollTo(0, 0));
      await page.waitForTimeout(300);
      await page.screenshot({ path: join(stage.pictures, `${name}-filled.png`), fullPage: true });
      await holdsToAxe(page, 'with everything shown');
      await doesNotScrollSideways(page, 'with everything shown');
      return join(stage.pictures, `${name}-filled.png`);
    },
    { bypassCSP: false, allowed, ...options },
  );

const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };

export const looks = {
  'light: axe finds nothing': looksWell('light', { colorScheme: 'light' }),
  'dark: axe finds nothing': looksWell('dark', { colorScheme: 'dark' }),
  'phone: axe finds nothing, and nothing scrolls sideways': looksWell('phone', { ...phone, colorScheme: 'light' }),

  /** @param {Stage} stage */
  'the theme is the visitor’s: it is kept over a reload': (stage) =>
    visit(
      stage,
      async (page) => {
        const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        const light = await paper();
        assert.equal(await textOf(page, '#theme'), 'Dark theme');
        await page.click('#theme');
        assert.notEqual(await paper(), light);
        await page.reload();
        assert.notEqual(await paper(), light);
        assert.equal(await textOf(page, '#theme'), 'Light theme');
        await page.click('#theme');
        assert.equal(await paper(), light);
      },
      { colorScheme: 'light' },
    ),

  /** @param {Stage} stage */
  'nothing moves by itself where motion is not wanted': (stage) =>
    visit(
      stage,
      async (page) => {
        const moving = await page.evaluate(() => {
          const all = [...document.querySelectorAll('*')].map((each) => getComputedStyle(each));
          return all.filter(
            ({ scrollBehavior, animationName, transitionDuration }) =>
              scrollBehavior === 'smooth' || animationName !== 'none' || transitionDuration !== '0s',
          ).length;
        });
        assert.equal(moving, 0);
      },
      { reducedMotion: 'reduce' },
    ),

  /** @param {Stage} stage */
  'every control has a name, and the focus is seen on each': (stage) =>
    visit(stage, async (page) => {
      const seen = new Set();
      for (let i = 0; i < 60; i++) {
        await page.keyboard.press('Tab');
        const { id, outline } = await page.evaluate(() => {
          const at = /** @type {HTMLElement} */ (document.activeElement);
          const { outlineStyle, outlineWidth } = getComputedStyle(at);
          return {
            id:
              at === document.body ? 'BODY' : at.id || at.getAttribute('name') || at.textContent?.trim() || at.tagName,
            outline: `${outlineStyle} ${outlineWidth}`,
          };
        });
        if (id === 'BODY' || seen.has(id)) break;
        seen.add(id);
        assert.match(outline, /^(solid|auto) [1-9]/, `${id}: ${outline}`);
      }
      const order = [...seen];
      const wanted = [
        'Skip to training',
        'theme',
        'model',
        'epochs',
        'worker',
        'start',
        'pad',
        'clear',
        '0',
        'load-browser',
        'compare',
        'choose',
        'csv-load',
      ];
      assert.deepEqual(
        order.filter((id) => wanted.includes(id)),
        wanted,
        order.join(', '),
      );
      return `${order.length} stops`;
    }),
};
