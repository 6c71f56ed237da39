/**
 * @file A plan for a team of threads: the same instructions at the same places for each, with the words of its own slice, and
 * marks where all must meet. An instruction that stays whole is the first thread's, and the others pass over it.
 */
import { bytesAt, operationsAt } from './costs.ts';
import { align } from './format.ts';
import { instructionsOf, lengthAt, type Operand, opcodeAt, overlap } from './instruction.ts';
import * as I from './opcodes.ts';
import { operandsAt } from './operands.ts';
import { keepCopy, type OwnCopy, ownCopies } from './own-copies.ts';
import { indexBoundAt } from './sizes.ts';
import { sliceOf } from './slices.ts';

/** Less than this is not worth cutting: a thread is done before the other has the data. Bytes, and operations. */
const SMALL_BYTES = 8192;
const SMALL_OPERATIONS = 32768;

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

/** Bytes of the largest. What a plan has is within the arena, where other threads may already have other values. */
function scratchBytes(words: Int32Array): number {
  let most = 0;
  for (const at of instructionsOf(words)) most = Math.max(most, scratchOf(operandsAt(words, at) ?? [])?.bytes ?? 0);
  return most;
}

/** With what may be read behind it. */
const roomFor = (bytes: number): number => align(bytes + I.Constant.slackBytes);

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

const clash = (a: Operand, b: Operand): boolean => (a.writes || b.writes) && overlap(a, b);

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
      mine.some((x) => since.some((others, b) => a !== b && others.some((y) => clash(x, y)))),
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

export interface CutOptions {
  /** Small instructions too, for tests. */
  readonly cutsAll?: boolean;
  /** Of what is cut at multiples of so many elements, by word index. */
  readonly grains?: ReadonlyMap<number, number>;
}

/** The words of each thread, as far as they are cut, and what each gathers for itself. */
function cutWords(
  words: Int32Array,
  threads: number,
  capacity: number,
  { cutsAll = false, grains = new Map() }: CutOptions,
): { readonly own: readonly Int32Array[]; readonly copies: readonly OwnCopy[] } {
  const starts = [...instructionsOf(words)];
  const own = Array.from({ length: threads }, () => words.slice());
  starts.forEach((_, i) => {
    share(words, starts, i, own, cutsAll, grains);
  });
  return { own, copies: ownCopies(words, own, capacity) };
}

/** Bytes that a thread needs for itself: scratch memory, and behind it what it gathers. @param capacity rows of the step tables */
export function threadBytes(
  words: Int32Array,
  thread: number,
  threads: number,
  capacity: number,
  options: CutOptions = {},
): number {
  const { copies } = cutWords(words, threads, capacity, options);
  const kept = thread === 0 ? [] : copies;
  return kept.reduce((sum, { bytes }) => sum + roomFor(bytes), roomFor(scratchBytes(words)));
}

/** The words of each thread. @param capacity rows of the step tables. @param memory where the memory of each thread begins */
export function teamWords(
  words: Int32Array,
  threads: number,
  capacity: number,
  memory: (thread: number) => number,
  options: CutOptions = {},
): readonly Int32Array[] {
  const starts = [...instructionsOf(words)];
  const { own, copies } = cutWords(words, threads, capacity, options);
  own.forEach((mine, thread) => {
    let to = memory(thread) + roomFor(scratchBytes(words));
    for (const copy of copies) {
      // The first thread's is where the plan has it.
      keepCopy(mine, words, copy, thread === 0 ? undefined : to);
      to += roomFor(copy.bytes);
    }
    for (const start of starts) moveScratch(mine, start, memory(thread));
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
