/** @file Slices of elementwise instructions, their groups, and strided copies. */
import * as I from './opcodes.ts';
import { counted, cut, either, F32, LINE, type Slicer, type Step, when } from './slicing.ts';

/** An elementwise instruction on [rows, columns], with the operands' broadcast modes by their fields. */
export function elementwise(
  rows: number,
  columns: number,
  destination: number,
  operands: readonly (readonly [field: number, mode: number])[],
): Slicer {
  const byRows = counted(rows, 1, (w) => [
    [destination, F32 * w(columns)],
    ...operands.map(
      ([field, mode]): Step => [
        field,
        w(mode) === I.Broadcast.same ? F32 * w(columns) : w(mode) === I.Broadcast.column ? F32 : 0,
      ],
    ),
  ]);
  const byColumns = counted(columns, LINE, (w) => [
    [destination, F32],
    ...operands.map(
      ([field, mode]): Step => [field, w(mode) === I.Broadcast.same || w(mode) === I.Broadcast.row ? F32 : 0],
    ),
  ]);
  return either(
    when((w) => w(rows) > 1, byRows),
    when((w) => w(rows) === 1, byColumns),
  );
}

/** A strided box, along its first axis that is long enough. */
export const copy: Slicer = (w, thread, threads) => {
  for (let axis = 0; axis < w(I.CopyField.rank); axis++) {
    const count = I.CopyField.dimensions + axis;
    if (w(count) < threads) continue;
    const bytes = w(I.CopyField.elementBytes);
    return counted(count, 1, () => [
      [I.CopyField.destination, bytes * w(I.CopyField.destinationStrides + axis)],
      [I.CopyField.source, bytes * w(I.CopyField.sourceStrides + axis)],
    ])(w, thread, threads);
  }
  return undefined;
};

export const group: Slicer = (w, thread, threads) => {
  const [scratch, bytes] = [w(I.GroupField.scratch), w(I.GroupField.scratchBytes)];
  const [from, to] = cut(w(I.GroupField.count), I.Constant.groupBlock, thread, threads);
  if (from === to) return { slice: undefined };
  const slice: Record<number, number> = { [I.GroupField.count]: to - from };
  const move = (field: number, mode: number): void => {
    const address = w(field);
    if (mode === I.Broadcast.same && !(address >= scratch && address < scratch + bytes))
      slice[field] = address + F32 * from;
  };
  for (let at: number = I.GroupField.words; at < w(0) >>> 16; at += w(at) >>> 16) {
    const mode = (field: number): number => w(at + field);
    move(at + 1, I.Broadcast.same);
    switch (w(at) & 0x7fff) {
      case I.Opcode.unary:
        slice[at + I.UnaryField.count] = to - from;
        move(at + I.UnaryField.source, I.Broadcast.same);
        break;
      case I.Opcode.binary:
        slice[at + I.BinaryField.rows] = 1;
        slice[at + I.BinaryField.columns] = to - from;
        move(at + I.BinaryField.lhs, mode(I.BinaryField.lhsMode));
        move(at + I.BinaryField.rhs, mode(I.BinaryField.rhsMode));
        break;
      default:
        slice[at + I.SelectField.rows] = 1;
        slice[at + I.SelectField.columns] = to - from;
        move(at + I.SelectField.condition, mode(I.SelectField.conditionMode));
        move(at + I.SelectField.onTrue, mode(I.SelectField.trueMode));
        move(at + I.SelectField.onFalse, mode(I.SelectField.falseMode));
    }
  }
  return { slice };
};
