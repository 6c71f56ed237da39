// @ts-check
/**
 * @file Drives the demo page in browsers that are not Chromium, where they are installed. Not part of `npm test`.
 *
 *   node scripts/test-browsers.mjs firefox            `npm run test:firefox`
 *   node scripts/test-browsers.mjs webkit             `npm run test:webkit`
 *   node scripts/test-browsers.mjs firefox --built    the page as it was built before
 *
 * Of Debian: `apt-get install firefox-esr`, `apt-get install webkit2gtk-driver xvfb`. What is not installed is skipped, in a line
 * that says so. `npm run test:page` asks Chromium for more, by Playwright.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bin, fail, root } from './files.mjs';
import { serve } from './page/serve.mjs';
import { checks } from './webdriver/checks.mjs';
import { firefox } from './webdriver/firefox.mjs';
import { Page } from './webdriver/page.mjs';
import { webkit } from './webdriver/webkit.mjs';

const browsers = { firefox, webkit };
const names = process.argv.slice(2).filter((one) => one !== '--built');
const unknown = names.filter((name) => !(name in browsers));
if (names.length === 0 || unknown.length > 0) fail(`name browsers: ${Object.keys(browsers).join(', ')}`);

const folder = join(root, 'demo/page/dist');
if (!process.argv.includes('--built') || !existsSync(folder)) {
  const built = spawnSync(bin('vite'), ['build', 'demo/page', '--logLevel', 'error'], { cwd: root, stdio: 'inherit' });
  if (built.status !== 0) fail('the page could not be built (see above)');
}
const server = await serve(folder);
let [passed, failed, skipped] = [0, 0, 0];
for (const name of /** @type {(keyof typeof browsers)[]} */ (names)) {
  const driver = await browsers[name]();
  if (driver === undefined) {
    console.log(`skipped: ${name} is not installed`);
    skipped++;
    continue;
  }
  console.log(`\n── ${driver.name}`);
  try {
    for (const [title, check] of Object.entries(checks)) {
      const start = performance.now();
      try {
        const page = new Page(driver, server.url);
        await page.open();
        const said = await check(page);
        await page.assertFaultless();
        passed++;
        console.log(
          `ok     ${title} (${((performance.now() - start) / 1000).toFixed(1)} s)${said ? `\n       ${said}` : ''}`,
        );
      } catch (error) {
        failed++;
        console.log(`FAILED ${title}\n       ${error instanceof Error ? (error.stack ?? error.message) : error}`);
      }
    }
  } finally {
    await driver.close();
  }
}
server.close();
console.log(`\n${passed} passed, ${failed} failed, ${skipped} browsers skipped`);
process.exitCode = failed > 0 ? 1 : 0;
