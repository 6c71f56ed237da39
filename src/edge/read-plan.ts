/** @file A plan file, read: bytes are taken for hostile, so sizes come before use, and every part is checked before it may run. */
import { BYTES } from '../core/dtype.ts';
import type { Region } from '../plan/format.ts';
import { inspectWords } from '../plan/inspect.ts';
import { Constant } from '../plan/opcodes.ts';
import { damaged } from './damaged.ts';
import {
  checksum,
  DTYPES,
  type Extent,
  FORMAT,
  MAGIC,
  type PlanHeader,
  PRELUDE,
  type ProgramHeader,
  padded,
} from './format.ts';

/** A program that may run. */
export interface ReadProgram {
  readonly header: ProgramHeader;
  /** Of one step: see `Inspection`. */
  readonly work: number;
}

export interface ReadPlan {
  readonly header: PlanHeader;
  /** Tells this file from others. */
  readonly id: number;
  readonly programs: ReadonlyMap<string, ReadProgram>;
  /** What to write where, before the first step. */
  readonly contents: readonly { readonly address: number; readonly bytes: Uint8Array }[];
  readonly scalars: Uint8Array;
  readonly isExtended: boolean;
}

/** What a file may claim. */
export interface PlanLimits {
  /** Bytes of memory. */
  readonly memoryLimit: number;
  /** Work of one step of any program. */
  readonly workLimit: number;
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const bytesOf = ([, elements, dtype]: Extent): number => elements * BYTES[DTYPES[dtype]];

/** The value, if it is a whole number in the range. */
function whole(value: unknown, most: number, least = 0): number {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value as number;
  throw damaged(`the plan's header is damaged: ${JSON.stringify(value)} is no whole number in ${least} … ${most}`);
}

/** @throws SaddlepointError `file`: no plan, of another version, damaged; `memory`: more than the limits. */
export function readPlan(file: Uint8Array, limits: PlanLimits): ReadPlan {
  const { header, id, from } = openFile(file);
  checkHeader(header, limits);
  return readSections(file, from, header, id, limits);
}

function openFile(file: Uint8Array): { header: PlanHeader; id: number; from: number } {
  const start = text(file.subarray(0, MAGIC.length));
  if (start !== MAGIC) {
    const what = /^\s*</.test(start) ? 'this is an HTML page, not a plan' : 'this is not a plan file';
    throw damaged(what, 'a plan is what savePlan wrote; check the address and how the bytes were read');
  }
  if (file.length < PRELUDE) throw damaged(`the plan is cut off after ${file.length} bytes`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const [format, abi, length, sum] = [8, 12, 16, 20].map((at) => view.getUint32(at, true)) as [
    number,
    number,
    number,
    number,
  ];
  if (format !== FORMAT || abi !== Constant.abiVersion)
    throw damaged(
      `the plan has format ${format} and instructions of version ${abi}, this saddlepoint takes ${FORMAT} and ${Constant.abiVersion}`,
      'export it again, by savePlan of the version that loads it',
    );
  const from = PRELUDE + length;
  if (from > file.length) throw damaged(`the plan is cut off after ${file.length} bytes, within its header`);
  if (checksum(file.subarray(PRELUDE)) !== sum) throw damaged('the plan is damaged: its checksum is another');
  try {
    return { header: JSON.parse(text(file.subarray(PRELUDE, from))) as PlanHeader, id: sum, from };
  } catch {
    throw damaged("the plan's header is damaged: it is no JSON");
  }
}

/** Everything that later code takes for granted: counts are counts, names lead somewhere, blocks are as large as their use. */
function checkHeader(header: PlanHeader, { memoryLimit }: PlanLimits): void {
  const { blocks, programs, input, output, classes, predict, train } = header;
  const fits = (extent: Extent | undefined, elements: number, dtype: number): void => {
    if (extent?.[1] !== elements || extent[2] !== dtype) throw damaged("the plan's parts do not fit each other");
  };
  const find = <T extends { readonly name: string }>(list: readonly T[], name: string): T => {
    const found = list.find((one) => one.name === name);
    if (found === undefined) throw damaged(`the plan has no ${name}`);
    return found;
  };
  const sizeOf = (shape: readonly number[]): number =>
    shape.reduce((size, dimension) => whole(size * whole(dimension, memoryLimit, 1), memoryLimit, 1), 1);
  const table = (program: string, name: string): Extent | undefined => find(programs, program).tables[name];
  const [width, units] = [sizeOf(input), sizeOf(output)];
  whole(input.length, 8);
  whole(output.length, 8);
  if (
    !['class', 'binary', 'value'].includes(header.target) ||
    (classes !== undefined &&
      !(Array.isArray(classes) && classes.length >= (header.target === 'class' ? (output.at(-1) ?? 1) : 2)))
  )
    throw damaged("the plan's classes are damaged");
  whole(predict.length, 16, 1);
  for (const { rows, program, block } of predict) {
    fits(find(blocks, block).at, whole(rows, memoryLimit, 1) * width, 0);
    fits(table(program, 'prediction'), rows * units, 0);
  }
  if (train === undefined) return;
  const { rows, target, scalars } = train;
  const goal = sizeOf(target.shape);
  whole(train.step, 2 ** 31);
  whole(scalars.steps, 2 ** 20, 1);
  whole(scalars.width, 64, 1);
  whole(scalars.bytes, 6 * scalars.steps * scalars.width);
  const x = find(blocks, 'x').at;
  fits(x, whole(rows, 2 ** 20, 1) * width, whole(x[2], 1));
  fits(find(blocks, 'y').at, rows * goal, whole(target.dtype, 1));
  for (const program of [train.program, train.partial ?? train.program]) {
    fits(table(program, 'indices'), rows, 1);
    fits(table(program, 'key'), 3, 1);
    fits(table(program, 'scalars'), scalars.width, 0);
    fits(table(program, 'pulse'), whole(table(program, 'pulse')?.[1], 64, 2), 0);
  }
  if (train.partial !== undefined) fits(find(blocks, 'weights').at, rows, 0);
  if (train.refresh !== undefined) find(programs, train.refresh);
}

function readSections(
  file: Uint8Array,
  from: number,
  header: PlanHeader,
  id: number,
  { memoryLimit, workLimit }: PlanLimits,
): ReadPlan {
  const { blocks, programs: headers, arena, train } = header;
  if (whole(header.bytes, 2 ** 32) > memoryLimit)
    throw damaged(
      `the plan needs ${header.bytes} bytes of memory, the limit is ${memoryLimit}`,
      'raise memoryLimit, or export it with smaller batchSizes',
    );
  const regions: Region[] = [];
  const region = (name: string, address: number, bytes: number, isConstant = false): Region => {
    const whereto = whole(address, header.bytes, Constant.statusBytes);
    const made = {
      ...{ name, address: whereto, bytes: whole(bytes, header.bytes - whereto) },
      ...(isConstant && { isConstant }),
    };
    regions.push(made);
    return made;
  };
  const extent = (name: string, at: Extent, slack = 0, isConstant = false): Region => {
    whole(at[1], memoryLimit, 1);
    whole(at[2], 2);
    return region(name, at[0], bytesOf(at) + slack, isConstant);
  };
  let next = from;
  const take = (bytes: number): Uint8Array => {
    const start = next;
    next += padded(bytes);
    if (next > file.length) throw damaged(`the plan is cut off after ${file.length} bytes`);
    return file.subarray(start, start + bytes);
  };
  const shared = [
    ...blocks.map(({ name, at }) => extent(name, at, Constant.slackBytes)),
    region('arena', arena[0], arena[1]),
  ];
  const contents: { address: number; bytes: Uint8Array }[] = [];
  const checked = headers.map((program) => {
    const { code, constants, tables, name } = program;
    const bytes = take(4 * whole(code[1], memoryLimit));
    region('code', code[0], bytes.length);
    contents.push({ address: code[0], bytes });
    const own = Object.entries(tables).map(([table, at]) => extent(table, at));
    for (const at of constants) {
      own.push(extent('a constant', at, Constant.slackBytes, true));
      contents.push({ address: at[0], bytes: take(bytesOf(at)) });
    }
    const words = new Int32Array(bytes.slice().buffer);
    const { fault, work, isExtended } = inspectWords(words, [...shared, ...own]);
    if (fault !== undefined) throw damaged(`instruction ${fault.instruction} of ${name}${fault.what}`);
    if (work > workLimit)
      throw damaged(`a step of ${name} is ${work} operations, the limit is ${workLimit}`, 'raise workLimit');
    return { name, work, isExtended, header: program };
  });
  const scalars = take(train?.scalars.bytes ?? 0);
  for (const { kept, at } of blocks) if (kept) contents.push({ address: at[0], bytes: take(bytesOf(at)) });
  if (next !== file.length) throw damaged(`the plan has ${file.length} bytes, its parts ${next}`);
  regions.sort((a, b) => a.address - b.address);
  const overlap = regions.find((one, i) => i > 0 && one.address < end(regions[i - 1] as Region));
  if (overlap !== undefined) throw damaged(`${overlap.name} lies over another part of the memory`);
  return {
    ...{ header, id, contents, scalars },
    programs: new Map(checked.map((program) => [program.name, program])),
    isExtended: checked.some(({ isExtended }) => isExtended),
  };
}

const end = ({ address, bytes }: Region): number => address + bytes;
