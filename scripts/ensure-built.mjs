// @ts-check
/**
 * @file Builds what is missing or out of date: dist/wasm from assembly/, the rest of dist/ from src/. Quiet when all is fresh.
 *
 *   node scripts/ensure-built.mjs            what is needed
 *   node scripts/ensure-built.mjs --force    everything
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundleForNode } from './build-node.mjs';
import { buildWasm } from './build-wasm.mjs';
import { buildWorker } from './build-worker.mjs';
import { bin, DIST_SOURCES, fail, makeIfStale, root } from './files.mjs';

const force = process.argv.includes('--force');

/** A source that is gone must leave nothing behind in the package. */
function clean() {
  const dist = join(root, 'dist');
  for (const name of readdirSync(dist)) if (name !== 'wasm') rmSync(join(dist, name), { recursive: true });
}

await buildWasm({ force });
await buildWorker({ force });
await makeIfStale({
  name: 'dist',
  force,
  sources: DIST_SOURCES,
  outputs: ['dist/index.js', 'dist/index.d.ts', 'dist/node/index.js'],
  async make() {
    clean();
    const run = spawnSync(bin('tsc'), ['-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
    if (run.status !== 0) fail('TypeScript did not compile src/ (see above); dist/ is incomplete.');
    await bundleForNode();
  },
});
