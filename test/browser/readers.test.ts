/** @file Readers on a page: without Buffer, with the browser's own decoder of images. */
import { encode } from 'fast-png';
import { describe, expect, test } from 'vitest';
import { readCsv } from '../../src/data/csv/read-csv.ts';
import { readIdx } from '../../src/data/files/idx.ts';
import { readImages } from '../../src/data/images/read-images.ts';
import { recordsOf } from '../../src/data/table/table.ts';

const data = Uint8Array.from({ length: 48 }, (_, i) => (i * 37) % 256);
const png = encode({ width: 4, height: 4, channels: 3, data });

describe('on a page', () => {
  test('CSV is read from a file that the user has chosen', async () => {
    const chosen = new File(['\ufeffname;x\r\n"Ada; A.";1,5\r\nBo;2\r\n'], 'people.csv');
    const table = await readCsv(chosen);
    expect(recordsOf(table)).toEqual([
      { name: 'Ada; A.', x: 1.5 },
      { name: 'Bo', x: 2 },
    ]);
    expect(table.origin?.name).toBe('people.csv');
  });

  test('images are decoded by the browser, to the bytes that the libraries give', async () => {
    const own = await readImages([png]);
    expect(own).toEqual(await readImages([png], { decoder: 'library' }));
    expect(own.data).toEqual(data);
  });

  test('what is no image is refused by name', async () => {
    const chosen = new File([Uint8Array.of(1, 2, 3)], 'cat.png');
    await expect(readImages([chosen])).rejects.toThrow('cat.png: the image is damaged or cut off');
  });

  test('gzip is undone', async () => {
    const idx = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7, 9);
    const packed = new Blob([idx]).stream().pipeThrough(new CompressionStream('gzip'));
    expect((await readIdx(packed)).data).toEqual(Uint8Array.of(7, 9));
  });
});
