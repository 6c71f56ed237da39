import { describe, expect, test } from 'vitest';
import { openCsv } from '../../../src/data/csv/open-csv.ts';
import { readCsv } from '../../../src/data/csv/read-csv.ts';
import { recordsOf } from '../../../src/data/table/table.ts';

const text = `a;b\n${Array.from({ length: 25 }, (_, i) => `${i},5;name ${i % 3}`).join('\n')}\n`;
const all = async (tables: AsyncIterable<Parameters<typeof recordsOf>[0]>) => {
  const parts: ReturnType<typeof recordsOf>[] = [];
  for await (const table of tables) parts.push(recordsOf(table));
  return parts;
};

describe('a CSV stream', () => {
  test('gives tables of so many rows, which together are the file', async () => {
    const parts = await all(openCsv(text, { rows: 10 }));
    expect(parts.map((part) => part.length)).toEqual([10, 10, 5]);
    expect(parts.flat()).toEqual(recordsOf(await readCsv(text)));
  });

  test('D11: a file, a text or a function is read again for every epoch', async () => {
    async function* generate() {
      yield text;
    }
    for (const source of [text, new Blob([text]), () => generate(), () => new Response(text)]) {
      const stream = openCsv(source);
      expect(stream.reopenable).toBe(true);
      expect(await all(stream)).toEqual(await all(stream));
    }
  });

  test('D11: a generator, a stream or an answer is read once, and the second epoch is refused', async () => {
    async function* generate() {
      yield text;
    }
    const used = generate();
    for (const source of [generate(), new Blob([text]).stream(), new Response(text), () => used]) {
      const stream = openCsv(source);
      expect((await all(stream)).flat()).toHaveLength(25);
      await expect(all(stream)).rejects.toThrow('can be read once, and has been read');
    }
    expect(openCsv(generate()).reopenable).toBe(false);
  });

  test('keeps the kinds of the first rows, and names the row and line of a cell that does not fit', async () => {
    const late = `a\n${Array.from({ length: 30 }, (_, i) => (i === 27 ? 'x' : i)).join('\n')}\n`;
    await expect(all(openCsv(late, { rows: 10, sample: 10, name: 'late.csv' }))).rejects.toThrow(
      "row 27 (counted from 0; line 29 of late.csv), column 'a' is the string 'x', a finite number expected",
    );
    await expect(all(openCsv('a,b\n1,2\n3\n'))).rejects.toThrow(
      'row 1 (counted from 0; line 3) has 1 value, 2 expected',
    );
  });

  test('holds little of the file at a time', async () => {
    let made = 0;
    function* rows() {
      yield 'a,b\n';
      for (; made < 200_000; made++) yield `${made},${made % 7}\n`;
    }
    let seen = 0;
    let ahead = 0;
    for await (const table of openCsv(() => rows(), { rows: 1000 })) {
      seen += table.rows;
      ahead = Math.max(ahead, made - seen);
    }
    expect(seen).toBe(200_000);
    // A sample of 64 KB is looked at for the delimiter: some 10,000 of these rows.
    expect(ahead).toBeLessThan(15_000);
  });
});
