import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCsv } from '../../../src/data/csv/read-csv.ts';
import { fitEncoder } from '../../../src/data/encode/fit-encoder.ts';
import type { NumberColumn } from '../../../src/data/table/column.ts';
import { columnOf, recordsOf } from '../../../src/data/table/table.ts';
import { file } from '../../../src/io/file-source.ts';

const records = async (text: string, options = {}) => recordsOf(await readCsv(text, options));

describe('CSV', () => {
  test('is read with a byte-order mark, CRLF, quotes, empty lines and line ends inside a field', async () => {
    const text = '\ufeffname,say\r\nAda,"a ""b"", c\r\nd"\r\n\r\n Bo , x \r\n';
    const table = await readCsv(text);
    expect(recordsOf(table)).toEqual([
      { name: 'Ada', say: 'a "b", c\r\nd' },
      { name: 'Bo', say: 'x' },
    ]);
    expect(table.origin).toEqual({ name: 'the CSV text', lines: Int32Array.of(2, 5) });
  });

  test.each([
    ['comma', 'a,b\n1.5,2\n3.5,4\n'],
    ['semicolon with decimal commas', 'a;b\n1,5;2\n3,5;4\n'],
    ['tab', 'a\tb\n1.5\t2\n3.5\t4'],
    ['bar', 'a|b\r1.5|2\r3.5|4\r'],
  ])('finds the delimiter: %s', async (_, text) => {
    expect(await records(text)).toEqual([
      { a: 1.5, b: 2 },
      { a: 3.5, b: 4 },
    ]);
  });

  test('D10: names default to column numbers where there is no header', async () => {
    expect(await records('1,x\n2,y\n')).toEqual([
      { 0: 1, 1: 'x' },
      { 0: 2, 1: 'y' },
    ]);
    expect(await records('1,x\n2,y\n', { header: ['n', 'name'] })).toEqual([
      { n: 1, name: 'x' },
      { n: 2, name: 'y' },
    ]);
    expect(await records('a,b\nc,d\n', { header: false })).toHaveLength(2);
    expect(await records('2019,total\n3,4\n')).toEqual([{ 2019: 3, total: 4 }]);
  });

  test('D10: a gap in row 7 is named with its line', async () => {
    const text = `a,b\n${Array.from({ length: 10 }, (_, i) => `${i},${i === 7 ? 'NA' : i}`).join('\n')}`;
    const table = await readCsv(text, { name: 'gaps.csv' });
    expect(columnOf(table, 'b')).toMatchObject({ kind: 'number', missing: 1 });
    expect(() => fitEncoder(table)).toThrow("row 7 (counted from 0; line 9 of gaps.csv), column 'b' is missing");
  });

  test('D4: a row of another length is refused with its number, its length and the length expected', async () => {
    await expect(readCsv('a,b\n1,2\n3\n')).rejects.toThrow('row 1 (counted from 0; line 3) has 1 value, 2 expected');
    await expect(readCsv('1\n3,4\n5,6\n')).rejects.toThrow('row 0 (counted from 0; line 1) has 1 value, 2 expected');
  });

  test('case 03: the short row is named, also where it comes first', async () => {
    const rows = ['1,0,1,0,1', '0,1,0,0,1', '1,1,0,0', '0,0,1,1,1'];
    const read = (lines: string[]) => readCsv(lines.join('\n'), { header: false });
    await expect(read(rows)).rejects.toThrow('row 2 (counted from 0; line 3) has 4 values, 5 expected');
    const first = [rows[2], rows[0], rows[1], rows[3]] as string[];
    await expect(read(first)).rejects.toThrow('row 0 (counted from 0; line 1) has 4 values, 5 expected');
    const hole = await read(['1,,1,0,1', ...rows.filter((_, i) => i !== 2)]);
    expect(() => fitEncoder(hole)).toThrow('row 0 (counted from 0; line 1 of the CSV text), column 1 is missing');
  });

  test('refuses or numbers columns of one name', async () => {
    await expect(readCsv('a,b,a\n1,2,3')).rejects.toThrow("columns 0 and 2 (counted from 0) are both called 'a'");
    expect(await records('a,b,a,a 2\n1,2,3,4', { duplicates: 'number' })).toEqual([{ a: 1, b: 2, 'a 3': 3, 'a 2': 4 }]);
  });

  test('names the line of quotes that are wrong', async () => {
    await expect(readCsv('a,b\n1,2\n3,"4\n')).rejects.toThrow(
      'the quote that opens in line 3 or before is never closed, column 1',
    );
    await expect(readCsv('a,b\n1,2\n3,x"4"\n')).rejects.toThrow('line 3 has a quote in the middle of a field');
    await expect(readCsv('a,b\n1,2\n3,"4"x\n')).rejects.toThrow('line 3 has text behind a closing quote');
  });

  test('refuses a line of 100 MB before it has read it', async () => {
    let read = 0;
    function* endless() {
      yield 'a,b\n1,"';
      const piece = 'x'.repeat(100_000);
      for (; read < 100e6; read += piece.length) yield piece;
    }
    await expect(readCsv(endless())).rejects.toThrow(
      'the record that begins in line 2 is longer than 1000000 characters',
    );
    expect(read).toBeLessThan(2e6);
  });

  test('refuses what is no UTF-8 text by name', async () => {
    const bytes = (...values: number[]) => readCsv(Uint8Array.from(values));
    await expect(bytes(0xff, 0xfe, 0x61, 0)).rejects.toThrow('is UTF-16 text (little endian)');
    await expect(bytes(0xfe, 0xff, 0, 0x61)).rejects.toThrow('is UTF-16 text (big endian)');
    await expect(bytes(0x61, 0, 0x2c, 0, 0x62, 0, 0x0a, 0)).rejects.toThrow('is UTF-16 text: byte 1 is 0');
    await expect(bytes(0x50, 0x4b, 3, 4, 20, 0)).rejects.toThrow('a zip archive, as spreadsheets (.xlsx, .ods) are');
    await expect(bytes(0x61, 0x0a, 0x62, 0xe9, 0x0a)).rejects.toThrow('line 2, byte 3 is not utf-8');
    await expect(bytes(0x61, 0x0a, 0x62, 0xc3)).rejects.toThrow('the file ends in the middle of a character');
    const latin = Uint8Array.of(0x61, 0x0a, 0x62, 0xe9, 0x0a);
    expect(recordsOf(await readCsv(latin, { encoding: 'windows-1252', header: true }))).toEqual([{ a: 'bé' }]);
    await expect(readCsv(latin, { encoding: 'latin-9000' })).rejects.toThrow("unknown encoding 'latin-9000'");
  });

  test('refuses empty files, unknown options and what is no source', async () => {
    await expect(readCsv('')).rejects.toThrow('the CSV text is empty');
    await expect(readCsv('a,b\n')).rejects.toThrow('the CSV text is empty');
    await expect(readCsv('a', { delimeter: ';' } as never)).rejects.toThrow("did you mean 'delimiter'?");
    await expect(readCsv('a', { delimiter: ':' } as never)).rejects.toThrow("delimiter: unknown value ':'");
    await expect(readCsv(3 as never)).rejects.toThrow('cannot read from 3');
    await expect(readCsv(file('/nowhere/x.csv'))).rejects.toThrow('there is no file /nowhere/x.csv');
  });

  test('gives the same table from every form of source', async () => {
    const text = 'name,x\nÄda,1\nBø,2\n';
    const bytes = new TextEncoder().encode(text);
    async function* oneByOne() {
      for (const byte of bytes) yield Uint8Array.of(byte);
    }
    const response = new Response(text, { headers: { 'content-type': 'text/csv' } });
    const sources = [
      text,
      bytes,
      bytes.buffer,
      new Blob([bytes]),
      response,
      new Blob([text]).stream(),
      oneByOne(),
      [text],
    ];
    const expected = await records(text);
    for (const source of sources) expect(recordsOf(await readCsv(source))).toEqual(expected);
    await expect(readCsv(new Response('<html>', { headers: { 'content-type': 'text/html' } }))).rejects.toThrow(
      'this is an HTML page',
    );
    await expect(readCsv(new Response('', { status: 404 }))).rejects.toThrow('answered with status 404');
  });

  test('gives back every table that is written as RFC 4180 says, however it is cut', async () => {
    const cell = fc
      .string({ unit: fc.constantFrom('a', 'b', ',', '"', '\n', '\r\n', 'ä', '1') })
      .map((text) => `x${text}x`);
    const grid = fc.array(fc.array(cell, { minLength: 2, maxLength: 2 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(grid, fc.nat(20), async (rows, size) => {
        const text = rows.map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(',')).join('\n');
        const pieces = text.match(new RegExp(`[^]{1,${size + 1}}`, 'g')) ?? [];
        const options = { header: ['0', '1'], delimiter: ',' as const, columns: { 0: 'text', 1: 'text' } as const };
        const found = recordsOf(await readCsv(pieces, options));
        expect(found).toEqual(rows.map(([a, b]) => ({ 0: a, 1: b })));
      }),
    );
  });
});

describe('real files', () => {
  const fixture = (name: string) => file(fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url)));

  test('births: 5479 days, sd 2326', async () => {
    const table = await readCsv(fixture('births.csv'));
    const births = (columnOf(table, 'births') as NumberColumn).values;
    expect(table.rows).toBe(5479);
    const mean = births.reduce((a, b) => a + b, 0) / births.length;
    expect(Math.sqrt(births.reduce((a, b) => a + (b - mean) ** 2, 0) / births.length)).toBeCloseTo(2326, -1);
  });

  test('CO2: 741 months', async () => {
    const table = await readCsv(fixture('co2-concentration.csv'));
    expect(table.rows).toBe(741);
    expect(table.columns.map(({ kind }) => kind)).toEqual(['date', 'number', 'number']);
  });
});
