import { describe, expect, test } from 'vitest';
import { readJson, readJsonLines } from '../../../src/data/files/json-records.ts';
import { recordsOf } from '../../../src/data/table/table.ts';

describe('JSON', () => {
  test('is read as records or columns', async () => {
    const expected = [
      { a: 1, b: 'x' },
      { a: null, b: 'y' },
    ];
    expect(recordsOf(await readJson('[{"a":1,"b":"x"},{"a":null,"b":"y"}]'))).toEqual(expected);
    expect(recordsOf(await readJson(new Blob(['\ufeff{"a":[1,null],"b":["x","y"]}'])))).toEqual(expected);
  });

  test('is refused where it is damaged or of another form', async () => {
    await expect(readJson('[{"a":1}')).rejects.toThrow('the JSON text is not valid JSON');
    await expect(readJson('[1, 2]')).rejects.toThrow('row 0 (counted from 0) is 1');
    await expect(readJson('3')).rejects.toThrow('got 3');
    await expect(readJson(Uint8Array.of(0x1f, 0x8b, 8))).rejects.toThrow('is compressed (gzip)');
  });
});

describe('JSON lines', () => {
  test('are read with CRLF, empty lines and gaps', async () => {
    expect(recordsOf(await readJsonLines('{"a":1}\r\n\r\n{"b":true}'))).toEqual([
      { a: 1, b: null },
      { a: null, b: true },
    ]);
  });

  test('name the line that is wrong', async () => {
    await expect(readJsonLines('{"a":1}\n{"a":\n')).rejects.toThrow('the JSON lines: line 2 is not valid JSON');
    await expect(readJsonLines('{"a":1}\n\n[1]\n')).rejects.toThrow("line 3 is '[1]', an object expected");
    await expect(readJsonLines(`{"a":1}\n"${'x'.repeat(100)}`, { maxLineLength: 50 })).rejects.toThrow(
      'line 2 is longer than 50 characters',
    );
    await expect(readJsonLines('')).rejects.toThrow('the JSON lines is empty');
  });
});
