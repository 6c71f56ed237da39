/** @file Workers for tests: bundled as a deployment would, run in workerd. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { build, type Plugin } from 'esbuild';

export const root = join(import.meta.dirname, '../..');
const { Miniflare } = createRequire(join(root, 'test/runtimes/package.json'))('miniflare') as {
  Miniflare: MiniflareClass;
};

/** What these tests use of it. */
interface MiniflareClass {
  new (options: object): Runtime;
}
export interface Runtime {
  dispatchFetch(url: string, init?: object): Promise<Response>;
  dispose(): Promise<void>;
  readonly ready: Promise<unknown>;
}

/** A file that a worker imports, as workerd takes it: by a kind, ahead of time. */
interface ModuleFile {
  readonly type: 'ESModule' | 'CompiledWasm' | 'Data';
  readonly path: string;
  readonly contents: Uint8Array | string;
}

/** Leaves .wasm and .plan files as imports of their own, and hands them over. */
function filesApart(files: ModuleFile[]): Plugin {
  return {
    name: 'files apart',
    setup: ({ onResolve }) =>
      onResolve({ filter: /\.(wasm|plan)(\?module)?$/ }, async ({ path, resolveDir, importer }) => {
        // Given to `start`.
        if (path.endsWith('/model.plan')) return { path, external: true };
        const from = createRequire(importer === '' ? join(resolveDir, 'worker.js') : importer);
        const real = from.resolve(path.replace('?module', ''));
        const name = basename(real);
        if (!files.some((file) => file.path === name))
          files.push({
            type: name.endsWith('.wasm') ? 'CompiledWasm' : 'Data',
            path: name,
            contents: readFileSync(real),
          });
        return { path: `./${name}`, external: true };
      }),
  };
}

/** The modules of a worker, from its code; imports are resolved in `folder` as for workerd, from the built package. */
export async function bundle(code: string, folder = root): Promise<ModuleFile[]> {
  const files: ModuleFile[] = [];
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: folder, sourcefile: 'worker.js' },
    ...{ bundle: true, format: 'esm', write: false, conditions: ['workerd', 'worker'], platform: 'neutral' },
    tsconfig: join(root, 'tsconfig.build.json'),
    plugins: [filesApart(files)],
  });
  return [{ type: 'ESModule', path: 'worker.js', contents: (outputFiles[0] as { text: string }).text }, ...files];
}

/** Starts workerd with a worker; `plan` can be imported as './model.plan'. */
export function start(modules: readonly ModuleFile[], options: object = {}, plan?: Uint8Array): Runtime {
  return new Miniflare({
    modules: plan === undefined ? modules : [...modules, { type: 'Data', path: 'model.plan', contents: plan }],
    modulesRoot: '/',
    compatibilityDate: '2026-03-01',
    ...options,
  });
}
