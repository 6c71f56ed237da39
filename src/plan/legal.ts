/**
 * @file What each instruction demands of its words besides addresses: its length, counts that are at least 1, choices within
 * their enumerations, and how words must fit together so that its work is bounded by the memory that it may touch.
 */
import { IMAGE_FORMS } from './images.ts';
import type { Form, Word } from './instruction.ts';
import { CORE_FORMS, random, stepFault } from './legal-core.ts';
import { NORMALIZATION_FORMS } from './normalizations.ts';
import * as I from './opcodes.ts';
import { batchMatmulForm, panelMatmulForm } from './products.ts';
import { ROW_FORMS } from './rows.ts';

/** A member is legal by itself, as long as the group, and reads all operands in order or as one number. */
function memberFault(w: Word, at: number): string | undefined {
  const opcode = (w(at) & 0xffff) as I.Opcode;
  const own: Word = (field) => w(at + field);
  const modes: Partial<Record<I.Opcode, readonly number[]>> = {
    [I.Opcode.unary]: [],
    [I.Opcode.binary]: [I.BinaryField.lhsMode, I.BinaryField.rhsMode],
    [I.Opcode.select]: [I.SelectField.conditionMode, I.SelectField.trueMode, I.SelectField.falseMode],
  };
  const fields = modes[opcode];
  if (fields === undefined) return `a member with opcode ${opcode}`;
  if (w(at) >>> 16 !== CORE_FORMS[opcode as I.Opcode.unary].words) return `a member of ${w(at) >>> 16} words`;
  const wrong = fields.find((field) => own(field) > I.Broadcast.scalar);
  return wrong === undefined ? undefined : `a member that reads an operand as form ${own(wrong)}`;
}

function groupFault(w: Word): string | undefined {
  const length = w(0) >>> 16;
  for (let at: number = I.GroupField.words; at < length; at += w(at) >>> 16) {
    const fault = memberFault(w, at);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

export const FORMS: Readonly<Record<I.Opcode, Form>> = {
  ...CORE_FORMS,
  [I.Opcode.batchMatmul]: batchMatmulForm,
  [I.Opcode.panelMatmul]: panelMatmulForm,
  [I.Opcode.repeat]: {
    words: I.RepeatField.words,
    counts: [I.RepeatField.count, I.RepeatField.bodyWords],
    choices: [
      [I.RepeatField.level, I.Constant.maxLoops - 1],
      [I.RepeatField.count, I.Constant.maxTurns],
    ],
  },
  [I.Opcode.loopLoad]: {
    words: I.LoopLoadField.words,
    counts: [I.LoopLoadField.bytes, I.LoopLoadField.count],
    choices: [[I.LoopLoadField.level, I.Constant.maxLoops - 1]],
    fault: (w) => stepFault(w(I.LoopLoadField.bytes), Math.abs(w(I.LoopLoadField.stride))),
  },
  [I.Opcode.loopStore]: {
    words: I.LoopStoreField.words,
    counts: [I.LoopStoreField.bytes, I.LoopStoreField.count],
    choices: [[I.LoopStoreField.level, I.Constant.maxLoops - 1]],
    fault: (w) => stepFault(w(I.LoopStoreField.bytes), Math.abs(w(I.LoopStoreField.stride))),
  },
  [I.Opcode.group]: {
    ...{ words: I.GroupField.words, isOpen: true, counts: [I.GroupField.count], fault: groupFault },
  },
  ...IMAGE_FORMS,
  ...NORMALIZATION_FORMS,
  ...ROW_FORMS,
  [I.Opcode.scatterAdd]: {
    words: I.ScatterAddField.words,
    counts: [I.ScatterAddField.count, I.ScatterAddField.rowElements, I.ScatterAddField.rows],
  },
  [I.Opcode.cumulativeSum]: {
    words: I.CumulativeSumField.words,
    counts: [I.CumulativeSumField.outer, I.CumulativeSumField.k, I.CumulativeSumField.inner],
    choices: [[I.CumulativeSumField.reverse, 1]],
  },
  [I.Opcode.topK]: {
    words: I.TopKField.words,
    counts: [I.TopKField.rows, I.TopKField.columns, I.TopKField.k],
    fault: (w) =>
      w(I.TopKField.k) > w(I.TopKField.columns)
        ? `the ${w(I.TopKField.k)} largest of ${w(I.TopKField.columns)}`
        : undefined,
  },
  [I.Opcode.oneHot]: { words: I.OneHotField.words, counts: [I.OneHotField.rows, I.OneHotField.depth] },
  [I.Opcode.randomUniform]: random,
  [I.Opcode.randomNormal]: random,
};
