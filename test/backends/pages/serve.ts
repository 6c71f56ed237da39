/** @file A small web server with the pages of worker-pages.test.ts: the same bundle under several policies. */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '../../..');
const ISOLATED = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
const STRICT = {
  'Content-Security-Policy': "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'",
};

/** What a folder of the server answers with, and what it has where the bundle looks for the worker. */
const FOLDERS: Readonly<Record<string, { headers: Record<string, string>; worker: 'there' | 'missing' | 'page' }>> = {
  plain: { headers: {}, worker: 'there' },
  isolated: { headers: ISOLATED, worker: 'there' },
  lost: { headers: ISOLATED, worker: 'missing' },
  single: { headers: ISOLATED, worker: 'page' },
  strict: { headers: { ...ISOLATED, ...STRICT }, worker: 'there' },
  lostStrict: { headers: STRICT, worker: 'missing' },
  forbidden: { headers: { 'Content-Security-Policy': "default-src 'self'" }, worker: 'there' },
};

const HTML = '<!doctype html><title>page</title><script type="module" src="page.js"></script>';

/** Starts it; pages are at `${base}/${folder}/`. */
export async function serve(): Promise<{ base: string; server: Server }> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'page.ts')],
    absWorkingDir: root,
    alias: { saddlepoint: join(root, 'src/index.ts') },
    tsconfig: join(root, 'tsconfig.build.json'),
    ...{
      bundle: true,
      minify: true,
      splitting: true,
      format: 'esm',
      platform: 'browser',
      outdir: join(root, 'build/pages'),
    },
    external: ['@tensorflow/*'],
    write: false,
  });
  const files = new Map(outputFiles.map(({ path, text }) => [path.split('/').at(-1), text]));
  const worker = readFileSync(join(root, 'dist/wasm/worker.js'), 'utf8');
  /** As it would answer beside hardware. */
  const hardware = `OffscreenCanvas.prototype.getContext = () => ({
    getParameter: () => 'A real GPU', getExtension: (name) => name === 'EXT_color_buffer_float' ? {} : null });\n${worker}`;
  const server = createServer(({ url = '/' }, response) => {
    const [, folder = '', file = ''] = url.split('/');
    const place = FOLDERS[folder];
    const answer = (status: number, type: string, text: string): void =>
      void response.writeHead(status, { 'Content-Type': type, ...place?.headers }).end(text);
    const text = files.get(file);
    if (folder === 'favicon.ico') response.writeHead(204).end();
    else if (file === 'hardware.js') answer(200, 'text/javascript', hardware);
    else if (file === 'elsewhere.js') answer(200, 'text/javascript', worker);
    else if (file === 'worker.js' && place?.worker === 'there') answer(200, 'text/javascript', worker);
    else if (file === 'worker.js' && place?.worker === 'page') answer(200, 'text/html', HTML);
    else if (place !== undefined && file === '') answer(200, 'text/html', HTML);
    else if (text !== undefined) answer(200, 'text/javascript', text);
    else answer(404, 'text/plain', 'not found');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}
