// @ts-check
/**
 * @file Bundles dist/ for Node into dist/node: what an import of the library takes at once is one file there. Node spends half a
 * millisecond and more on each file of an import, and the library has more than five hundred (docs/adr/039).
 *
 * All entries and the command line are bundled together, so that they share what they share; what comes by the conditions of
 * package.json stays outside.
 */
import { rmSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { rolldown } from 'rolldown';
import { root } from './files.mjs';

/** By the names that package.json has for them; `ablate-job` is the program of a process that the command line starts. */
const entries = {
  ...{ index: 'index.js', edge: 'edge.js', data: 'data.js', node: 'node.js', onnx: 'onnx.js', plot: 'plot.js' },
  ...{ cli: 'cli/main.js', 'ablate-job': 'cli/ablate-job.js' },
};

/** @param {string} name */
const built = (name) => join(root, 'dist', name);

/**
 * All that a module leads to. Imports that wait for a need are followed only if `later`.
 * @param {string} start @param {import('rolldown').ChunkingContext} context @param {{ later: boolean }} options
 */
function reachOf(start, context, { later }) {
  const reached = new Set([start]);
  for (const id of reached) {
    const info = context.getModuleInfo(id);
    for (const next of info?.importedIds ?? []) reached.add(next);
    if (later) for (const next of info?.dynamicallyImportedIds ?? []) reached.add(next);
  }
  return reached;
}

/**
 * The modules that entries lead to, as one chunk.
 * @param {string} name of the chunk @param {(keyof typeof entries)[]} starts @param {{ later: boolean, priority: number }} options
 */
function chunkOf(name, starts, { later, priority }) {
  /** @type {Set<string> | undefined} */
  let reach;
  return {
    /** @param {string} id @param {import('rolldown').ChunkingContext} context */
    name(id, context) {
      reach ??= new Set(starts.flatMap((entry) => [...reachOf(built(entries[entry]), context, { later })]));
      return reach.has(id) ? name : null;
    },
    ...{ debugName: name, priority },
  };
}

export async function bundleForNode() {
  const folder = built('node');
  rmSync(folder, { recursive: true, force: true });
  const bundle = await rolldown({
    input: Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, built(file)])),
    external: (id) => !isAbsolute(id) && !id.startsWith('.'),
    platform: 'node',
    // Modules that are loaded on need in pages may come at once here.
    checks: { ineffectiveDynamicImport: false },
  });
  await bundle.write({
    dir: folder,
    chunkFileNames: '[name]-[hash].js',
    // Errors name lines of readable code, without maps that would be larger than the code.
    comments: { jsdoc: false },
    codeSplitting: {
      groups: [
        // Small, and shared by the others: who runs a plan file, or reads a folder, needs nothing else.
        chunkOf('base', ['edge', 'node'], { later: true, priority: 1 }),
        chunkOf('core', ['index'], { later: false, priority: 0 }),
      ],
    },
  });
  await bundle.close();
}
