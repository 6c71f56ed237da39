/** @file The points of the contract that are seen in files: documentation (9), bundles (10), use (11). */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect } from 'vitest';
import type { TrickRow } from './row.ts';

const root = join(import.meta.dirname, '../../..');

/** 9: paper, place in it, deviations, kind; defaults, errors, an example. */
export function checkDocumentation({ file, create }: TrickRow, text = readFileSync(join(root, file), 'utf8')): void {
  const header = text.slice(text.indexOf('/**'), text.indexOf('*/'));
  const { kind } = create();
  expect(header, 'the header names the paper with its year').toMatch(/\b(19|20)\d\d\b/);
  expect(header, 'the header names the place in the paper').toMatch(
    /\beq\.|\beqs\.|equation|algorithm|\balg\.|section|§|table|appendix|listing|figure|chapter/i,
  );
  expect(header, 'the header lists deviations, or says that there are none').toMatch(/deviat|depart|differ|unlike/i);
  expect(header.toLowerCase(), 'the header names the kind').toContain(kind);
  expect(text, 'the docstring has an example').toContain('@example');
  expect(text, 'the docstring says what is thrown').toContain('@throws');
  if (Object.keys(create().options).length > 0) expect(text, 'defaults are named').toMatch(/default/i);
}

/** The files of tricks that a page gets when it imports what this file exports. */
export async function tricksInBundle(file: string): Promise<string[]> {
  const exported = Object.keys((await import(join(root, file))) as object);
  const index = readFileSync(join(root, 'src/index.ts'), 'utf8');
  const name = exported.find((one) => new RegExp(`\\b${one}\\b`).test(index));
  expect(name, `src/index.ts exports nothing of ${file}`).toBeDefined();
  const { metafile } = await build({
    stdin: { contents: `export { ${name} } from './src/index.ts';`, resolveDir: root, loader: 'ts' },
    absWorkingDir: root,
    ...{ bundle: true, minify: true, format: 'esm', platform: 'browser', metafile: true, write: false },
    external: ['#*', '@tensorflow/*', '*.wasm'],
    tsconfigRaw: '{}',
    plugins: [
      {
        // As scripts/size.mjs: what `import()` names is loaded later.
        name: 'without what is loaded later',
        setup: ({ onResolve }) =>
          onResolve({ filter: /./ }, ({ kind, path }) =>
            kind === 'dynamic-import' ? { path, external: true } : undefined,
          ),
      },
    ],
  });
  const [output] = Object.values(metafile.outputs);
  return Object.entries(output?.inputs ?? {})
    .filter(([path, { bytesInOutput }]) => path.startsWith('src/tricks/') && bytesInOutput > 0)
    .map(([path]) => path);
}

/** 11: the experiment of the section, or the table of ablations, calls it. */
export function isUsed({ file, section }: TrickRow, exported: readonly string[]): boolean {
  const folders = [join(root, 'demo', section), join(root, 'demo/ablation')].filter((folder) => existsSync(folder));
  const texts = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(join(folder, name), 'utf8')),
  );
  expect(folders.length, `${file}: section ${section} has no experiment`).toBeGreaterThan(0);
  return texts.some((text) => exported.some((name) => new RegExp(`\\b${name}\\(`).test(text)));
}
