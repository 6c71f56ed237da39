/** @file What the rows of a call give: kept on the device until the last is enqueued, then read in a few pieces. */
import { ARRAYS, type HostArray } from '../../core/dtype.ts';
import { must } from '../../core/errors.ts';
import { sizeOf } from '../../core/shape.ts';
import type { Spec } from '../../graph/node.ts';
import type { Held } from './held.ts';
import type { Tensor, Tfjs } from './tfjs.ts';

/** Rows that are read together: always so many, so that one shader does for every call. */
const PIECE = 16;

interface Table {
  readonly spec: Spec;
  readonly data: HostArray;
}

/** Floats of the device as they are stored. */
export function fromDevice(dtype: Spec['dtype'], data: Float32Array): HostArray {
  if (dtype === 'f32') return data.slice();
  // 2³¹ − 1 has no float; the next is 2³¹, and would turn negative.
  return ARRAYS[dtype].from(Float64Array.from(data, (x) => Math.min(x, 2 ** 31 - 1)));
}

export class Results {
  readonly #tfjs: Tfjs;
  /** By output; undefined for blocks. */
  readonly #tables: readonly (Table | undefined)[];
  /** A row each: the flag, if there is one, then the outputs that the device has. */
  readonly #rows: Tensor[] = [];
  #layout: { readonly flagged: boolean; readonly onDevice: readonly boolean[] } | undefined;

  constructor(tfjs: Tfjs, tables: readonly (Table | undefined)[]) {
    this.#tfjs = tfjs;
    this.#tables = tables;
  }

  add(outputs: readonly Held[], flag: Held | undefined): void {
    const row = this.#rows.length;
    const onDevice = outputs.map(({ host }, i) => this.#tables[i] !== undefined && host === undefined);
    this.#layout ??= { flagged: flag !== undefined, onDevice };
    outputs.forEach(({ host }, i) => {
      const table = this.#tables[i];
      if (host !== undefined) table?.data.set(host, row * host.length);
    });
    const { core } = this.#tfjs;
    const packed = core.tidy(() => {
      const parts = outputs.flatMap((output, i) => (onDevice[i] ? [output.tensor([sizeOf(output.spec.shape)])] : []));
      if (flag !== undefined) parts.unshift(flag.tensor([1]));
      if (parts.length === 0) return core.zeros([1]);
      return parts.length === 1 ? core.clone(parts[0] as Tensor) : core.concat(parts, 0);
    });
    this.#rows.push(core.keep(packed));
  }

  /** Begins to read. */
  enqueue(): Promise<ArrayLike<number>>[] {
    const { core } = this.#tfjs;
    const pieces: Promise<ArrayLike<number>>[] = [];
    for (let at = 0; at < this.#rows.length; at += PIECE) {
      const rows = this.#rows.slice(at, at + PIECE);
      const last = must(rows.at(-1), 'a row');
      // One row alone, as most programs have, is read as it is.
      if (this.#rows.length > 1) while (rows.length < PIECE) rows.push(last);
      const piece = core.tidy(() => core.keep(rows.length === 1 ? core.clone(last) : core.concat(rows, 0)));
      pieces.push(piece.data().finally(() => piece.dispose()));
    }
    this.dispose();
    return pieces;
  }

  /** Fills the tables. @returns how many rows count. */
  async accept(pieces: readonly Promise<ArrayLike<number>>[]): Promise<number> {
    const data = await Promise.all(pieces);
    const { flagged = false, onDevice = [] } = this.#layout ?? {};
    const count = this.#rows.length;
    for (let row = 0; row < count; row++) {
      const all = data[Math.floor(row / PIECE)] as Float32Array;
      const width = all.length / (count > 1 ? PIECE : 1);
      let at = (row % PIECE) * width;
      if (flagged && all[at++] !== 0) return row;
      this.#tables.forEach((table, i) => {
        if (table === undefined || !onDevice[i]) return;
        const size = sizeOf(table.spec.shape);
        table.data.set(fromDevice(table.spec.dtype, all.subarray(at, at + size)), row * size);
        at += size;
      });
    }
    return count;
  }

  /** Frees what has not been read. */
  dispose(): void {
    for (const row of this.#rows) row.dispose();
  }
}
