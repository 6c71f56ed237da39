/**
 * @file Plan files: what stands in them, byte by byte, and the checksum. Little-endian throughout.
 *
 *      0  'saddplan'                                16  bytes of the header, u32
 *      8  version of the format, u32                20  checksum of the header, u32
 *     12  ABI of the machine's instructions, u32    24  the same, with all that follows folded in, u32
 *                                                   28  the header, JSON, padded with spaces to a multiple of 4
 *
 * Behind the header come, for each program, its words and its constants; then the scalars of steps; then the blocks that are
 * kept. How long each is follows from the header, so there are no offsets that could point elsewhere; each is padded to a
 * multiple of 4 bytes.
 */

export const MAGIC = 'saddplan';
export const FORMAT = 3;
export const PRELUDE = 28;

/** Element types by number: f32, i32, u8. */
export const DTYPES = ['f32', 'i32', 'u8'] as const;
export type DTypeNumber = 0 | 1 | 2;
export const ARRAYS = [Float32Array, Int32Array, Uint8Array] as const;

/** Where elements lie: address in bytes from the memory's base, how many, and their type. */
export type Extent = readonly [address: number, elements: number, dtype: DTypeNumber];

export interface BlockHeader {
  readonly name: string;
  readonly at: Extent;
  /** In the file: parameters, slots of the optimizer, statistics. */
  readonly kept?: true;
  /** Renewed by training steps, so that it is part of the state. */
  readonly renewed?: true;
  /** Kept, and read by training alone: it stays in the file until then. */
  readonly later?: true;
}

export interface ProgramHeader {
  readonly name: string;
  /** Address and count of its words. */
  readonly code: readonly [address: number, words: number];
  readonly constants: readonly Extent[];
  readonly tables: Readonly<Record<string, Extent>>;
  /** Of instructions that may find an index out of range: first word, op, path of the layer. */
  readonly origins: readonly (readonly [at: number, op: string, path: string])[];
}

export interface TrainHeader {
  /** Rows of a step, and the program of one. */
  readonly rows: number;
  readonly program: string;
  /** The program of a step of fewer rows, weighed by 1 and 0; left out: only whole batches. */
  readonly partial?: string;
  /** The program that renews what prediction reads, where that is not what is trained. */
  readonly refresh?: string;
  /** Of one row, and its type: 1 for class numbers. */
  readonly target: { readonly shape: readonly number[]; readonly dtype: DTypeNumber };
  readonly seed: number;
  /** Steps taken. */
  readonly step: number;
  /** Scalars a step, for how many steps, in how many bytes. */
  readonly scalars: { readonly width: number; readonly steps: number; readonly bytes: number };
}

export interface PlanHeader {
  /** The version of saddlepoint that wrote it. */
  readonly version: string;
  /** The build of the machine that it needs: with all instructions, or with those of dense networks. */
  readonly build: 'core' | 'simd';
  /** All that the memory holds, from its base. */
  readonly bytes: number;
  readonly arena: readonly [address: number, bytes: number];
  readonly blocks: readonly BlockHeader[];
  readonly programs: readonly ProgramHeader[];
  /** The shape of a row. */
  readonly input: readonly number[];
  readonly output: readonly number[];
  /** What the loss took for targets. */
  readonly target: 'class' | 'binary' | 'value';
  readonly classes?: readonly (string | number)[] | undefined;
  /** By rows, ascending: the program, and the block that it reads. */
  readonly predict: readonly { readonly rows: number; readonly program: string; readonly block: string }[];
  readonly train?: TrainHeader | undefined;
}

/**
 * FNV-1a over 32-bit words: `value` with whole words folded in. Against accidents: who changes a file on purpose renews it. Each
 * word is folded in by a step that can be undone, so that one that has changed always shows.
 *
 * Slow in a cold engine, which walks a megabyte in some 50 ms: what is long is summed by the machine, see `PlanMemory.checksum`.
 */
export function checksum(value: number, bytes: Uint8Array): number {
  // A copy begins at a multiple of 4.
  for (const word of new Int32Array(bytes.slice().buffer)) value = Math.imul(value ^ word, 0x01000193);
  return value >>> 0;
}

/** The next multiple of 4. */
export const padded = (bytes: number): number => Math.ceil(bytes / 4) * 4;
