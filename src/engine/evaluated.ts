/** @file Parameters for evaluation where an optimizer keeps others than it trains: averages, schedule-free methods. */
import { type Program, ProgramBuilder } from '../graph/program.ts';
import type { StepTransform } from './renew.ts';
import { BLOCKS, blockSpec, type ModelGroups } from './step.ts';

export interface Evaluated {
  /** The model's groups with the block that evaluation reads. */
  readonly groups: ModelGroups;
  /** Renews that block from parameters and slots, as they are. */
  readonly program: Program;
}

/** Undefined: evaluation reads the parameters that are trained. */
export function evaluatedParameters(groups: ModelGroups, transform: StepTransform): Evaluated | undefined {
  if (transform.evaluationParameters === undefined) return undefined;
  const { parameters } = groups;
  const builder = new ProgramBuilder();
  const spec = blockSpec(parameters);
  const slots = Object.fromEntries(transform.slots.map((name) => [name, builder.block(BLOCKS.slot(name), spec)]));
  const block = builder.block(BLOCKS.parameters, spec);
  builder.block(BLOCKS.evaluated, spec);
  builder.commit(
    BLOCKS.evaluated,
    transform.evaluationParameters({ parameters: block, slots, segments: parameters.segments }),
  );
  const evaluated = { ...groups, parameters: { ...parameters, name: BLOCKS.evaluated } };
  return { groups: evaluated, program: builder.finish('evaluated parameters') };
}
