// @ts-check
/** @file Checks of tables: good ones are learned, and whatever else is given has a clear answer. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { says, textOf, visit } from './browser.mjs';

/** @typedef {import('./browser.mjs').Stage} Stage */
/** @typedef {import('./browser.mjs').Page} Page */

/** @param {Page} page @param {string} name @param {string | Buffer} content */
const give = (page, name, content) =>
  page.setInputFiles('#csv-input', { name, mimeType: 'text/csv', buffer: Buffer.from(content) });

/** @param {Page} page @returns {Promise<string>} the verdict, or the trouble */
async function learn(page) {
  await page.click('#csv-train');
  await page.waitForSelector('#csv-trouble:not([hidden]), #csv-train:not([aria-disabled=true])', { timeout: 90_000 });
  return (await page.isVisible('#csv-trouble')) ? textOf(page, '#csv-trouble') : textOf(page, '#csv-verdict');
}

/** Rows of a line with a little noise, so that the value can be told from its column. @param {number} n @param {string} separator @param {string} mark */
const line = (n, separator, mark) =>
  Array.from({ length: n }, (_, i) => {
    const x = (i * 37) % 100;
    return [x, i % 2 ? 'north' : 'south', 3 * x + (i % 2 ? 20 : 0) + ((i * 13) % 7) / 10]
      .map((cell) => String(cell).replace('.', mark))
      .join(separator);
  }).join('\n');

/** What is given, and what must be said of it. @type {readonly (readonly [name: string, content: string | Buffer, said: RegExp])[]} */
const bad = [
  ['nothing.csv', '', /nothing\.csv is empty/],
  ['spaces.csv', ' \n \n', /spaces\.csv.*no rows|empty|one column/],
  [
    'picture.csv',
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13]),
    /picture\.csv is no text/,
  ],
  ['book.xlsx', Buffer.from('PK\x03\x04 and the rest'), /book\.xlsx is a zip archive.*export it as CSV/s],
  ['wide.csv', Buffer.from('\ufeffa,b\n1,2\n', 'utf16le'), /UTF-16.*save it as UTF-8/s],
  [
    'latin.csv',
    Buffer.from([0x61, 0x2c, 0x62, 0x0a, 0x31, 0x2c, 0xe9, 0x0a]),
    /latin\.csv: line 2, byte 6 is not utf-8/,
  ],
  ['one.csv', 'a\n1\n2\n3\n4\n5\n', /one\.csv has one column, 'a'; at least two/],
  ['ragged.csv', 'a,b\n1,2\n3,4,5\n6,7\n', /ragged\.csv: row 1 .*line 3.* has 3 values, 2 expected/],
  ['short.csv', 'a,b\n1,2\n', /short\.csv has 1 rows?/],
  ['header.csv', 'a,b,c\n', /header\.csv/],
  ['quote.csv', `a,b\n1,"2\n${'3,4\n'.repeat(50)}`, /quote\.csv.*quote/s],
  [
    'many.csv',
    `${Array.from({ length: 300 }, (_, i) => `c${i}`).join()}\n${'1,'.repeat(299)}1\n`.repeat(1),
    /300 columns; this page takes up to 200/,
  ],
];

