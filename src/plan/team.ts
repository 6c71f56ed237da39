/**
 * @file A plan for a team of threads: the same instructions at the same places for each, with the words of its own slice, and
 * marks where all must meet. An instruction that stays whole is the first thread's, and the others pass over it.
 */
import { bytesAt, operationsAt } from './costs.ts';
import type { Operand } from './instruction.ts';
import * as I from './opcodes.ts';
import { operandsAt } from './operands.ts';
import { indexBoundAt } from './sizes.ts';
import { sliceOf } from './slices.ts';

/** Less than this is not worth cutting: a thread is done before the other has the data. Bytes, and operations. */
const SMALL_BYTES = 8192;
const SMALL_OPERATIONS = 32768;

const opcodeAt = (words: Int32Array, at: number): number => (words[at] as number) & 0x7fff;
const lengthAt = (words: Int32Array, at: number): number => (words[at] as number) >>> 16;

/** The word index of each instruction, those in loops included. */
export function* instructionsOf(words: Int32Array): Generator<number> {
  for (let at = 0; at < words.length; at += lengthAt(words, at)) yield at;
}

/** The field with the address of scratch memory, which each thread needs for itself. */
const SCRATCH: Readonly<Partial<Record<number, number>>> = {
  [I.Opcode.matmul]: I.MatmulField.scratch,
  [I.Opcode.panelMatmul]: I.MatmulField.scratch,
  [I.Opcode.batchMatmul]: I.BatchMatmulField.scratch,
  [I.Opcode.conv2d]: I.ConvField.scratch,
  [I.Opcode.conv2dInputGradient]: I.ConvField.scratch,
  [I.Opcode.conv2dFilterGradient]: I.ConvField.scratch,
  [I.Opcode.standardize]: I.StandardizeField.scratch,
  [I.Opcode.standardizeGradient]: I.StandardizeGradientField.scratch,
  [I.Opcode.group]: I.GroupField.scratch,
  [I.Opcode.rowOrder]: I.RowOrderField.scratch,
  [I.Opcode.rowNorm]: I.RowNormField.scratch,
  [I.Opcode.rowUpdate]: I.RowUpdateField.scratch,
};

const scratchOf = (operands: readonly Operand[]): Operand | undefined =>
  operands.find(({ name }) => name === 'scratch');

/**
 * Bytes of scratch memory that every thread needs for a plan. What a plan has is within the arena, where other threads may
 * already have other values.
 */
export function threadScratchBytes(words: Int32Array): number {
  let most = 0;
  for (const at of instructionsOf(words)) most = Math.max(most, scratchOf(operandsAt(words, at) ?? [])?.bytes ?? 0);
  return most;
}

/** Gives an instruction scratch memory of the thread's own; a group's members are in it too. */
function moveScratch(words: Int32Array, at: number, to: number): void {
  const field = SCRATCH[opcodeAt(words, at)];
  const scratch = scratchOf(operandsAt(words, at) ?? []);
  if (field === undefined || scratch === undefined) return;
  words[at + field] = to;
  if (opcodeAt(words, at) !== I.Opcode.group) return;
  const end = at + lengthAt(words, at);
  for (let member = at + I.GroupField.words; member < end; member += lengthAt(words, member)) {
    // Addresses come first: one of the destination, and up to three operands.
    const last = { [I.Opcode.unary]: 2, [I.Opcode.binary]: 3 }[opcodeAt(words, member)] ?? 4;
    for (let i = member + 1; i <= member + last; i++) {
      const address = words[i] as number;
      if (address >= scratch.address && address < scratch.address + scratch.bytes)
        words[i] = address - scratch.address + to;
    }
  }
}

const isSmall = (words: Int32Array, at: number): boolean =>
  operationsAt(words, at) < SMALL_OPERATIONS && bytesAt(words, at) < SMALL_BYTES;

/** Instructions of one kind in a row write to different places: the sums of a filter gradient in parts. Its place among them. */
function placeInRun(words: Int32Array, starts: readonly number[], i: number): readonly [place: number, length: number] {
  const isMember = (k: number): boolean =>
    starts[k] !== undefined && opcodeAt(words, starts[k]) === I.Opcode.conv2dFilterGradient;
  let first = i;
  while (isMember(first - 1)) first--;
  let end = i;
  while (isMember(end + 1)) end++;
  return [i - first, end - first + 1];
}

