/** @file Every reader against a corpus of good files that are cut, changed, doubled and mixed: read or refused, never broken. */
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { encode as encodePng } from 'fast-png';
import { zipSync } from 'fflate';
import jpeg from 'jpeg-js';
import { describe, expect, test } from 'vitest';
import { openCsv } from '../../src/data/csv/open-csv.ts';
import { readCsv } from '../../src/data/csv/read-csv.ts';
import { readIdx } from '../../src/data/files/idx.ts';
import { readJson, readJsonLines } from '../../src/data/files/json-records.ts';
import { readNpy, readNpz } from '../../src/data/files/npy.ts';
import { readImages } from '../../src/data/images/read-images.ts';
import { readWordVectors, writeWordVectors } from '../../src/io/word-vectors.ts';

const text = (content: string) => new TextEncoder().encode(content);
const npyHeader = `${"{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }".padEnd(117)}\n`;
const npy = Uint8Array.of(0x93, ...text('NUMPY'), 1, 0, 118, 0, ...text(npyHeader), ...new Uint8Array(16));
const vectors = { words: ['a', 'bc'], dimensions: 2, data: Float32Array.of(1, 2, 3, 4) };
const idx = Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4);
const gray = { width: 8, height: 8, data: new Uint8Array(64).map((_, i) => i), channels: 1 };

const corpus: readonly Uint8Array[] = [
  text('a,b\n1,"x ""y"""\n2,z\n'),
  text('\ufeffa;b;c\r\n1,5;31.12.2024;yes\r\n2,5;;no\r\n'),
  text('[{"a":1,"b":"x"},{"a":null}]'),
  text('{"a":1}\n{"a":2}\n'),
  npy,
  zipSync({ 'x.npy': npy }),
  idx,
  new Uint8Array(gzipSync(idx)),
  encodePng(gray),
  new Uint8Array(jpeg.encode({ width: 8, height: 8, data: new Uint8Array(256).map((_, i) => i) }, 80).data),
  writeWordVectors(vectors, { format: 'word2vec-text' }),
  writeWordVectors(vectors, { format: 'word2vec-binary' }),
];

const LIMIT = 1_000_000;
const readers: Readonly<Record<string, (bytes: Uint8Array) => unknown>> = {
  readCsv: (bytes) => readCsv(bytes),
  openCsv: async (bytes) => {
    for await (const _ of openCsv(bytes, { rows: 1, sample: 1 }));
  },
  readJson: (bytes) => readJson(bytes),
  readJsonLines: (bytes) => readJsonLines(bytes),
  readNpy: (bytes) => readNpy(bytes, { limit: LIMIT }),
  readNpz: (bytes) => readNpz(bytes, { limit: LIMIT }),
  readIdx: (bytes) => readIdx(bytes, { limit: LIMIT }),
  readImages: (bytes) => readImages([bytes], { maxPixels: 10_000 }),
  'readWordVectors, text': (bytes) => readWordVectors(bytes),
  'readWordVectors, binary': (bytes) => readWordVectors(bytes, { format: 'word2vec-binary' }),
};

/** A good file with some of what happens to files done to it. */
const damaged = fc
  .record({
    file: fc.constantFrom(...corpus),
    changes: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
    from: fc.nat(),
    to: fc.nat(),
    cut: fc.boolean(),
    inserted: fc.uint8Array({ maxLength: 6 }),
  })
  .map(({ file, changes, from, to, cut, inserted }) => {
    const at = from % (file.length + 1);
    const end = cut ? at + (to % (file.length - at + 1)) : file.length;
    const bytes = Uint8Array.of(...file.subarray(0, at), ...inserted, ...file.subarray(cut ? end : at));
    for (const [place, value] of changes) if (bytes.length > 0) bytes[place % bytes.length] = value;
    return bytes;
  });

/** Refused with an error of this library, or read; anything else fails the test. */
async function survives(read: (bytes: Uint8Array) => unknown, bytes: Uint8Array): Promise<void> {
  try {
    await read(bytes);
  } catch (error) {
    if ((error as Error).name !== 'SaddlepointError' || (error as { code?: string }).code === 'internal') throw error;
  }
}

describe.each(Object.entries(readers))('%s', (_, read) => {
  test('reads or refuses damaged files', { timeout: 20_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(damaged, (bytes) => survives(read, bytes)),
      { numRuns: 250 },
    );
  });

  test('reads or refuses any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), (bytes) => survives(read, bytes)),
      { numRuns: 100 },
    );
  });

  test('reads or refuses every file cut off at every length', async () => {
    for (const file of corpus) {
      // Every length of short files; of long ones some.
      const step = Math.max(1, Math.floor(file.length / 40));
      for (let length = 0; length <= file.length; length += step) await survives(read, file.subarray(0, length));
    }
  });
});

test('the corpus is read by its readers', async () => {
  const files = [0, 0, 2, 3, 4, 5, 6, 8, 10, 11].map((i) => corpus[i] as Uint8Array);
  await Promise.all(Object.values(readers).map((read, i) => read(files[i] as Uint8Array)));
  await Promise.all([
    readCsv(corpus[1] as Uint8Array),
    readIdx(corpus[7] as Uint8Array),
    readImages([corpus[9] as Uint8Array]),
  ]);
  expect(corpus).toHaveLength(12);
});
