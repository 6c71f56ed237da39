// @ts-check
/**
 * @file Packs the library, installs the tarball in empty folders, and builds and runs the same programs with every bundler and
 * in every runtime: `npm run test:matrix`. Writes docs/matrix.md; fails if a cell does.
 *
 *   node scripts/test-matrix.mjs              everything
 *   node scripts/test-matrix.mjs --only Next  cells whose group or name has these words, and Node's; the document takes the rest from
 *                                             earlier runs of the same tarball, and is written when no cell lacks
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
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

/** What ran already, of this very tarball. */
const store = join(root, 'build/matrix.json');
const packed = createHash('sha256').update(readFileSync(tarball)).digest('hex');
/** @typedef {import('../test/matrix/document.mjs').Row} Row */
/** @type {{ packed: string, rows: Record<string, Row> }} */
const kept = existsSync(store) ? JSON.parse(readFileSync(store, 'utf8')) : {};
const results = kept.packed === packed ? kept.rows : {};

/** @type {Row[]} */
const rows = [];
const cells = await cellsOf({ tarball, consumer, browser });
/** @type {unknown} */
let bits;
try {
  for (const { group, name, ask } of cells) {
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
    const row = { group, name, reason };
    rows.push(row);
    results[`${group} ${name}`] = row;
    writeFileSync(store, JSON.stringify({ packed, rows: results }));
    console.log(`${reason === '' ? 'ok    ' : 'FAILED'} ${name} (${((performance.now() - from) / 1000).toFixed(1)} s)`);
    if (reason !== '') console.log(`       ${reason}`);
  }
} finally {
  await browser.close();
  for (const path of [folder, consumer]) remove(path);
}

const all = cells.map(({ group, name }) => results[`${group} ${name}`]).filter((row) => row !== undefined);
if (all.length === cells.length) writeFileSync(join(root, 'docs/matrix.md'), matrixDocument(all));
const failed = rows.filter(({ reason }) => reason !== '').length;
console.log(`${rows.length - failed} of ${rows.length} cells are ok`);
process.exitCode = failed > 0 ? 1 : 0;
