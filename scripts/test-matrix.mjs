// @ts-check
/**
 * @file Packs the library, installs the tarball in empty folders, and builds and runs the same programs with every bundler and
 * in every runtime: `npm run test:matrix`. Writes docs/matrix.md; fails if a cell does.
 *
 *   node scripts/test-matrix.mjs              everything
 *   node scripts/test-matrix.mjs --only Next  cells whose group or name has this word; the document is left alone
 */
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { fail, root } from './files.mjs';

for (const folder of ['test/matrix', 'test/runtimes'].map((name) => join(root, name))) {
  if (existsSync(join(folder, 'node_modules/.package-lock.json'))) continue;
  const command = ['ci', '--ignore-scripts', '--prefer-offline', '--prefix', folder];
  const install = spawnSync('npm', command, { cwd: folder, stdio: 'inherit' });
  if (install.status !== 0) fail(`npm ${command.join(' ')} failed (see above): the matrix needs it.`);
}

// After the installation: these read what it brought.
const { cellsOf } = await import('../test/matrix/cells.mjs');
const { makeConsumer, pack, remove, temporaryFolder } = await import('../test/matrix/consumer.mjs');
const { openBrowser } = await import('../test/matrix/page.mjs');
const { matrixDocument, reasonOf } = await import('../test/matrix/document.mjs');

const at = process.argv.indexOf('--only');
const only = at < 0 ? '' : (process.argv[at + 1] ?? '').toLowerCase();

const folder = temporaryFolder('matrix');
const consumer = temporaryFolder('consumer');
const tarball = await pack(folder);
await makeConsumer(consumer, tarball);
const browser = await openBrowser();

/** @type {import('../test/matrix/document.mjs').Row[]} */
const rows = [];
/** @type {unknown} */
let bits;
try {
  for (const { group, name, ask } of await cellsOf({ tarball, consumer, browser })) {
    // The first cell says which bits are right.
    if (bits !== undefined && !`${group} ${name}`.toLowerCase().includes(only)) continue;
    const from = performance.now();
    let reason = '';
    try {
      const answer = await ask();
      if (answer?.error !== undefined) throw new Error(answer.error);
      bits ??= answer.bits;
      if (answer !== undefined && !isDeepStrictEqual(answer.bits, bits))
        throw new Error(`other bits than Node's: ${JSON.stringify(answer.bits)}`);
    } catch (error) {
      reason = reasonOf(error, [folder, consumer, root]);
    }
    rows.push({ group, name, reason });
    console.log(`${reason === '' ? 'ok    ' : 'FAILED'} ${name} (${((performance.now() - from) / 1000).toFixed(1)} s)`);
    if (reason !== '') console.log(`       ${reason}`);
  }
} finally {
  await browser.close();
  for (const path of [folder, consumer]) remove(path);
}

if (only === '') writeFileSync(join(root, 'docs/matrix.md'), matrixDocument(rows));
const failed = rows.filter(({ reason }) => reason !== '').length;
console.log(`${rows.length - failed} of ${rows.length} cells are ok`);
process.exitCode = failed > 0 ? 1 : 0;
