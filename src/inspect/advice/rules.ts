/** @file All rules of the advisor, in the order of their ids. */
import type { Rule } from './rule.ts';
import { BEFORE_RULES } from './rules-before.ts';
import { EPOCH_RULES } from './rules-epochs.ts';
import { LAYER_RULES } from './rules-layers.ts';
import { RECORD_RULES } from './rules-records.ts';
import { STEP_RULES } from './rules-steps.ts';

/** Symptoms, tests, remedies and sources, as data. */
export const ADVICE_RULES: readonly Rule[] = Object.freeze(
  [...BEFORE_RULES, ...STEP_RULES, ...LAYER_RULES, ...EPOCH_RULES, ...RECORD_RULES].sort((a, b) =>
    a.id < b.id ? -1 : 1,
  ),
);
