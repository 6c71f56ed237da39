// @ts-check
/**
 * @file Bundles the script of workers (src/backends/wasm/worker/main.ts) into one file without imports, and writes to dist/wasm/
 * what starts it: `worker.js`, the same as text for where a bundle has lost the file, and `start-worker.js`, which is `#worker`.
 *
 *   node scripts/build-worker.mjs [--force]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { makeIfStale, root } from './files.mjs';
import { machineId, SOURCES } from './machine-id.mjs';

const folder = join(root, 'dist/wasm');
const header = '// Written by scripts/build-worker.mjs.\n';

/** @param {string} file @param {string} text */
function write(file, text) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, file), header + text);
}

/** Builds come from the caller, by message; so does the script of further workers, which need no `#worker`. @type {import('esbuild').Plugin} */
const fromTheCaller = {
  name: 'what comes from the caller',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^#wasm$/ }, () => ({ path: join(root, 'src/backends/wasm/worker/builds-of-caller.ts') }));
    onResolve({ filter: /^#worker$/ }, ({ path }) => ({ path, namespace: 'caller' }));
    onLoad({ filter: /./, namespace: 'caller' }, () => ({ contents: 'export const text = undefined;' }));
  },
};

/** As a script it runs as a module and without being one, since it has neither imports nor exports. @returns {Promise<string>} */
async function bundle() {
  const { outputFiles, metafile } = await build({
    entryPoints: ['src/backends/wasm/worker/main.ts'],
    absWorkingDir: root,
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    platform: 'neutral',
    plugins: [fromTheCaller],
    define: { MACHINE_ID: String(machineId()) },
    metafile: true,
    write: false,
  });
  const foreign = Object.keys(metafile.inputs).filter((path) => !/^(src\/(core|plan|backends)\/|caller:)/.test(path));
  if (foreign.length > 0) throw new Error(`the worker must not contain ${foreign.join(', ')}`);
  return /** @type {{ text: string }} */ (outputFiles[0]).text;
}

/** The declarations of `#worker`. */
export function writeWorkerTypes() {
  write(
    'start-worker.d.ts',
    `/** Starts a worker by the address of its script. Bundlers look for this very call. */
export declare const spawn: () => Worker;
/** The script. Undefined where there are no workers. */
export declare const text: (() => Promise<string>) | undefined;
`,
  );
}

/** @param {{ force?: boolean }} [options] @returns {Promise<boolean>} whether anything had to be built */
export async function buildWorker({ force = false } = {}) {
  const files = ['worker.js', 'worker-text.js', 'start-worker.js', 'start-worker.d.ts', 'no-worker.js'];
  return makeIfStale({
    name: 'worker',
    force,
    sources: [
      ...['src/core', 'src/plan', 'src/backends', ...SOURCES, 'package-lock.json'],
      ...['scripts/build-worker.mjs', 'scripts/machine-id.mjs'],
    ],
    outputs: files.map((file) => `dist/wasm/${file}`),
    async make() {
      const script = await bundle();
      write('worker.js', script);
      write('worker-text.js', `export const text = ${JSON.stringify(script)};\n`);
      write(
        'start-worker.js',
        `export const spawn = () => new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'saddlepoint' });
export const text = async () => (await import('./worker-text.js')).text;
`,
      );
      write('no-worker.js', 'export const spawn = undefined;\nexport const text = undefined;\n');
      writeWorkerTypes();
      console.log(`dist/wasm/worker.js: ${script.length} bytes`);
    },
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await buildWorker({ force: process.argv.includes('--force') });
}
