// @ts-check
/** @file Static servers, and pages in Chromium that are asked for the answer of a program. */
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { chromium } from 'playwright';
import { answerOf } from './run.mjs';

/** @type {Readonly<Record<string, string>>} */
const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/**
 * Serves a folder as any static host does, with 404 for what is not there.
 *
 * @param {string} folder @param {Record<string, string>} [headers]
 * @returns {Promise<{ url: string, close: () => Promise<void> }>}
 */
export async function serve(folder, headers = {}) {
  const server = createServer(({ url = '/' }, response) => {
    const name = decodeURIComponent(new URL(url, 'http://page').pathname);
    const path = join(folder, name.endsWith('/') ? `${name}index.html` : name);
    for (const [key, value] of Object.entries(headers)) response.setHeader(key, value);
    if (!existsSync(path) || !statSync(path).isFile()) return void response.writeHead(404).end('not found');
    response.setHeader('Content-Type', types[extname(path)] ?? 'application/octet-stream');
    createReadStream(path).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${address.port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve(undefined));
        server.closeAllConnections();
      }),
  };
}

/** @returns {Promise<import('playwright').Browser>} */
export const openBrowser = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-quic', '--disable-background-networking'],
  });

/**
 * What a page printed, with its errors and what its policy forbade, until it printed its answer.
 *
 * @param {import('playwright').Browser} browser @param {string} url @param {{ seconds?: number }} [options]
 * @returns {Promise<{ answer: string | undefined, errors: string[], failed: string[] }>} `failed`: requests without an answer
 */
export async function visit(browser, url, { seconds = 120 } = {}) {
  const tab = await browser.newPage();
  /** @type {string[]} */
  const errors = [];
  /** @type {string[]} */
  const failed = [];
  tab.on('pageerror', (error) => errors.push(String(error)));
  // The browser asks for it by itself.
  const isIcon = (/** @type {string} */ url) => url.endsWith('/favicon.ico');
  tab.on('console', (message) => {
    if (message.type() === 'error' && !isIcon(message.location().url)) errors.push(message.text());
  });
  tab.on('response', (response) => {
    if (response.status() >= 400 && !isIcon(response.url())) failed.push(`${response.status()} ${response.url()}`);
  });
  tab.on('requestfailed', (request) => failed.push(`${request.failure()?.errorText} ${request.url()}`));
  await tab.addInitScript(() =>
    addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) =>
      console.error(`forbidden by ${effectiveDirective}: ${blockedURI}`),
    ),
  );
  try {
    /** @type {Promise<string | undefined>} */
    const printed = new Promise((resolve) => {
      const timer = setTimeout(() => resolve(undefined), seconds * 1000);
      tab.on('console', (message) => {
        if (!message.text().startsWith('ANSWER ')) return;
        clearTimeout(timer);
        resolve(message.text());
      });
    });
    await tab.goto(url, { waitUntil: 'commit' }); // the answer has its own time
    return { answer: await printed, errors, failed };
  } finally {
    await tab.close();
  }
}

/** The answer of a page that had nothing to complain of. @param {import('playwright').Browser} browser @param {string} url */
export async function answerFrom(browser, url) {
  const { answer, errors, failed } = await visit(browser, url);
  const complaints = [...failed, ...errors].join('\n');
  if (answer === undefined) throw new Error(`the page gave no answer: ${complaints}`);
  const parsed = answerOf(answer);
  if (complaints !== '') throw new Error(`the page answered, but: ${complaints}`);
  return parsed;
}