/** Writes each thread's slice of the instruction into its words; says nothing where it stays whole for all (`repeat`). */
function share(
  words: Int32Array,
  starts: readonly number[],
  i: number,
  own: readonly Int32Array[],
  cutsAll: boolean,
  grains: ReadonlyMap<number, number>,
): void {
  const at = starts[i] as number;
  const opcode = opcodeAt(words, at);
  if (opcode === I.Opcode.repeat) return;
  const only = (owner: number): void => {
    own.forEach((mine, thread) => {
      if (thread !== owner) mine[at] = lengthAt(words, at) << 16;
    });
  };
  if (opcode === I.Opcode.conv2dFilterGradient) {
    const [place, length] = placeInRun(words, starts, i);
    if (length > 1) {
      only(Math.floor((place * own.length) / length));
      return;
    }
  }
  const read = (field: number): number => words[at + field] as number;
  const slices =
    !cutsAll && isSmall(words, at) ? [] : own.map((_, thread) => sliceOf(read, thread, own.length, grains.get(at)));
  if (slices.length === 0 || slices.some((found) => found === undefined)) {
    only(0);
    return;
  }
  own.forEach((mine, thread) => {
    const slice = slices[thread]?.slice;
    if (slice === undefined) mine[at] = lengthAt(words, at) << 16;
    for (const [field, value] of Object.entries(slice ?? {})) mine[at + Number(field)] = value;
  });
}

const overlap = (a: Operand, b: Operand): boolean =>
  a.address < b.address + b.bytes && b.address < a.address + a.bytes && (a.writes || b.writes);

/** Whether an instruction may stop the run: all threads must know before they go on. */
const mayStop = (words: Int32Array, at: number): boolean =>
  opcodeAt(words, at) === I.Opcode.guard || indexBoundAt(words, at) > 0;

/** Marks the instructions before which threads must meet: those that touch what another thread may still be working on. */
function markMeetings(
  words: Int32Array,
  starts: readonly number[],
  own: readonly Int32Array[],
  capacity: number,
): void {
  let since: Operand[][] = own.map(() => []);
  let mustMeet = false;
  /** Word indices behind the loops under way. */
  const ends = new Set<number>();
  for (const at of starts) {
    const operands = own.map((mine) =>
      opcodeAt(mine, at) === 0 ? [] : (operandsAt(mine, at, capacity) ?? []).filter(({ name }) => name !== 'scratch'),
    );
    const clashes = operands.some((mine, a) =>
      mine.some((x) => since.some((others, b) => a !== b && others.some((y) => overlap(x, y)))),
    );
    if (clashes || mustMeet || ends.has(at)) {
      for (const mine of own) mine[at] = (mine[at] as number) | I.Constant.meetFirst;
      since = own.map(() => []);
    }
    operands.forEach((mine, thread) => {
      since[thread]?.push(...mine);
    });
    const isLoop = opcodeAt(words, at) === I.Opcode.repeat;
    if (isLoop) ends.add(at + I.RepeatField.words + (words[at + I.RepeatField.bodyWords] as number));
    // A turn begins where the one before it ended.
    mustMeet = isLoop || mayStop(words, at);
  }
}

/**
 * The words of each thread. @param capacity rows of the step tables. @param scratch where the scratch memory of each thread
 * lies. @param options cutsAll: small instructions too, for tests; grains: of what is cut at multiples of so many elements, by
 * word index.
 */
export function teamWords(
  words: Int32Array,
  threads: number,
  capacity: number,
  scratch: (thread: number) => number,
  {
    cutsAll = false,
    grains = new Map(),
  }: { readonly cutsAll?: boolean; readonly grains?: ReadonlyMap<number, number> } = {},
): readonly Int32Array[] {
  const starts = [...instructionsOf(words)];
  const own = Array.from({ length: threads }, () => words.slice());
  starts.forEach((_, i) => {
    share(words, starts, i, own, cutsAll, grains);
  });
  own.forEach((mine, thread) => {
    for (const at of starts) moveScratch(mine, at, scratch(thread));
  });
  markMeetings(words, starts, own, capacity);
  return own;
}

/** How far behind the whole instruction's a slice's indices begin: what is added to the position of a bad one. */
export function indexOffset(words: Int32Array, own: Int32Array, at: number): number {
  const first = (from: Int32Array): number => {
    const plain = from.slice();
    plain[at] = (plain[at] as number) & ~I.Constant.meetFirst;
    const found = operandsAt(plain, at)?.find(({ name }) => ['indices', 'labels', 'index'].includes(name));
    return found?.address ?? 0;
  };
  return (first(own) - first(words)) / 4;
}

/** About how long a step takes one thread, in microseconds: products at 20 GFLOP/s, everything at 10 GB/s. */
export function estimateMicroseconds(words: Int32Array): number {
  let sum = 0;
  let turns = 1;
  let end = 0;
  for (const at of instructionsOf(words)) {
    if (at >= end) turns = 1;
    if (opcodeAt(words, at) === I.Opcode.repeat) {
      turns *= words[at + I.RepeatField.count] as number;
      end = Math.max(end, at + I.RepeatField.words + (words[at + I.RepeatField.bodyWords] as number));
    }
    sum += turns * (operationsAt(words, at) / 2e4 + bytesAt(words, at) / 1e4);
  }
  return sum;
}
