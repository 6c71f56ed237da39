/** @file What the instructions of the core build demand of their words besides addresses. */
import type { Form, Word } from './instruction.ts';
import * as I from './opcodes.ts';
import { matmulForm } from './products.ts';

const MODE = I.Broadcast.column;
const TYPE = I.ElementType.u8;

export function stepFault(bytes: number, stride: number): string | undefined {
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

/** Blocks of random numbers begin at multiples of 16 elements. */
const randomFault = (w: Word): string | undefined =>
  w(I.RandomField.first) % 16 === 0 && w(I.RandomField.first) >= 0
    ? undefined
    : `a first element of ${w(I.RandomField.first)}`;

export const random: Form = { words: I.RandomField.words, counts: [I.RandomField.count], fault: randomFault };

/** By opcode. */
export const CORE_FORMS = {
  [I.Opcode.matmul]: matmulForm,
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
  [I.Opcode.gather]: {
    words: I.GatherField.words,
    counts: [I.GatherField.count, I.GatherField.rowElements, I.GatherField.rows],
    choices: [
      [I.GatherField.sourceType, TYPE],
      [I.GatherField.destinationType, TYPE],
    ],
    fault: gatherFault,
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
  [I.Opcode.dropoutMask]: { ...random, words: I.DropoutMaskField.words },
  [I.Opcode.sumSquares]: { words: I.SumSquaresField.words, counts: [I.SumSquaresField.count] },
  [I.Opcode.l2Norm]: { words: I.L2NormField.words, counts: [I.L2NormField.count] },
  [I.Opcode.guard]: { words: I.GuardField.words, counts: [] },
  [I.Opcode.adam]: { words: I.AdamField.words, counts: [I.AdamField.count] },
  [I.Opcode.sgd]: { words: I.SgdField.words, counts: [I.SgdField.count], choices: [[I.SgdField.nesterov, 1]] },
} satisfies Partial<Record<I.Opcode, Form>>;

/** What is wrong with the instruction at a word index, but for addresses; undefined if nothing is. */
export function formFault(
  forms: Readonly<Partial<Record<I.Opcode, Form>>>,
  words: Int32Array,
  at: number,
): string | undefined {
  const head = words[at] as number;
  const form = forms[(head & 0xffff) as I.Opcode];
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
