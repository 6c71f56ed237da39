/** The page without a bundler of docs/javascript.md, in a real browser, from the built files: `npm run build` before. */
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { chromium } from 'playwright';
import { expect, it, onTestFinished } from 'vitest';
import { blocksOf } from './blocks.ts';

const root = join(import.meta.dirname, '../..');
const types: Readonly<Record<string, string>> = { js: 'text/javascript', wasm: 'application/wasm' };

it('the page of docs/javascript.md learns in a browser as it stands', async () => {
  const page = blocksOf('docs/javascript.md').find(({ language }) => language === 'html')?.code as string;
  const missing: string[] = [];
  const server = createServer(({ url = '/' }, response) => {
    if (url === '/') return void response.setHeader('Content-Type', 'text/html').end(page);
    const path = join(root, new URL(url, 'http://page').pathname.replace('/node_modules/saddlepoint/', ''));
    if (!existsSync(path)) {
      if (!url.endsWith('favicon.ico')) missing.push(url);
      return void response.writeHead(404).end();
    }
    response.setHeader('Content-Type', types[path.split('.').at(-1) as string] ?? 'text/plain');
    createReadStream(path).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-quic'] });
  onTestFinished(() => browser.close());
  const tab = await browser.newPage();
  const errors: string[] = [];
  tab.on('pageerror', ({ message }) => errors.push(message));
  await tab.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await tab.waitForFunction(() => document.querySelector('#answer')?.textContent !== 'learning …', undefined, {
    timeout: 40_000,
  });
  expect(missing).toEqual([]);
  expect(errors).toEqual([]);
  expect(await tab.textContent('#answer')).toBe('1 and 0 are different');
});
