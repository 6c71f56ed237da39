// @ts-check
/** @file Checks of where the page runs: offline, without the two headers, in a folder, in a worker, on other devices. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { choose, resultOf, says, textOf, trainDigits, visit } from './browser.mjs';
import { serve } from './serve.mjs';

/** @typedef {import('./browser.mjs').Stage} Stage */

/** Settings whose device or place may be refused, with a reason. @type {readonly NonNullable<Parameters<typeof trainDigits>[1]>[]} */
const elsewhere = [
  { worker: true },
  { worker: true, threads: '2' },
  { threads: '2' },
  { device: 'webgl' },
  { device: 'webgpu' },
];

export const places = {
  /** @param {Stage} stage */
  'after the first visit the page needs no network': async (stage) => {
    const server = await serve(stage.folder);
    try {
      return await visit({ ...stage, server }, async (page) => {
        await says(page, '#offline', /works without a network/);
        server.close();
        await page.context().setOffline(true);
        await page.reload();
        assert.ok(await page.evaluate(() => crossOriginIsolated), 'the page stays isolated');
        const accuracy = await trainDigits(page, { epochs: 3 });
        assert.ok(accuracy > 0.9, `accuracy ${accuracy}`);
        await page.click('#sample-table');
        await says(page, '#csv-text', /150 rows/);
        await page.click('#csv-train');
        await says(page, '#csv-verdict', /are right/, 60_000);
        return `offline test accuracy ${accuracy}`;
      });
    } finally {
      server.close();
    }
  },

  /** @param {Stage} stage */
  'without the two headers it trains with one thread and says so': async (stage) => {
    const server = await serve(stage.folder, { isolated: false });
    try {
      return await visit(
        { ...stage, server },
        async (page) => {
          assert.match(
            await textOf(page, '#place'),
            /Cross-Origin-Opener-Policy, Cross-Origin-Embedder-Policy.*one thread/,
          );
          assert.ok((await trainDigits(page, { epochs: 2, threads: '2' })) > 0.85);
          const ran = await textOf(page, '#ran-on');
          assert.match(ran, /1 thread,/);
          return ran;
        },
        // The library warns of the missing headers; that is what it should do.
        { allowed: /Cross-Origin/ },
      );
    } finally {
      server.close();
    }
  },

  /** @param {Stage} stage */
  'in a folder of a host it works as at its root': async (stage) => {
    const root = join(stage.pictures, 'host');
    mkdirSync(root, { recursive: true });
    cpSync(stage.folder, join(root, 'some/folder'), { recursive: true });
    const server = await serve(root);
    try {
      await visit({ ...stage, server: { ...server, url: `${server.url}some/folder/` } }, async (page) => {
        assert.ok((await trainDigits(page, { epochs: 1 })) > 0.85);
        await says(page, '#offline', /works without a network/);
      });
      assert.deepEqual(server.missing, []);
    } finally {
      server.close();
      rmSync(root, { recursive: true });
    }
  },

  /** @param {Stage} stage */
  'every device and place trains, or says why not': (stage) =>
    visit(
      stage,
      async (page) => {
        const said = [];
        for (const settings of elsewhere) {
          await choose(page, { device: 'auto', threads: '1', worker: false, epochs: 1, batchSize: 256, ...settings });
          await page.click('#start');
          await page.waitForSelector('#result:not([hidden]), #train-trouble:not([hidden])', { timeout: 180_000 });
          const trouble = await textOf(page, '#train-trouble');
          const refused = await page.isVisible('#train-trouble');
          if (refused) assert.notEqual(trouble, '');
          else assert.ok((await resultOf(page)) > 0.5);
          said.push(`${JSON.stringify(settings)}: ${refused ? trouble : await textOf(page, '#ran-on')}`);
        }
        return said.join('\n       ');
      },
      { allowed: /swiftshader|GPU stall|WebGL|webgpu|No available adapters|Cross-Origin/i },
    ),

  /** @param {Stage} stage */
  'devices are compared: each has a time or a reason': (stage) =>
    visit(
      stage,
      async (page) => {
        await page.click('#compare');
        await says(page, '#compare-text', /^Done\./, 120_000);
        const rows = await page.locator('#compare-table tbody tr').allTextContents();
        assert.match(rows.find((row) => row.startsWith('wasm')) ?? '', /wasm[\d.]+ ms/);
        assert.equal(rows.length, 3);
        return [await textOf(page, '#compare-text'), ...rows].join('\n       ');
      },
      { allowed: /swiftshader|GPU stall|WebGL|webgpu|No available adapters/i },
    ),
};
