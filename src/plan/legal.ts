/**
 * @file What each instruction demands of its words besides addresses: its length, counts that are at least 1, choices within
 * their enumerations, and how words must fit together so that its work is bounded by the memory that it may touch.
 */
import { IMAGE_FORMS } from './images.ts';
import type { Form, Word } from './instruction.ts';
import { NORMALIZATION_FORMS } from './normalizations.ts';
import * as I from './opcodes.ts';
import { PRODUCT_FORMS } from './products.ts';
import { ROW_FORMS } from './rows.ts';

const MODE = I.Broadcast.column;
const TYPE = I.ElementType.u8;

function stepFault(bytes: number, stride: number): string | undefined {
  return bytes > stride ? `a row of ${bytes} bytes in a stride of ${stride}` : undefined;
}

function copyFault(w: Word): string | undefined {
  const rank = w(I.CopyField.rank);
  const bytes = w(I.CopyField.elementBytes);
  if (rank > I.Constant.maxRank) return `rank ${rank}`;
  if (bytes !== 1 && bytes !== 4) return `elements of ${bytes} bytes`;
  let count = 1;
  let last = 0;
  for (let axis = 0; axis < rank; axis++) {
    const dimension = w(I.CopyField.dimensions + axis);
    const [to, from] = [w(I.CopyField.destinationStrides + axis), w(I.CopyField.sourceStrides + axis)];
    if (dimension < 1 || to < 1 || from < 0) return `dimension ${dimension} with strides ${to} and ${from}`;
    count *= dimension;
    last += (dimension - 1) * to;
  }
  return count > last + 1 ? 'two elements for one place' : undefined;
}

function gatherFault(w: Word): string | undefined {
  const [from, to] = [w(I.GatherField.sourceType), w(I.GatherField.destinationType)];
  const isConversion = from === I.ElementType.u8 && to === I.ElementType.f32;
  if (from !== to && !isConversion) return `types ${from} to ${to}`;
  const hasShift = w(I.GatherField.shift) !== 0;
  if (hasShift !== (w(I.GatherField.scale) !== 0)) return 'only one of shift and scale';
  if (hasShift && to !== I.ElementType.f32) return `shift and scale for type ${to}`;
  const mode = w(I.GatherField.mode);
  return mode === I.Broadcast.scalar || mode === I.Broadcast.row ? undefined : `mode ${mode}`;
}

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
  if (w(at) >>> 16 !== FORMS[opcode].words) return `a member of ${w(at) >>> 16} words`;
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

/** Blocks of random numbers begin at multiples of 16 elements. */
const randomFault = (w: Word): string | undefined =>
  w(I.RandomField.first) % 16 === 0 && w(I.RandomField.first) >= 0
    ? undefined
    : `a first element of ${w(I.RandomField.first)}`;

const random: Form = { words: I.RandomField.words, counts: [I.RandomField.count], fault: randomFault };

