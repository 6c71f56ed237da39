/** @file Instructions on rows of a table as data: their operands, and what their words may be. */
import { type Form, type Operand, type OperandRule, reads, type Word, writes } from './instruction.ts';
import * as I from './opcodes.ts';
import { rowGradientScratchBytes, rowOrderScratchBytes } from './sizes.ts';

type RowOpcode =
  | I.Opcode.rowOrder
  | I.Opcode.rowNorm
  | I.Opcode.rowUpdate
  | I.Opcode.weightedNorm
  | I.Opcode.gatherDot
  | I.Opcode.gatherSum
  | I.Opcode.gatherLogistic
  | I.Opcode.rowSgd;

/** The gradient by rows that an instruction reads; its words are those of `RowNormField` in every instruction. */
function gradient(w: Word): readonly Operand[] {
  const [count, weights] = [w(I.RowNormField.count), w(I.RowNormField.weights)];
  const vectors = 4 * (count / w(I.RowNormField.group)) * w(I.RowNormField.rowElements);
  return [
    writes('scratch', w(I.RowNormField.scratch), rowGradientScratchBytes(count), false),
    reads('indices', w(I.RowNormField.indices), 4 * count, false),
    reads('order', w(I.RowNormField.order), 4 * count, false),
    reads('vectors', w(I.RowNormField.vectors), vectors),
    ...(weights === 0 ? [] : [reads('weights', weights, 4 * count)]),
  ];
}

/** How many slots an update has, and how many scalars it takes. */
const METHODS: Readonly<Record<I.RowMethod, readonly [slots: number, scalars: number]>> = {
  [I.RowMethod.adagrad]: [1, 1],
  [I.RowMethod.lazyAdam]: [2, 2],
};

const methodOf = (w: Word) => METHODS[w(I.RowUpdateField.method) as I.RowMethod];

function product(w: Word, isDot: boolean): readonly Operand[] {
  const [n, k, d] = [w(I.GatherProductField.count), w(I.GatherProductField.group), w(I.GatherProductField.rowElements)];
  const [factors, results] = isDot ? [n * d, n * k] : [n * k, n * d];
  return [
    writes('destination', w(I.GatherProductField.destination), 4 * results),
    reads('table', w(I.GatherProductField.table), 4 * w(I.GatherProductField.rows) * d),
    reads('indices', w(I.GatherProductField.indices), 4 * n * k, false),
    reads('factors', w(I.GatherProductField.factors), 4 * factors),
  ];
}

export const ROW_OPERANDS: Readonly<Record<RowOpcode, OperandRule>> = {
  [I.Opcode.rowOrder]: (w) => [
    writes('destination', w(I.RowOrderField.destination), 4 * w(I.RowOrderField.count), false),
    writes('scratch', w(I.RowOrderField.scratch), rowOrderScratchBytes(w(I.RowOrderField.count)), false),
    reads('indices', w(I.RowOrderField.indices), 4 * w(I.RowOrderField.count), false),
  ],
  [I.Opcode.rowNorm]: (w) => [writes('destination', w(I.RowNormField.destination), 4), ...gradient(w)],
  [I.Opcode.rowUpdate](w) {
    const bytes = 4 * w(I.RowUpdateField.rows) * w(I.RowUpdateField.rowElements);
    const [slots, scalars] = methodOf(w);
    return [
      writes('table', w(I.RowUpdateField.table), bytes),
      writes('first', w(I.RowUpdateField.first), bytes),
      ...(slots < 2 ? [] : [writes('second', w(I.RowUpdateField.second), bytes)]),
      reads('scalars', w(I.RowUpdateField.scalars), 4 * scalars),
      ...gradient(w),
    ];
  },
  [I.Opcode.rowSgd](w) {
    const [count, elements] = [w(I.RowSgdField.count), w(I.RowSgdField.rowElements)];
    const weights = w(I.RowSgdField.weights);
    return [
      writes('table', w(I.RowSgdField.table), 4 * w(I.RowSgdField.rows) * elements),
      reads('scalars', w(I.RowSgdField.scalars), 8),
      reads('indices', w(I.RowSgdField.indices), 4 * count, false),
      reads('vectors', w(I.RowSgdField.vectors), 4 * (count / w(I.RowSgdField.group)) * elements),
      ...(weights === 0 ? [] : [reads('weights', weights, 4 * count)]),
    ];
  },
  [I.Opcode.weightedNorm](w) {
    const count = w(I.WeightedNormField.count);
    return [
      writes('destination', w(I.WeightedNormField.destination), 4),
      reads('vectors', w(I.WeightedNormField.vectors), 4 * count * w(I.WeightedNormField.rowElements)),
      reads('weights', w(I.WeightedNormField.weights), 4 * count * w(I.WeightedNormField.group)),
    ];
  },
  [I.Opcode.gatherDot]: (w) => product(w, true),
  [I.Opcode.gatherSum]: (w) => product(w, false),
  [I.Opcode.gatherLogistic](w) {
    const dots = 4 * w(I.GatherLogisticField.count) * w(I.GatherLogisticField.group);
    return [
      ...product(w, true),
      writes('losses', w(I.GatherLogisticField.losses), dots),
      writes('weights', w(I.GatherLogisticField.weights), dots),
      writes(
        'sums',
        w(I.GatherLogisticField.sums),
        4 * w(I.GatherLogisticField.count) * w(I.GatherLogisticField.rowElements),
      ),
      reads('targets', w(I.GatherLogisticField.targets), dots),
      reads('scale', w(I.GatherLogisticField.scale), 4),
    ];
  },
};

