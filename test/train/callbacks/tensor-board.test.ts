import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EpochRecord, fit, type StepRecord, sgd } from 'saddlepoint';
import { tensorBoard } from 'saddlepoint/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { classes, classifier, clouds, rejection } from '../examples.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'saddlepoint-'));
});
afterAll(() => rm(root, { recursive: true }));

// An independent reader, from the published layouts: record_writer.h, crc32c.h, event.proto, summary.proto.

/** CRC32C bit by bit, without a table. */
function crc(bytes: Uint8Array): number {
  let rest = ~0;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (0x82f63b78 & -(rest & 1));
  }
  return ~rest >>> 0;
}

/** ((crc >> 15) | (crc << 17)) + 0xa282ead8 in 32 bits, by big integers. */
function mask(value: number): number {
  const wide = BigInt(value);
  return Number(((((wide >> 15n) | (wide << 17n)) % 2n ** 32n) + 0xa282ead8n) % 2n ** 32n);
}

function recordsIn(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const records: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(view.getBigUint64(at, true));
    expect(view.getUint32(at + 8, true)).toBe(mask(crc(bytes.subarray(at, at + 8))));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(data).toHaveLength(length);
    expect(view.getUint32(at + 12 + length, true)).toBe(mask(crc(data)));
    records.push(data);
    at += 16 + length;
  }
  return records;
}

type Field = readonly [number: number, value: number | Uint8Array];

/** The fields of a protobuf message, by wire type. */
function fieldsOf(bytes: Uint8Array): Field[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  const varint = (): number => {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = bytes[at++] as number;
      value += (byte & 127) * scale;
      scale *= 128;
      if (byte < 128) return value;
    }
  };
  const pass = (count: number): number => {
    at += count;
    return at - count;
  };
  const fields: Field[] = [];
  while (at < bytes.length) {
    const key = varint();
    const number = key >>> 3;
    if ((key & 7) === 0) fields.push([number, varint()]);
    else if ((key & 7) === 1) fields.push([number, view.getFloat64(pass(8), true)]);
    else if ((key & 7) === 5) fields.push([number, view.getFloat32(pass(4), true)]);
    else {
      expect(key & 7).toBe(2);
      const length = varint();
      const from = pass(length);
      fields.push([number, bytes.subarray(from, at)]);
    }
  }
  expect(at).toBe(bytes.length);
  return fields;
}

const text = (bytes: unknown): string => new TextDecoder().decode(bytes as Uint8Array);

interface Read {
  readonly wallTime: number;
  readonly step: number;
  readonly version: string | undefined;
  readonly scalars: Record<string, number>;
}

function eventOf(bytes: Uint8Array): Read {
  const fields = new Map(fieldsOf(bytes));
  const summary = fields.get(5) as Uint8Array | undefined;
  const values = (summary ? fieldsOf(summary) : []).map(([number, value]) => {
    expect(number).toBe(1);
    const inner = new Map(fieldsOf(value as Uint8Array));
    return [text(inner.get(1)), inner.get(2) as number] as const;
  });
  return {
    wallTime: fields.get(1) as number,
    step: (fields.get(2) as number | undefined) ?? 0,
    version: fields.has(3) ? text(fields.get(3)) : undefined,
    scalars: Object.fromEntries(values),
  };
}

async function eventsIn(...folder: string[]): Promise<Read[]> {
  const files = await readdir(join(root, ...folder));
  expect(files).toHaveLength(1);
  expect(files[0]).toMatch(/^events\.out\.tfevents\.\d{10}\.[\w.-]+\.\d+\.\d+$/);
  return recordsIn(await readFile(join(root, ...folder, files[0] as string))).map(eventOf);
}

const rounded = (values: object) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`epoch/${name}`, Math.fround(value)]));

