// @ts-check
/**
 * @file Steps on WebGL beside WebAssembly, in a real browser: `npm run bench:webgl`, with CHROMIUM_PATH for another than
 * /usr/bin/chromium, and `-- --headed` where a GPU is to be used that headless browsers do not see. Prints; keeps nothing.
 */
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium } from 'playwright';

const { outputFiles } = await build({
  stdin: {
    contents: `import { main } from './webgl-page.mjs'; main(print).catch((error) => print(String(error.stack))).finally(() => done());`,
    resolveDir: fileURLToPath(new URL('.', import.meta.url)),
  },
  ...{ bundle: true, splitting: true, format: 'esm', platform: 'browser', minify: true, write: false, outdir: '/' },
});
const files = new Map(outputFiles.map(({ path, contents }) => [path, contents]));

const server = createServer(({ url }, response) => {
  const file = files.get(url ?? '');
  response.setHeader('content-type', file ? 'text/javascript' : 'text/html');
  response.end(file ?? '<!doctype html><title>bench</title>');
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  headless: !process.argv.includes('--headed'),
  args: ['--no-sandbox', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'],
});
try {
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error(error.message));
  await page.goto(`http://127.0.0.1:${port}/`);
  await page.exposeFunction('print', (/** @type {string} */ line) => console.log(line));
  const ended = new Promise((resolve) => void page.exposeFunction('done', () => resolve(undefined)));
  await page.addScriptTag({ url: '/stdin.js', type: 'module' });
  await ended;
} finally {
  await browser.close();
  server.close();
}
