/** @file Normalizations as data: their operands, and what their words may be. */
import { type Form, type OperandRule, reads, writes } from './instruction.ts';
import * as I from './opcodes.ts';
import { standardizeScratchBytes } from './sizes.ts';

type NormalizationOpcode = I.Opcode.standardize | I.Opcode.standardizeGradient;

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
};

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
};
