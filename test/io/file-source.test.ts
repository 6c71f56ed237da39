import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCsv } from '../../src/data/csv/open-csv.ts';
import { readCsv } from '../../src/data/csv/read-csv.ts';
import { recordsOf } from '../../src/data/table/table.ts';
import { file } from '../../src/io/file-source.ts';

const server = createServer((request, response) => {
  if (request.url !== '/a.csv') response.writeHead(404);
  response.end('a,b\n1,x\n');
});
let folder = '';
let address = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'saddlepoint-'));
  await writeFile(join(folder, 'a.csv'), 'a,b\n1,x\n');
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  server.close();
});

describe('a file as a source', () => {
  test('is given by path, file URL or address', async () => {
    const path = join(folder, 'a.csv');
    for (const place of [path, pathToFileURL(path), `${address}/a.csv`, new URL(`${address}/a.csv`)]) {
      expect(recordsOf(await readCsv(file(place)))).toEqual([{ a: 1, b: 'x' }]);
    }
  });

  test('D11: is opened again for every epoch', async () => {
    for (const place of [join(folder, 'a.csv'), `${address}/a.csv`]) {
      const stream = openCsv(file(place));
      expect(stream.reopenable).toBe(true);
      for (let epoch = 0; epoch < 2; epoch++) for await (const table of stream) expect(table.rows).toBe(1);
    }
  });

  test('names itself where it is not there', async () => {
    await expect(readCsv(file(join(folder, 'b.csv')))).rejects.toThrow(`there is no file ${join(folder, 'b.csv')}`);
    await expect(readCsv(file(folder))).rejects.toThrow(`could not read ${folder}`);
    await expect(readCsv(file(`${address}/b.csv`))).rejects.toThrow(`${address}/b.csv answered with status 404`);
    await expect(readCsv(file('http://127.0.0.1:1/'))).rejects.toThrow('could not fetch http://127.0.0.1:1/');
  });

  test('is named in the errors of its reader', async () => {
    await writeFile(join(folder, 'bad.csv'), 'a,b\n1\n');
    await expect(readCsv(file(join(folder, 'bad.csv')))).rejects.toThrow(
      `${join(folder, 'bad.csv')}: row 0 (counted from 0; line 2)`,
    );
  });
});
