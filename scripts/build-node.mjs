// @ts-check
/**
 * @file Bundles dist/ for Node into dist/node: what an import of the library takes at once is a dozen files there. Node spends half a
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

/**
 * Bytes of modules in a chunk, before their comments go. Node reads a file into memory that it gives back, and the C library takes
 * the largest block given back for the size from which on it keeps memory (mallopt(3), M_MMAP_THRESHOLD): with the package in one
 * file of 1.2 MB a process kept up to 2.4 MB for each thread of V8's compiler.
 */
const CHUNK = 250_000;

/** @param {string} name */
const built = (name) => join(root, 'dist', name);

/**
 * All that modules lead to, each after what it imports itself. Imports that wait for a need are followed only if `later`.
 * @param {string[]} starts @param {import('rolldown').ChunkingContext} context @param {{ later: boolean }} options
 */
function reachOf(starts, context, { later }) {
  /** @type {Set<string>} */
  const seen = new Set();
  /** @type {string[]} */
  const ordered = [];
  const visit = (/** @type {string} */ id) => {
    if (seen.has(id)) return;
    seen.add(id);
    const info = context.getModuleInfo(id);
    for (const next of info?.importedIds ?? []) visit(next);
    if (later) for (const next of info?.dynamicallyImportedIds ?? []) visit(next);
    ordered.push(id);
  };
  for (const start of starts) visit(start);
  return ordered;
}

/**
 * The modules that entries lead to, as chunks of some `CHUNK` bytes, none of which imports a later one. Their names sort in that order:
 * a chunk draws in what its modules import and no chunk before it has.
 * @param {string} name of the chunks @param {(keyof typeof entries)[]} starts @param {{ later: boolean, priority: number }} options
 */
function chunksOf(name, starts, { later, priority }) {
  /** @type {Map<string, string> | undefined} */
  let chunks;
  return {
    /** @param {string} id @param {import('rolldown').ChunkingContext} context */
    name(id, context) {
      if (chunks === undefined) {
        let bytes = 0;
        const sized = reachOf(
          starts.map((entry) => built(entries[entry])),
          context,
          { later },
        ).map((module) => {
          bytes += context.getModuleInfo(module)?.code?.length ?? 0;
          return /** @type {const} */ ([module, `${name}-${String(Math.floor(bytes / CHUNK)).padStart(2, '0')}`]);
        });
        chunks = new Map(sized);
      }
      return chunks.get(id) ?? null;
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
        chunksOf('base', ['edge', 'node'], { later: true, priority: 1 }),
        chunksOf('core', ['index'], { later: false, priority: 0 }),
      ],
    },
  });
  await bundle.close();
}