const FORMS: Readonly<Record<I.Opcode, Form>> = {
  [I.Opcode.stepLoad]: {
    words: I.StepLoadField.words,
    counts: [I.StepLoadField.bytes],
    fault: (w) => stepFault(w(I.StepLoadField.bytes), w(I.StepLoadField.stride)),
  },
  [I.Opcode.stepStore]: {
    words: I.StepStoreField.words,
    counts: [I.StepStoreField.bytes],
    fault: (w) => stepFault(w(I.StepStoreField.bytes), w(I.StepStoreField.stride)),
  },
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
  [I.Opcode.fill]: { words: I.FillField.words, counts: [I.FillField.count] },
  [I.Opcode.copy]: { words: I.CopyField.words, counts: [I.CopyField.rank], fault: copyFault },
  [I.Opcode.cast]: {
    words: I.CastField.words,
    counts: [I.CastField.count],
    choices: [
      [I.CastField.sourceType, TYPE],
      [I.CastField.destinationType, TYPE],
    ],
  },
  [I.Opcode.unary]: {
    words: I.UnaryField.words,
    counts: [I.UnaryField.count],
    choices: [[I.UnaryField.operation, I.UnaryFunction.erfinv]],
  },
  [I.Opcode.binary]: {
    words: I.BinaryField.words,
    counts: [I.BinaryField.rows, I.BinaryField.columns],
    choices: [
      [I.BinaryField.operation, I.BinaryFunction.atan2],
      [I.BinaryField.lhsMode, MODE],
      [I.BinaryField.rhsMode, MODE],
    ],
  },
  [I.Opcode.select]: {
    words: I.SelectField.words,
    counts: [I.SelectField.rows, I.SelectField.columns],
    choices: [
      [I.SelectField.conditionMode, MODE],
      [I.SelectField.trueMode, MODE],
      [I.SelectField.falseMode, MODE],
    ],
  },
  [I.Opcode.reduce]: {
    words: I.ReduceField.words,
    counts: [I.ReduceField.outer, I.ReduceField.k, I.ReduceField.inner],
    choices: [[I.ReduceField.operation, I.ReduceFunction.prod]],
    fault: (w) =>
      w(I.ReduceField.step) < w(I.ReduceField.inner)
        ? `${w(I.ReduceField.inner)} columns in a step of ${w(I.ReduceField.step)}`
        : undefined,
  },
  ...PRODUCT_FORMS,
  ...NORMALIZATION_FORMS,
  ...ROW_FORMS,
  [I.Opcode.gather]: {
    words: I.GatherField.words,
    counts: [I.GatherField.count, I.GatherField.rowElements, I.GatherField.rows],
    choices: [
      [I.GatherField.sourceType, TYPE],
      [I.GatherField.destinationType, TYPE],
    ],
    fault: gatherFault,
  },
  [I.Opcode.scatterAdd]: {
    words: I.ScatterAddField.words,
    counts: [I.ScatterAddField.count, I.ScatterAddField.rowElements, I.ScatterAddField.rows],
  },
  [I.Opcode.softmax]: {
    words: I.SoftmaxField.words,
    counts: [I.SoftmaxField.rows, I.SoftmaxField.columns],
    choices: [[I.SoftmaxField.log, 1]],
  },
  [I.Opcode.crossEntropy]: {
    words: I.CrossEntropyField.words,
    counts: [I.CrossEntropyField.rows, I.CrossEntropyField.columns],
  },
  [I.Opcode.crossEntropyGradient]: {
    words: I.CrossEntropyGradientField.words,
    counts: [I.CrossEntropyGradientField.rows, I.CrossEntropyGradientField.columns],
    fault(w) {
      const mode = w(I.CrossEntropyGradientField.mode);
      return mode === I.Broadcast.scalar || mode === I.Broadcast.column ? undefined : `mode ${mode}`;
    },
  },
  [I.Opcode.argmax]: { words: I.ArgmaxField.words, counts: [I.ArgmaxField.rows, I.ArgmaxField.columns] },
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
  [I.Opcode.dropoutMask]: { ...random, words: I.DropoutMaskField.words },
  [I.Opcode.sumSquares]: { words: I.SumSquaresField.words, counts: [I.SumSquaresField.count] },
  [I.Opcode.l2Norm]: { words: I.L2NormField.words, counts: [I.L2NormField.count] },
  [I.Opcode.guard]: { words: I.GuardField.words, counts: [] },
  [I.Opcode.adam]: { words: I.AdamField.words, counts: [I.AdamField.count] },
  [I.Opcode.sgd]: { words: I.SgdField.words, counts: [I.SgdField.count], choices: [[I.SgdField.nesterov, 1]] },
};

/** What is wrong with the instruction at a word index, but for addresses; undefined if nothing is. */
export function faultAt(words: Int32Array, at: number): string | undefined {
  const head = words[at] as number;
  const form = FORMS[(head & 0xffff) as I.Opcode] as Form | undefined;
  if (form === undefined) return 'is unknown';
  const left = words.length - at;
  const length = head >>> 16;
  if (left < length || (form.isOpen ? length < form.words : length !== form.words)) {
    return `has ${head >>> 16} words of ${left} left, expected ${form.words}`;
  }
  const word: Word = (field) => words[at + field] as number;
  const count = form.counts.find((field) => word(field) < 1);
  if (count !== undefined) return `has a count of ${word(count)} in word ${count}`;
  const choice = form.choices?.find(([field, largest]) => word(field) < 0 || word(field) > largest);
  if (choice !== undefined) return `has ${word(choice[0])} in word ${choice[0]}, legal are 0 … ${choice[1]}`;
  const fault = form.fault?.(word);
  return fault === undefined ? undefined : `has ${fault}`;
}
