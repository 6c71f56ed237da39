/**
 * @file What each instruction reads and writes, as data: for validation, printing, and finding the first bad value.
 */
import { IMAGE_OPERANDS } from './images.ts';
import { type Operand, type OperandRule, reads, writes } from './instruction.ts';
import { NORMALIZATION_OPERANDS } from './normalizations.ts';
import * as I from './opcodes.ts';
import { CORE_OPERANDS, random } from './operands-core.ts';
import { batchMatmulOperands, panelMatmulOperands } from './products.ts';
import { ROW_OPERANDS } from './rows.ts';

export const OPERANDS: Readonly<Record<I.Opcode, OperandRule>> = {
  ...CORE_OPERANDS,
  [I.Opcode.batchMatmul]: batchMatmulOperands,
  [I.Opcode.panelMatmul]: panelMatmulOperands,
  [I.Opcode.repeat]: () => [],
  [I.Opcode.loopLoad](w) {
    const [bytes, span] = [w(I.LoopLoadField.bytes), w(I.LoopLoadField.stride) * (w(I.LoopLoadField.count) - 1)];
    return [
      writes('destination', w(I.LoopLoadField.destination), bytes, false),
      reads('source', w(I.LoopLoadField.source) + Math.min(0, span), bytes + Math.abs(span), false),
    ];
  },
  [I.Opcode.loopStore](w) {
    const [bytes, span] = [w(I.LoopStoreField.bytes), w(I.LoopStoreField.stride) * (w(I.LoopStoreField.count) - 1)];
    return [
      writes('destination', w(I.LoopStoreField.destination) + Math.min(0, span), bytes + Math.abs(span), false),
      reads('source', w(I.LoopStoreField.source), bytes, false),
    ];
  },
  [I.Opcode.group](w, rows) {
    const [scratch, bytes] = [w(I.GroupField.scratch), w(I.GroupField.scratchBytes)];
    const found: Operand[] = [writes('scratch', scratch, bytes)];
    for (let at: number = I.GroupField.words; at < w(0) >>> 16; at += w(at) >>> 16) {
      const rule = OPERANDS[(w(at) & 0xffff) as I.Opcode];
      const members = rule((field) => w(at + field), rows);
      found.push(...members.filter(({ address }) => address < scratch || address >= scratch + bytes));
    }
    return found;
  },
  ...IMAGE_OPERANDS,
  ...NORMALIZATION_OPERANDS,
  ...ROW_OPERANDS,
  [I.Opcode.scatterAdd](w) {
    const [count, width] = [w(I.ScatterAddField.count), w(I.ScatterAddField.rowElements)];
    return [
      writes('destination', w(I.ScatterAddField.destination), 4 * w(I.ScatterAddField.rows) * width),
      reads('indices', w(I.ScatterAddField.indices), 4 * count, false),
      reads('updates', w(I.ScatterAddField.updates), 4 * count * width),
    ];
  },
  [I.Opcode.cumulativeSum](w) {
    const bytes = 4 * w(I.CumulativeSumField.outer) * w(I.CumulativeSumField.k) * w(I.CumulativeSumField.inner);
    return [
      writes('destination', w(I.CumulativeSumField.destination), bytes),
      reads('source', w(I.CumulativeSumField.source), bytes),
    ];
  },
  [I.Opcode.topK](w) {
    const bytes = 4 * w(I.TopKField.rows) * w(I.TopKField.k);
    return [
      writes('indices', w(I.TopKField.indices), bytes, false),
      writes('places', w(I.TopKField.places), bytes, false),
      reads('source', w(I.TopKField.source), 4 * w(I.TopKField.rows) * w(I.TopKField.columns)),
    ];
  },
  [I.Opcode.oneHot]: (w) => [
    writes('destination', w(I.OneHotField.destination), 4 * w(I.OneHotField.rows) * w(I.OneHotField.depth)),
    reads('indices', w(I.OneHotField.indices), 4 * w(I.OneHotField.rows), false),
  ],
  [I.Opcode.randomUniform]: random,
  [I.Opcode.randomNormal]: random,
};

/** The operands of the instruction at a word index, for `rows` rows of steps; undefined if its opcode is none. */
export function operandsAt(words: Int32Array, at: number, rows = 1): readonly Operand[] | undefined {
  const rule = OPERANDS[((words[at] as number) & 0xffff) as I.Opcode] as OperandRule | undefined;
  return rule?.((field) => words[at + field] as number, rows);
}