function groupFault(count: number, group: number, weights: number): string | undefined {
  if (count % group !== 0) return `${count} indices in groups of ${group}`;
  return weights === 0 && group > 1 ? `groups of ${group} without weights` : undefined;
}

const gradientFault = (w: Word): string | undefined =>
  groupFault(w(I.RowNormField.count), w(I.RowNormField.group), w(I.RowNormField.weights));

function columnsFault(w: Word): string | undefined {
  const [from, to, elements] = [w(I.RowSgdField.from), w(I.RowSgdField.to), w(I.RowSgdField.rowElements)];
  return from < 0 || from > to || to > elements ? `columns ${from} … ${to} of ${elements}` : undefined;
}

function partFault(w: Word): string | undefined {
  const [from, to, count] = [w(I.RowUpdateField.from), w(I.RowUpdateField.to), w(I.RowUpdateField.count)];
  return from < 0 || from > to || to > count ? `places ${from} … ${to} of ${count}` : undefined;
}

const GRADIENT_COUNTS = [I.RowNormField.count, I.RowNormField.group, I.RowNormField.rowElements];

const PRODUCT: Form = {
  words: I.GatherProductField.words,
  counts: [
    I.GatherProductField.count,
    I.GatherProductField.group,
    I.GatherProductField.rowElements,
    I.GatherProductField.rows,
  ],
};

export const ROW_FORMS: Readonly<Record<RowOpcode, Form>> = {
  [I.Opcode.rowOrder]: { words: I.RowOrderField.words, counts: [I.RowOrderField.count, I.RowOrderField.rows] },
  [I.Opcode.rowNorm]: {
    words: I.RowNormField.words,
    counts: [...GRADIENT_COUNTS, I.RowNormField.rows],
    fault: gradientFault,
  },
  [I.Opcode.rowUpdate]: {
    words: I.RowUpdateField.words,
    counts: [...GRADIENT_COUNTS, I.RowUpdateField.rows],
    choices: [[I.RowUpdateField.method, I.RowMethod.lazyAdam]],
    fault: (w) => gradientFault(w) ?? partFault(w),
  },
  [I.Opcode.rowSgd]: {
    words: I.RowSgdField.words,
    counts: [I.RowSgdField.count, I.RowSgdField.group, I.RowSgdField.rowElements, I.RowSgdField.rows],
    fault: (w) =>
      groupFault(w(I.RowSgdField.count), w(I.RowSgdField.group), w(I.RowSgdField.weights)) ?? columnsFault(w),
  },
  [I.Opcode.weightedNorm]: {
    words: I.WeightedNormField.words,
    counts: [I.WeightedNormField.count, I.WeightedNormField.group, I.WeightedNormField.rowElements],
  },
  [I.Opcode.gatherDot]: PRODUCT,
  [I.Opcode.gatherSum]: PRODUCT,
  [I.Opcode.gatherLogistic]: { ...PRODUCT, words: I.GatherLogisticField.words },
};
