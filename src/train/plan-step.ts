/** @file The training step of a plan file. */
import type { DType } from '../core/dtype.ts';
import type { renewalOf } from '../engine/renewal.ts';
import { type ModelGroups, trainingProgram } from '../engine/step.ts';
import type { Spec } from '../graph/node.ts';
import type { Program } from '../graph/program.ts';
import type { Transform } from '../optim/transform.ts';
import { describeStep } from './describe.ts';
import type { ModelState } from './state.ts';
import { weighingOf } from './weights.ts';

/** What the programs of a step have in common. */
export interface PlannedStep {
  readonly state: ModelState;
  readonly layer: ModelState['layer'];
  readonly groups: ModelGroups;
  readonly optimizer: Transform;
  readonly target: Spec;
  readonly dtype: DType;
  readonly renewal: Awaited<ReturnType<typeof renewalOf>>;
}

/**
 * A training step over blocks of `rows` rows, as `fit` makes it.
 * @param isWeighed whether each row counts as block `weights` says: those of 0 are as if they were not there.
 */
export function programOf(step: PlannedStep, rows: number, isWeighed: boolean): Program {
  const { state, layer, groups, target, dtype, optimizer, renewal } = step;
  const description = describeStep({
    ...{ ...state, layer, groups, metrics: [] },
    source: { rows, rowShape: state.inputShape, dtype },
    targets: { shape: [rows, ...target.shape], dtype: target.dtype },
    weighing: isWeighed ? weighingOf(new Float32Array(rows)) : undefined,
  });
  const program = trainingProgram(description, optimizer, rows, renewal);
  return isWeighed ? { ...program, name: `${program.name} weighed` } : program;
}
