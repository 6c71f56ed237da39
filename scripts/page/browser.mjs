// @ts-check
/** @file A visitor: a browser's page that notes every error, every refused policy and every request to another server. */
import assert from 'node:assert/strict';
import { chromium } from 'playwright';

/** @typedef {import('playwright').Page} Page */
/** @typedef {{ browser: import('playwright').Browser, server: { url: string, missing: string[] }, folder: string, pictures: string }} Stage */

/** Chromium without a network of its own, with WebGL in software. */
export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: [
      ...['--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-component-update'],
      ...['--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
    ],
  });
}

/**
 * Opens the page in a context of its own, runs the visit, and holds the page to its promises: no error in the console, nothing
 * that the content security policy forbids, no request to another server.
 *
 * @template T
 * @param {Pick<Stage, 'browser' | 'server'>} stage
 * @param {(page: Page) => Promise<T>} steps
 * @param {import('playwright').BrowserContextOptions & { allowed?: RegExp }} [options] allowed: what the console may say
 * @returns {Promise<T>}
 */
export async function visit({ browser, server }, steps, { allowed, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  /** @type {string[]} */
  const faults = [];
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(`${message.type()}: ${message.text()}`);
  });
  context.on('weberror', (error) => faults.push(`uncaught: ${error.error().stack}`));
  context.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(server.url) && !/^(blob|data):/.test(url)) faults.push(`request to ${url}`);
  });
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) =>
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`),
    );
  });
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    await page.goto(server.url);
    const result = await steps(page);
    assert.deepEqual(
      faults.filter((fault) => !allowed?.test(fault)),
      [],
    );
    return result;
  } finally {
    await context.close();
  }
}

/** What an element says. @param {Page} page @param {string} selector */
export const textOf = async (page, selector) => (await page.textContent(selector))?.trim() ?? '';

/** Waits until an element says something that fits. @param {Page} page @param {string} selector @param {RegExp} pattern @param {number} [timeout] */
export async function says(page, selector, pattern, timeout = 30_000) {
  try {
    await page.waitForFunction(
      ([selector, source]) =>
        new RegExp(/** @type {string} */ (source)).test(
          document.querySelector(/** @type {string} */ (selector))?.textContent ?? '',
        ),
      [selector, pattern.source],
      { timeout },
    );
  } catch {
    throw new Error(`${selector} should say ${pattern}, says '${await textOf(page, selector)}'`);
  }
  return textOf(page, selector);
}

/**
 * Chooses settings, presses Train and waits for the result.
 *
 * @param {Page} page
 * @param {{ model?: 'mlp' | 'cnn', epochs?: number, batchSize?: number, device?: string, threads?: string, worker?: boolean }} [settings]
 * @returns {Promise<number>} the share of test digits that are read rightly
 */
export async function trainDigits(page, settings = {}) {
  await choose(page, settings);
  await page.click('#start');
  return resultOf(page);
}

/** The share of test digits that are read rightly, once it is shown. @param {Page} page */
export async function resultOf(page) {
  await page.waitForSelector('#result:not([hidden]), #train-trouble:not([hidden])', { timeout: 240_000 });
  assert.ok(await page.isHidden('#train-trouble'), await textOf(page, '#train-trouble'));
  const text = await textOf(page, '#result-text');
  return Number(/reads ([\d.]+) %/.exec(text)?.[1]) / 100;
}

/** @param {Page} page @param {Parameters<typeof trainDigits>[1]} [settings] */
export async function choose(page, { model, epochs, batchSize, device, threads, worker } = {}) {
  if (model) await page.selectOption('#settings [name=model]', model);
  if (batchSize) await page.selectOption('#settings [name=batchSize]', String(batchSize));
  if (device) await page.selectOption('#settings [name=device]', device);
  if (threads) await page.selectOption('#settings [name=threads]', threads);
  if (epochs) await page.fill('#settings [name=epochs]', String(epochs));
  if (worker !== undefined) await page.setChecked('#settings [name=worker]', worker);
}
