/** @file Instructions that meet their operands element by element: which addresses go together, over how many elements. */
import type { Word } from './instruction.ts';
import * as I from './opcodes.ts';

/** An operand that has an element for each of the instruction's. */
export interface LinkedOperand {
  readonly address: number;
  readonly reads: boolean;
  readonly writes: boolean;
}

export interface Linked {
  /** Elements of 4 bytes. */
  readonly count: number;
  readonly operands: readonly LinkedOperand[];
}

const source = (address: number): LinkedOperand => ({ address, reads: true, writes: false });
const target = (address: number): LinkedOperand => ({ address, reads: false, writes: true });
const renewed = (address: number): LinkedOperand => ({ address, reads: true, writes: true });

/** The operands of an elementwise instruction that are read in order; undefined if one is broadcast along rows or columns. */
function sources(w: Word, fields: readonly (readonly [field: number, mode: number])[]): LinkedOperand[] | undefined {
  const forms = fields.map(([, mode]) => w(mode));
  if (forms.some((form) => form !== I.Broadcast.same && form !== I.Broadcast.scalar)) return undefined;
  return fields.filter((_, i) => forms[i] === I.Broadcast.same).map(([field]) => source(w(field)));
}

const BINARY = [
  [I.BinaryField.lhs, I.BinaryField.lhsMode],
  [I.BinaryField.rhs, I.BinaryField.rhsMode],
] as const;
const SELECT = [
  [I.SelectField.condition, I.SelectField.conditionMode],
  [I.SelectField.onTrue, I.SelectField.trueMode],
  [I.SelectField.onFalse, I.SelectField.falseMode],
] as const;

function elementwise(
  w: Word,
  destination: number,
  count: number,
  fields: readonly (readonly [number, number])[],
): Linked | undefined {
  const read = sources(w, fields);
  return read === undefined ? undefined : { count, operands: [target(w(destination)), ...read] };
}

/** What a group computes in between stays in its scratch memory. */
function group(w: Word): Linked | undefined {
  const [scratch, bytes] = [w(I.GroupField.scratch), w(I.GroupField.scratchBytes)];
  const operands: LinkedOperand[] = [];
  for (let at: number = I.GroupField.words; at < w(0) >>> 16; at += w(at) >>> 16) {
    const member = linked((field) => w(at + field));
    if (member === undefined) return undefined;
    const isOwn = (one: LinkedOperand): boolean =>
      one.reads && operands.some(({ address, writes }) => writes && address === one.address);
    const outside = member.operands.filter(({ address }) => address < scratch || address >= scratch + bytes);
    // What an earlier member has written is not what the group met.
    operands.push(...outside.filter((one) => !isOwn(one)));
  }
  return { count: w(I.GroupField.count), operands };
}

/** Undefined for an instruction whose elements do not go together one by one, in the order in which they lie. */
export function linked(w: Word): Linked | undefined {
  switch (w(0) & 0x7fff) {
    case I.Opcode.adam: {
      const fields = [I.AdamField.parameters, I.AdamField.firstMoment, I.AdamField.secondMoment];
      const state = fields.map((field) => renewed(w(field)));
      return { count: w(I.AdamField.count), operands: [...state, source(w(I.AdamField.gradient))] };
    }
    case I.Opcode.sgd: {
      const state = [w(I.SgdField.parameters), w(I.SgdField.velocity)].filter((address) => address !== 0).map(renewed);
      return { count: w(I.SgdField.count), operands: [...state, source(w(I.SgdField.gradient))] };
    }
    case I.Opcode.fill:
      return { count: w(I.FillField.count), operands: [target(w(I.FillField.destination))] };
    case I.Opcode.copy: {
      const isPlain =
        w(I.CopyField.rank) === 1 &&
        w(I.CopyField.elementBytes) === 4 &&
        w(I.CopyField.destinationStrides) === 1 &&
        w(I.CopyField.sourceStrides) === 1;
      if (!isPlain) return undefined;
      const operands = [target(w(I.CopyField.destination)), source(w(I.CopyField.source))];
      return { count: w(I.CopyField.dimensions), operands };
    }
    case I.Opcode.unary:
      return {
        count: w(I.UnaryField.count),
        operands: [target(w(I.UnaryField.destination)), source(w(I.UnaryField.source))],
      };
    case I.Opcode.binary:
      return elementwise(w, I.BinaryField.destination, w(I.BinaryField.rows) * w(I.BinaryField.columns), BINARY);
    case I.Opcode.select:
      return elementwise(w, I.SelectField.destination, w(I.SelectField.rows) * w(I.SelectField.columns), SELECT);
    case I.Opcode.group:
      return group(w);
    default:
      return undefined;
  }
}
