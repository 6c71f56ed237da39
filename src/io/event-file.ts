/**
 * @file Event files as TensorBoard reads them: TFRecords of `Event` messages (tensorflow/core/util/event.proto), whose `Summary`
 * holds one number a tag (tensorflow/core/framework/summary.proto).
 */
import { PbfWriter } from 'pbf';
import { SaddlepointError } from '../core/errors.ts';
import { frameRecord } from './tf-record.ts';

/** Numbers at a step. */
export interface ScalarEvent {
  /** A whole number ≥ 0. */
  readonly step: number;
  /** Seconds since 1970. */
  readonly wallTime: number;
  /** By tag; stored as f32. */
  readonly scalars: Readonly<Record<string, number>>;
}

/** Field numbers. */
const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5 } as const;
const SUMMARY = { value: 1 } as const;
const VALUE = { tag: 1, simpleValue: 2 } as const;

/** What the first record of a file says. */
const VERSION = 'brain.Event:2';

/** Files of one process that begin in the same second. */
let count = 0;

function encoded(wallTime: number, write: (writer: PbfWriter) => void): Uint8Array {
  const writer = new PbfWriter();
  writer.writeDoubleField(EVENT.wallTime, wallTime);
  write(writer);
  return frameRecord(writer.finish());
}

function encodeScalars({ step, wallTime, scalars }: ScalarEvent): Uint8Array {
  return encoded(wallTime, (writer) => {
    writer.writeVarintField(EVENT.step, step);
    writer.writeMessage(
      EVENT.summary,
      (values, summary) => {
        for (const value of values)
          summary.writeMessage(
            SUMMARY.value,
            ([tag, number], message) => {
              message.writeStringField(VALUE.tag, tag);
              message.writeFloatField(VALUE.simpleValue, number);
            },
            value,
          );
      },
      Object.entries(scalars),
    );
  });
}

/** An event file under way: `add` keeps, `flush` appends to the file. Nothing is made before the first flush. */
export class EventFile {
  readonly path: string;
  readonly #folder: string;
  #waiting: Uint8Array[];
  #made = false;

  /** @param folder is made if it is not there; the file's name is TensorBoard's: events.out.tfevents.… */
  constructor(folder: string) {
    const { join } = process.getBuiltinModule('node:path');
    const { hostname } = process.getBuiltinModule('node:os');
    const wallTime = Date.now() / 1000;
    this.#folder = folder;
    const host = hostname().replace(/[^\w.-]/g, '-');
    this.path = join(folder, `events.out.tfevents.${Math.floor(wallTime)}.${host}.${process.pid}.${count++}`);
    this.#waiting = [encoded(wallTime, (writer) => writer.writeStringField(EVENT.fileVersion, VERSION))];
  }

  add(event: ScalarEvent): void {
    this.#waiting.push(encodeScalars(event));
  }

  /** @throws SaddlepointError `file` where the file cannot be written. */
  async flush(): Promise<void> {
    if (this.#waiting.length === 0) return;
    const { appendFile, mkdir } = process.getBuiltinModule('node:fs/promises');
    const { Buffer } = process.getBuiltinModule('node:buffer');
    const bytes = Buffer.concat(this.#waiting);
    this.#waiting = [];
    try {
      if (!this.#made) await mkdir(this.#folder, { recursive: true });
      this.#made = true;
      await appendFile(this.path, bytes);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new SaddlepointError('file', `could not write ${this.path}: ${reason}`, 'check the folder and its rights', {
        cause,
      });
    }
  }
}