describe('tensorBoard', () => {
  it("the reader's checksum is that of RFC 3720", () => {
    expect(crc(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
    expect(crc(new Uint8Array(32))).toBe(0x8a9136aa);
  });

  it('writes what the history says, training and validation apart, after each epoch', async () => {
    const began = Date.now() / 1000;
    const sizes: number[] = [];
    const watch = async () => void sizes.push((await eventsIn('one', 'train')).length);
    const run = await fit(classifier(), clouds(40), {
      ...{ ...classes, epochs: 3, validation: 0.2, optimizer: sgd({ learningRate: 0.25 }) },
      callbacks: [tensorBoard(join(root, 'one')), watch],
    });
    expect(sizes).toEqual([2, 3, 4]);
    const [first, ...events] = await eventsIn('one', 'train');
    expect(first).toMatchObject({ version: 'brain.Event:2', scalars: {} });
    expect(events).toHaveLength(3);
    events.forEach(({ step, wallTime, scalars, version }, i) => {
      const { epoch, validation, ...numbers } = run.history[i] as unknown as EpochRecord;
      expect(step).toBe(epoch);
      expect(version).toBeUndefined();
      expect(scalars).toEqual({ ...rounded(numbers), 'epoch/learningRate': 0.25 });
      expect(wallTime).toBeGreaterThanOrEqual(began);
      expect(wallTime).toBeLessThanOrEqual(Date.now() / 1000);
      expect(validation).toBeDefined();
    });
    const [head, ...held] = await eventsIn('one', 'validation');
    expect(head?.version).toBe('brain.Event:2');
    expect(held.map(({ scalars }) => scalars)).toEqual(run.history.map(({ validation }) => rounded(validation ?? {})));
  });

  it('writes steps if asked to, and changes nothing of the run', async () => {
    const steps: StepRecord[] = [];
    const watch = { every: 1, onStep: (step: StepRecord) => void steps.push(step) };
    const options = { ...classes, epochs: 2, batchSize: 4 };
    const run = await fit(classifier(), clouds(40), {
      ...options,
      callbacks: [tensorBoard(join(root, 'two'), { steps: 3 }), watch],
    });
    const events = (await eventsIn('two', 'train')).filter(({ scalars }) => 'step/loss' in scalars);
    expect(events.map(({ step }) => step)).toEqual([0, 3, 6, 9, 12, 15, 18]);
    for (const { step, scalars } of events)
      expect(scalars).toEqual({
        'step/loss': Math.fround(steps[step]?.loss ?? Number.NaN),
        'step/gradientNorm': Math.fround(steps[step]?.gradientNorm ?? Number.NaN),
      });
    const plain = await fit(classifier(), clouds(40), options);
    expect(plain.history.map(({ loss }) => loss)).toEqual(run.history.map(({ loss }) => loss));
    expect(await readdir(join(root, 'two'))).toEqual(['train']);
  });

  it('begins new files in each run, and keeps what an aborted epoch showed', async () => {
    const board = tensorBoard(join(root, 'three'), { steps: 1 });
    const stop = new AbortController();
    const abort = { every: 1, onStep: ({ step }: StepRecord) => void (step === 1 && stop.abort()) };
    await fit(classifier(), clouds(40), { ...classes, callbacks: [board, abort], signal: stop.signal });
    const steps = (await eventsIn('three', 'train')).map(({ step }) => step);
    expect(steps).toEqual([0, 0, 1]);
    await fit(classifier(), clouds(40), { ...classes, epochs: 1, callbacks: [board] });
    expect(await readdir(join(root, 'three', 'train'))).toHaveLength(2);
  });

  it('refuses what is no folder, before the run or when it is written', async () => {
    expect(() => tensorBoard('' as never)).toThrow(/expected a folder, got ''/);
    expect(() => tensorBoard('a', { steps: 0 })).toThrow(/steps: expected an integer ≥ 1, got 0/);
    expect(() => tensorBoard('a', { step: 1 } as never)).toThrow(/unknown option 'step'/);
    await writeFile(join(root, 'taken'), '');
    const run = fit(classifier(), clouds(9), { ...classes, callbacks: [tensorBoard(join(root, 'taken'))] });
    const error = await rejection(run);
    expect(error).toMatchObject({ code: 'file' });
    expect(error.message).toMatch(/could not write .*taken/);
  });
});
