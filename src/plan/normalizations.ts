/** @file Normalizations, and softmax for attention, as data: their operands, and what their words may be. */
import { type Form, type OperandRule, reads, type Word, writes } from './instruction.ts';
import * as I from './opcodes.ts';
import { standardizeScratchBytes } from './sizes.ts';

type NormalizationOpcode =
  | I.Opcode.standardize
  | I.Opcode.standardizeGradient
  | I.Opcode.maskedSoftmax
  | I.Opcode.softmaxGradient;

export const NORMALIZATION_OPERANDS: Readonly<Record<NormalizationOpcode, OperandRule>> = {
  [I.Opcode.standardize](w) {
    const inner = w(I.StandardizeField.inner);
    const kept = 4 * w(I.StandardizeField.outer) * inner;
    const bytes = kept * w(I.StandardizeField.k);
    const mean = w(I.StandardizeField.mean);
    return [
      writes('destination', w(I.StandardizeField.destination), bytes),
      writes('variance', w(I.StandardizeField.variance), kept),
      ...(mean === 0 ? [] : [writes('mean', mean, kept)]),
      writes('scratch', w(I.StandardizeField.scratch), standardizeScratchBytes(inner), false),
      reads('source', w(I.StandardizeField.source), bytes),
    ];
  },
  [I.Opcode.standardizeGradient](w) {
    const inner = w(I.StandardizeGradientField.inner);
    const kept = 4 * w(I.StandardizeGradientField.outer) * inner;
    const bytes = kept * w(I.StandardizeGradientField.k);
    return [
      writes('destination', w(I.StandardizeGradientField.destination), bytes),
      writes('scratch', w(I.StandardizeGradientField.scratch), standardizeScratchBytes(inner), false),
      reads('normalized', w(I.StandardizeGradientField.normalized), bytes),
      reads('variance', w(I.StandardizeGradientField.variance), kept),
      reads('cotangent', w(I.StandardizeGradientField.cotangent), bytes),
    ];
  },
  [I.Opcode.maskedSoftmax](w) {
    const [outer, inner] = [w(I.MaskedSoftmaxField.outer), w(I.MaskedSoftmaxField.inner)];
    const columns = w(I.MaskedSoftmaxField.columns);
    const mask = w(I.MaskedSoftmaxField.mask);
    const last = (outer - 1) * w(I.MaskedSoftmaxField.maskOuter) + (inner - 1) * w(I.MaskedSoftmaxField.maskInner);
    return [
      writes('destination', w(I.MaskedSoftmaxField.destination), 4 * outer * inner * columns),
      reads('source', w(I.MaskedSoftmaxField.source), 4 * outer * inner * columns),
      ...(mask === 0 ? [] : [reads('mask', mask, 4 * (last + columns))]),
    ];
  },
  [I.Opcode.softmaxGradient](w) {
    const bytes = 4 * w(I.SoftmaxGradientField.rows) * w(I.SoftmaxGradientField.columns);
    return [
      writes('destination', w(I.SoftmaxGradientField.destination), bytes),
      reads('weights', w(I.SoftmaxGradientField.weights), bytes),
      reads('cotangent', w(I.SoftmaxGradientField.cotangent), bytes),
    ];
  },
};

function negative(w: Word, fields: readonly number[]): string | undefined {
  const field = fields.find((at) => w(at) < 0);
  return field === undefined ? undefined : `${w(field)} in word ${field}`;
}

export const NORMALIZATION_FORMS: Readonly<Record<NormalizationOpcode, Form>> = {
  [I.Opcode.standardize]: {
    words: I.StandardizeField.words,
    counts: [I.StandardizeField.outer, I.StandardizeField.k, I.StandardizeField.inner],
  },
  [I.Opcode.standardizeGradient]: {
    words: I.StandardizeGradientField.words,
    counts: [I.StandardizeGradientField.outer, I.StandardizeGradientField.k, I.StandardizeGradientField.inner],
    choices: [[I.StandardizeGradientField.center, 1]],
  },
  [I.Opcode.maskedSoftmax]: {
    words: I.MaskedSoftmaxField.words,
    counts: [I.MaskedSoftmaxField.outer, I.MaskedSoftmaxField.inner, I.MaskedSoftmaxField.columns],
    fault: (w) => {
      const steps = [I.MaskedSoftmaxField.maskOuter, I.MaskedSoftmaxField.maskInner, I.MaskedSoftmaxField.queries];
      return negative(w, steps);
    },
  },
  [I.Opcode.softmaxGradient]: {
    words: I.SoftmaxGradientField.words,
    counts: [I.SoftmaxGradientField.rows, I.SoftmaxGradientField.columns],
    fault: (w) => negative(w, [I.SoftmaxGradientField.queries]),
  },
};
