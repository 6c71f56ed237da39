/** @file A plan file, read: bytes are taken for hostile, so sizes come before use, and every part is checked before it may run. */
import { BYTES } from '../core/dtype.ts';
import { SaddlepointError } from '../core/errors.ts';
import type { Region } from '../plan/format.ts';
import { type InstructionRules, inspectWords } from '../plan/inspect.ts';
import { CORE_FORMS } from '../plan/legal-core.ts';
import { Constant } from '../plan/opcodes.ts';
import { CORE_OPERANDS } from '../plan/operands-core.ts';
import { checkHeader, whole } from './check-header.ts';
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

/** A file whose header is sound. */
export interface OpenFile {
  readonly file: Uint8Array;
  readonly header: PlanHeader;
  /** The checksum of the header, and what it must become with the rest folded in; the latter tells the file from others. */
  readonly sums: readonly [header: number, whole: number];
  /** Where the sections begin. */
  readonly from: number;
}

/** Programs that are checked, and what to write where before they run. */
export interface Part {
  readonly programs: readonly ReadProgram[];
  readonly contents: readonly Content[];
}

interface Content {
  readonly address: number;
  readonly bytes: Uint8Array;
}

export interface ReadPlan {
  readonly open: OpenFile;
  /** What predictions need. */
  readonly first: Part;
  /**
   * What training alone needs, checked and read when it is asked for: a cold engine takes longer for it than for a first
   * prediction. @throws SaddlepointError `file`
   */
  rest(): Part & { readonly scalars: Uint8Array };
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

/** @throws SaddlepointError `file`: damaged, or more than the limits. */
export async function readPlan(open: OpenFile, limits: PlanLimits): Promise<ReadPlan> {
  const { header } = open;
  try {
    // What most plans do not need is loaded for those that do, as the larger build of the machine is.
    const rules = header.build === 'core' ? CORE : (await import('../plan/rules.ts')).ALL_RULES;
    return readSections(open, limits, rules);
  } catch (error) {
    // What is of another kind than the header's types say fails somewhere in there.
    throw error instanceof SaddlepointError ? error : damaged(`the plan's header is damaged: ${error}`);
  }
}

const CORE: InstructionRules = { forms: CORE_FORMS, operands: CORE_OPERANDS };

/** @throws SaddlepointError `file`: no plan, of another version, with a damaged header, or more than the limit. */
export function openFile(file: Uint8Array, memoryLimit: number): OpenFile {
  const { header, sums, from } = readHeader(file);
  try {
    checkHeader(header, memoryLimit);
  } catch (error) {
    throw error instanceof SaddlepointError ? error : damaged(`the plan's header is damaged: ${error}`);
  }
  return { file, header, sums, from };
}

function readHeader(file: Uint8Array): Omit<OpenFile, 'file'> {
  const start = text(file.subarray(0, MAGIC.length));
  if (start !== MAGIC) {
    const what = /^\s*</.test(start) ? 'this is an HTML page, not a plan' : 'this is not a plan file';
    throw damaged(what, 'a plan is what savePlan wrote; check the address and how the bytes were read');
  }
  if (file.length < PRELUDE) throw damaged(`the plan is cut off after ${file.length} bytes`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const [format, abi, length, sum, whole] = [8, 12, 16, 20, 24].map((at) => view.getUint32(at, true)) as [
    number,
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
  // The length is part of the sum.
  if (length % 4 !== 0 || file.length % 4 !== 0 || checksum(file.length, file.subarray(PRELUDE, from)) !== sum)
    throw damaged(`the plan is damaged or cut off, at ${file.length} bytes: its checksum is another`);
  try {
    return { header: JSON.parse(text(file.subarray(PRELUDE, from))) as PlanHeader, sums: [sum, whole], from };
  } catch {
    throw damaged("the plan's header is damaged: it is no JSON");
  }
}

function readSections(open: OpenFile, { memoryLimit, workLimit }: PlanLimits, rules: InstructionRules): ReadPlan {
  const { file, from, header } = open;
  const { blocks, programs: headers, arena, train } = header;
  const regions: Region[] = [];
  const region = (name: string, address: number, bytes: number, isConstant = false): Region => {
    const whereto = 4 * whole(address / 4, header.bytes / 4, Constant.statusBytes / 4);
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
  const contents: [now: Content[], later: Content[]] = [[], []];
  const inspections: [now: (() => ReadProgram)[], later: (() => ReadProgram)[]] = [[], []];
  for (const program of headers) {
    const { code, constants, tables, name } = program;
    const when = header.predict.some((one) => one.program === name) ? 0 : 1;
    whole(program.origins.length, code[1]);
    const bytes = take(4 * whole(code[1], memoryLimit));
    region('code', code[0], bytes.length);
    const own = Object.entries(tables).map(([table, at]) => extent(table, at));
    for (const at of constants) {
      own.push(extent('a constant', at, Constant.slackBytes, true));
      contents[when].push({ address: at[0], bytes: take(bytesOf(at)) });
    }
    inspections[when].push(() => {
      // A copy: what is checked is what will run, whatever becomes of the file's bytes.
      const words = new Int32Array(bytes.slice().buffer);
      const { fault, work } = inspectWords(rules, words, [...shared, ...own]);
      if (fault !== undefined) throw damaged(`instruction ${fault.instruction} of ${name}${fault.what}`);
      if (work > workLimit)
        throw damaged(`a step of ${name} is ${work} operations, the limit is ${workLimit}`, 'raise workLimit');
      contents[when].push({ address: code[0], bytes: new Uint8Array(words.buffer) });
      return { work, header: program };
    });
  }
  const scalars = take(train?.scalars.bytes ?? 0);
  for (const { kept, later, at } of blocks)
    if (kept) contents[later ? 1 : 0].push({ address: at[0], bytes: take(bytesOf(at)) });
  if (next !== file.length) throw damaged(`the plan has ${file.length} bytes, its parts ${next}`);
  regions.sort((a, b) => a.address - b.address);
  const overlap = regions.find((one, i) => i > 0 && one.address < end(regions[i - 1] as Region));
  if (overlap !== undefined) throw damaged(`${overlap.name} lies over another part of the memory`);
  const part = (when: 0 | 1): Part => ({
    programs: inspections[when].map((inspect) => inspect()),
    contents: contents[when],
  });
  return { open, first: part(0), rest: () => ({ ...part(1), scalars: scalars.slice() }) };
}

const end = ({ address, bytes }: Region): number => address + bytes;
