/** @file What the instructions of the core build read and write. */
import { elementBytes, formBytes, type Operand, type OperandRule, reads, type Word, writes } from './instruction.ts';
import * as I from './opcodes.ts';
import { matmulOperands } from './products.ts';
import { normSumsBytes } from './sizes.ts';

/** Bytes from the first to behind the last element of a strided box. */
function boxBytes(word: Word, strides: number): number {
  let last = 0;
  for (let axis = 0; axis < word(I.CopyField.rank); axis++)
    last += (word(I.CopyField.dimensions + axis) - 1) * word(strides + axis);
  return (last + 1) * word(I.CopyField.elementBytes);
}

const KEY_BYTES = 12;

export function random(w: Word): readonly Operand[] {
  return [
    writes('destination', w(I.RandomField.destination), 4 * w(I.RandomField.count)),
    reads('key', w(I.RandomField.key), KEY_BYTES, false),
  ];
}

/** By opcode. */
export const CORE_OPERANDS = {
  [I.Opcode.matmul]: matmulOperands,
  [I.Opcode.stepLoad]: (w, rows) => [
    writes('destination', w(I.StepLoadField.destination), w(I.StepLoadField.bytes), false),
    reads('table', w(I.StepLoadField.table), w(I.StepLoadField.stride) * rows, false),
  ],
  [I.Opcode.stepStore]: (w, rows) => [
    writes('table', w(I.StepStoreField.table), w(I.StepStoreField.stride) * rows, false),
    reads('source', w(I.StepStoreField.source), w(I.StepStoreField.bytes), false),
  ],
  [I.Opcode.fill]: (w) => [writes('destination', w(I.FillField.destination), 4 * w(I.FillField.count), false)],
  [I.Opcode.copy]: (w) => [
    writes('destination', w(I.CopyField.destination), boxBytes(w, I.CopyField.destinationStrides), false),
    reads('source', w(I.CopyField.source), boxBytes(w, I.CopyField.sourceStrides), false),
  ],
  [I.Opcode.cast]: (w) => [
    writes(
      'destination',
      w(I.CastField.destination),
      elementBytes(w(I.CastField.destinationType)) * w(I.CastField.count),
      w(I.CastField.destinationType) === I.ElementType.f32,
    ),
    reads('source', w(I.CastField.source), elementBytes(w(I.CastField.sourceType)) * w(I.CastField.count), false),
  ],
  [I.Opcode.unary]: (w) => [
    writes('destination', w(I.UnaryField.destination), 4 * w(I.UnaryField.count)),
    reads('source', w(I.UnaryField.source), 4 * w(I.UnaryField.count)),
  ],
  [I.Opcode.binary](w) {
    const [rows, columns] = [w(I.BinaryField.rows), w(I.BinaryField.columns)];
    return [
      writes('destination', w(I.BinaryField.destination), 4 * rows * columns),
      reads('lhs', w(I.BinaryField.lhs), formBytes(w(I.BinaryField.lhsMode), rows, columns)),
      reads('rhs', w(I.BinaryField.rhs), formBytes(w(I.BinaryField.rhsMode), rows, columns)),
    ];
  },
  [I.Opcode.select](w) {
    const [rows, columns] = [w(I.SelectField.rows), w(I.SelectField.columns)];
    return [
      writes('destination', w(I.SelectField.destination), 4 * rows * columns),
      reads('condition', w(I.SelectField.condition), formBytes(w(I.SelectField.conditionMode), rows, columns)),
      reads('onTrue', w(I.SelectField.onTrue), formBytes(w(I.SelectField.trueMode), rows, columns)),
      reads('onFalse', w(I.SelectField.onFalse), formBytes(w(I.SelectField.falseMode), rows, columns)),
    ];
  },
  [I.Opcode.reduce](w) {
    const [outer, k, inner] = [w(I.ReduceField.outer), w(I.ReduceField.k), w(I.ReduceField.inner)];
    return [
      writes('destination', w(I.ReduceField.destination), 4 * outer * inner),
      reads('source', w(I.ReduceField.source), 4 * ((outer * k - 1) * w(I.ReduceField.step) + inner)),
    ];
  },
  [I.Opcode.gather](w) {
    const [count, width] = [w(I.GatherField.count), w(I.GatherField.rowElements)];
    const [from, to] = [w(I.GatherField.sourceType), w(I.GatherField.destinationType)];
    const parameterBytes = w(I.GatherField.mode) === I.Broadcast.row ? 4 * width : 4;
    const scaled = w(I.GatherField.shift) !== 0;
    return [
      writes('destination', w(I.GatherField.destination), elementBytes(to) * count * width, to === I.ElementType.f32),
      reads('source', w(I.GatherField.source), elementBytes(from) * w(I.GatherField.rows) * width, false),
      reads('indices', w(I.GatherField.indices), 4 * count, false),
      ...(scaled
        ? [
            reads('shift', w(I.GatherField.shift), parameterBytes),
            reads('scale', w(I.GatherField.scale), parameterBytes),
          ]
        : []),
    ];
  },
  [I.Opcode.softmax](w) {
    const bytes = 4 * w(I.SoftmaxField.rows) * w(I.SoftmaxField.columns);
    return [
      writes('destination', w(I.SoftmaxField.destination), bytes),
      reads('source', w(I.SoftmaxField.source), bytes),
    ];
  },
  [I.Opcode.crossEntropy](w) {
    const rows = w(I.CrossEntropyField.rows);
    const bytes = 4 * rows * w(I.CrossEntropyField.columns);
    return [
      writes('losses', w(I.CrossEntropyField.losses), 4 * rows),
      writes('probabilities', w(I.CrossEntropyField.probabilities), bytes),
      reads('logits', w(I.CrossEntropyField.logits), bytes),
      reads('labels', w(I.CrossEntropyField.labels), 4 * rows, false),
    ];
  },
  [I.Opcode.crossEntropyGradient](w) {
    const rows = w(I.CrossEntropyGradientField.rows);
    const bytes = 4 * rows * w(I.CrossEntropyGradientField.columns);
    return [
      writes('destination', w(I.CrossEntropyGradientField.destination), bytes),
      reads('probabilities', w(I.CrossEntropyGradientField.probabilities), bytes),
      reads('labels', w(I.CrossEntropyGradientField.labels), 4 * rows, false),
      reads(
        'cotangent',
        w(I.CrossEntropyGradientField.cotangent),
        formBytes(w(I.CrossEntropyGradientField.mode), rows, 1),
      ),
    ];
  },
  [I.Opcode.argmax]: (w) => [
    writes('destination', w(I.ArgmaxField.destination), 4 * w(I.ArgmaxField.rows), false),
    reads('source', w(I.ArgmaxField.source), 4 * w(I.ArgmaxField.rows) * w(I.ArgmaxField.columns)),
  ],
  [I.Opcode.dropoutMask]: random,
  [I.Opcode.sumSquares]: (w) => [
    writes('destination', w(I.SumSquaresField.destination), normSumsBytes(w(I.SumSquaresField.count)), false),
    reads('source', w(I.SumSquaresField.source), 4 * w(I.SumSquaresField.count)),
  ],
  [I.Opcode.l2Norm]: (w) => [
    writes('destination', w(I.L2NormField.destination), 4),
    reads('sums', w(I.L2NormField.sums), normSumsBytes(w(I.L2NormField.count)), false),
    reads('source', w(I.L2NormField.source), 4 * w(I.L2NormField.count)),
  ],
  [I.Opcode.guard]: (w) =>
    [w(I.GuardField.first), w(I.GuardField.second)]
      .filter((address) => address !== 0)
      .map((address, i) => reads(`condition ${i}`, address, 4)),
  [I.Opcode.adam](w) {
    const bytes = 4 * w(I.AdamField.count);
    return [
      writes('parameters', w(I.AdamField.parameters), bytes),
      writes('firstMoment', w(I.AdamField.firstMoment), bytes),
      writes('secondMoment', w(I.AdamField.secondMoment), bytes),
      reads('gradient', w(I.AdamField.gradient), bytes),
      reads('scalars', w(I.AdamField.scalars), 8),
    ];
  },
  [I.Opcode.sgd](w) {
    const bytes = 4 * w(I.SgdField.count);
    const velocity = w(I.SgdField.velocity);
    return [
      writes('parameters', w(I.SgdField.parameters), bytes),
      ...(velocity === 0 ? [] : [writes('velocity', velocity, bytes)]),
      reads('gradient', w(I.SgdField.gradient), bytes),
      reads('scalars', w(I.SgdField.scalars), 8),
    ];
  },
} satisfies Partial<Record<I.Opcode, OperandRule>>;