export const table = {
  /** @param {Stage} stage */
  'the irises are learned, and a row typed in is answered': (stage) =>
    visit(stage, async (page) => {
      await page.click('#sample-table');
      await says(page, '#csv-text', /iris\.csv: 150 rows, 5 columns/);
      assert.equal(await page.inputValue('#csv-settings [name=target]'), 'species');
      const verdict = await learn(page);
      const share = Number(/^([\d.]+) %/.exec(verdict)?.[1]);
      assert.ok(share >= 85, verdict);
      const fields = page.locator('#csv-row input');
      for (const [i, value] of ['6.5', '3.0', '5.8', '2.2'].entries()) await fields.nth(i).fill(value);
      await page.click('#csv-predict');
      await says(page, '#csv-answer', /species: virginica, [\d.]+ %/);
      await fields.nth(0).fill('tall');
      await page.click('#csv-predict');
      await says(page, '#csv-row-trouble', /sepal length.*tall/);
      return verdict;
    }),

  /** @param {Stage} stage */
  'amounts are learned from semicolons and decimal commas, by another target': (stage) =>
    visit(stage, async (page) => {
      await give(page, 'line.csv', `x;side;value\n${line(300, ';', ',')}`);
      await says(page, '#csv-text', /300 rows, 3 columns/);
      const verdict = await learn(page);
      const [, error, mean] = /Off by (\d+(?:\.\d+)?) .* off by (\d+(?:\.\d+)?)/.exec(verdict) ?? [];
      assert.ok(Number(error) < 0.2 * Number(mean), verdict);
      await page.selectOption('#csv-settings [name=target]', 'side');
      assert.match(await learn(page), /% of rows held out are right/);
      await page.click('#csv-predict');
      await says(page, '#csv-answer', /side: (north|south)/);
      return verdict;
    }),

  /** @param {Stage} stage */
  'a table without a header is learned by the numbers of its columns': (stage) =>
    visit(stage, async (page) => {
      await give(page, 'bare.csv', line(120, ',', '.'));
      await says(page, '#csv-text', /bare\.csv: 120 rows, 3 columns/);
      assert.equal(await page.inputValue('#csv-settings [name=target]'), '2');
      assert.match(await learn(page), /Off by/);
    }),

  /** @param {Stage} stage */
  'gaps are named, and left out or filled on request': (stage) =>
    visit(stage, async (page) => {
      const rows = line(120, ',', '.').split('\n');
      rows[6] = ',north,30';
      await give(page, 'gaps.csv', `x,side,value\n${rows.join('\n')}`);
      await says(page, '#csv-text', /120 rows/);
      const refused = await learn(page);
      assert.match(refused, /row 6 .*line 8/);
      for (const missing of ['drop', 'mean']) {
        await page.selectOption('#csv-settings [name=missing]', missing);
        assert.match(await learn(page), /Off by/);
      }
      return refused;
    }),

  /** @param {Stage} stage */
  'what is no table has a clear answer, and the next file is taken': (stage) =>
    visit(stage, async (page) => {
      for (const [name, content, said] of bad) {
        await page.evaluate(() => document.querySelector('#csv-trouble')?.replaceChildren());
        await give(page, name, content);
        const text = await says(page, '#csv-trouble', /./);
        assert.match(text, said, `${name}: ${text}`);
        assert.ok(await page.isHidden('#csv-work'), `${name}: nothing to train on is shown`);
      }
      await give(page, 'good.csv', `x,side,value\n${line(60, ',', '.')}`);
      await says(page, '#csv-text', /good\.csv: 60 rows/);
      assert.ok(await page.isHidden('#csv-trouble'));
    }),

  /** @param {Stage} stage */
  'a file that is too large is refused before it is read; one that is large is read without holding the page': (
    stage,
  ) =>
    visit(stage, async (page) => {
      const path = join(stage.pictures, 'huge.csv');
      writeFileSync(path, `x,side,value\n${'1,north,2\n'.repeat(3_100_000)}`);
      await page.setInputFiles('#csv-input', path);
      await says(page, '#csv-trouble', /huge\.csv has 31 MB; this page takes up to 30 MB/);
      writeFileSync(path, `x,side,value\n${line(200_000, ',', '.')}`);
      await page.evaluate(() => {
        Object.assign(window, { longest: 0 });
        new PerformanceObserver((list) => {
          for (const { duration } of list.getEntries())
            Object.assign(window, { longest: Math.max(/** @type {any} */ (window).longest, duration) });
        }).observe({ type: 'longtask' });
      });
      await page.setInputFiles('#csv-input', path);
      await says(page, '#csv-text', /200,000 rows/, 60_000);
      const longest = await page.evaluate(() => /** @type {any} */ (window).longest);
      return `200,000 rows read; longest task of the page ${longest} ms`;
    }),

  /** @param {Stage} stage */
  'files, texts and folders can be dropped': (stage) =>
    visit(stage, async (page) => {
      const drop = (/** @type {{ name?: string, text: string }[]} */ items) =>
        page.evaluate((items) => {
          const data = new DataTransfer();
          for (const { name, text } of items)
            if (name === undefined) data.setData('text/plain', text);
            else data.items.add(new File([text], name));
          document
            .querySelector('#drop')
            ?.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
        }, items);
      const text = `x,side,value\n${line(60, ',', '.')}`;
      await drop([{ name: 'dropped.csv', text }]);
      await says(page, '#csv-text', /dropped\.csv: 60 rows/);
      await drop([{ text }]);
      await says(page, '#csv-text', /dropped text: 60 rows/);
      await drop([
        { name: 'a.csv', text },
        { name: 'b.csv', text },
      ]);
      await says(page, '#csv-trouble', /These are 2 files/);
      await drop([]);
      await says(page, '#csv-trouble', /no file in what was dropped/);
    }),

  /** @param {Stage} stage */
  'names that are markup stay text': (stage) =>
    visit(stage, async (page) => {
      const name = '<img src=x onerror=alert(1)>';
      await give(page, 'markup.csv', `x,side,"${name}"\n${line(60, ',', '.')}`);
      await says(page, '#csv-text', /60 rows/);
      assert.match(await learn(page), /Off by/);
      assert.equal(await page.locator('img').count(), 0);
      assert.match(await textOf(page, '#csv-preview'), /<img src=x/);
    }),

  /** @param {Stage} stage */
  'the model of a table is there after a reload': (stage) =>
    visit(stage, async (page) => {
      await page.click('#csv-load');
      await says(page, '#csv-trouble', /no model is saved/);
      await page.click('#sample-table');
      await learn(page);
      await page.click('#csv-predict');
      const before = await says(page, '#csv-answer', /species: setosa/);
      await page.click('#csv-save');
      await says(page, '#csv-text', /saved in this browser/);
      await page.reload();
      await page.click('#csv-load');
      await says(page, '#csv-text', /Loaded from this browser/);
      await page.click('#csv-predict');
      await says(page, '#csv-answer', /species/);
      assert.equal(await textOf(page, '#csv-answer'), before);
    }),
};
