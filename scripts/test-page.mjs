// @ts-check
/**
 * @file Drives the demo page in a real browser, as visitors would: `npm run test:page`. Not part of `npm test`.
 *
 *   node scripts/test-page.mjs               every check
 *   node scripts/test-page.mjs table keep    those of these groups
 *
 * Pictures of the page come into build/page. Checks of speed want a quiet machine.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { bin, fail, root } from './files.mjs';
import { launch } from './page/browser.mjs';
import { draw } from './page/draw.mjs';
import { keep } from './page/keep.mjs';
import { looks } from './page/looks.mjs';
import { places } from './page/places.mjs';
import { serve } from './page/serve.mjs';
import { speed } from './page/speed.mjs';
import { table } from './page/table.mjs';
import { train } from './page/train.mjs';

/** @typedef {import('./page/browser.mjs').Stage} Stage */
/** @type {Readonly<Record<string, Readonly<Record<string, (stage: Stage) => Promise<string | void>>>>>} */
const groups = { train, draw, keep, table, places, looks, speed };

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in groups));
if (unknown.length > 0) fail(`no such group: ${unknown.join(', ')}; there are: ${Object.keys(groups).join(', ')}`);

const built = spawnSync(bin('vite'), ['build', 'demo/page', '--logLevel', 'error'], { cwd: root, stdio: 'inherit' });
if (built.status !== 0) fail('the page could not be built (see above)');
const pictures = join(root, 'build/page');
mkdirSync(pictures, { recursive: true });

const folder = join(root, 'demo/page/dist');
const server = await serve(folder);
const browser = await launch();
let [passed, failed] = [0, 0];
try {
  for (const [group, checks] of Object.entries(groups)) {
    if (wanted.length > 0 && !wanted.includes(group)) continue;
    console.log(`\n── ${group}`);
    for (const [name, check] of Object.entries(checks)) {
      const start = performance.now();
      try {
        const said = await check({ browser, server, folder, pictures });
        passed++;
        console.log(
          `ok     ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)${said ? `\n       ${said}` : ''}`,
        );
      } catch (error) {
        failed++;
        console.log(`FAILED ${name}\n       ${error instanceof Error ? (error.stack ?? error.message) : error}`);
      }
    }
  }
} finally {
  await browser.close();
  server.close();
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
