/** @file The commands, in the order of the help. */
import { ablateCommand } from './ablate.ts';
import { diagnoseCommand } from './diagnose.ts';
import { doctorCommand } from './doctor.ts';
import { evaluateCommand } from './evaluate.ts';
import { inspectCommand } from './inspect.ts';
import { predictCommand } from './predict.ts';
import type { CommandSpec } from './spec.ts';
import { trainCommand } from './train.ts';

export const commands: readonly CommandSpec[] = [
  trainCommand,
  predictCommand,
  evaluateCommand,
  inspectCommand,
  diagnoseCommand,
  ablateCommand,
  doctorCommand,
];
