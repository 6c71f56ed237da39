/** @file What is known of all instructions, for checking plans. */
import type { InstructionRules } from './inspect.ts';
import { FORMS } from './legal.ts';
import { OPERANDS } from './operands.ts';

export const ALL_RULES: InstructionRules = { forms: FORMS, operands: OPERANDS };
