/** @file Gradients beside a run: of any training rows, at the parameters as they are, without a step. */
import { SaddlepointError } from '../core/errors.ts';
import { BLOCKS, PULSE, type StepDescription, trainingProgram } from '../engine/step.ts';
import { stopError } from '../engine/stop-error.ts';
import type { Program } from '../graph/program.ts';
import { tensor } from '../graph/tensor.ts';
import { broadcastTo } from '../ops/movement.ts';
import type { Transform } from '../optim/transform.ts';
import type { Training } from './training.ts';

type Method = Parameters<typeof trainingProgram>[4];

const SLOT = 'probed gradient';

const probing: Transform = {
  ...{ name: 'probe', options: {}, slots: [SLOT], scalarCount: 0, scalars: () => [] },
  update: ({ gradient }) => ({ update: broadcastTo(tensor(0), gradient.shape), slots: { [SLOT]: gradient } }),
};

/** What is asked for: the gradient alone, or with the norms of those of single rows. */
type Kind = 'gradient' | 'rowGradients';

const nameOf = (kind: Kind, rows: number): string => `probe ${kind} ${rows}`;

/** A program that reads the run's parameters, and renews nothing but the gradient's own block. */
function probeProgram(description: StepDescription, kind: Kind, rows: number, method?: Method): Program {
  if (description.groups.rows.length > 0)
    throw new SaddlepointError(
      'option',
      `control.${kind}: '${description.groups.rows[0]?.segments[0]?.path}' is a table whose gradient is kept by rows`,
      'make it an ordinary parameter (embedding: rows: false)',
    );
  const { sources, groups } = description;
  // As they are minimized, as the gradient is.
  const measure: StepDescription['measure'] = (...given) => ({
    ...description.measure(...given),
    ...{ reported: undefined, sums: [] },
  });
  const program = trainingProgram({ groups, sources, measure }, probing, rows, undefined, method);
  const isKept = ({ kind, name }: Program['outputs'][number]): boolean => kind === 'row' || name === BLOCKS.slot(SLOT);
  return {
    ...program,
    name: nameOf(kind, rows),
    outputs: program.outputs.filter(isKept),
    graph: { ...program.graph, outputs: program.graph.outputs.filter((_, i) => isKept(program.outputs[i] as never)) },
  };
}

/** The numbers of rows that callbacks ask for at a time. */
export interface ProbedRows {
  readonly gradient: readonly number[];
  readonly rowGradients: readonly number[];
  /** What makes `rowGradients`, see row-gradients.ts; loaded where some are. */
  readonly method?: Method | undefined;
}

/** The programs for gradients over so many rows at a time. */
export const probePrograms = (description: StepDescription, wanted: ProbedRows): readonly Program[] => [
  ...[...new Set(wanted.gradient)].map((rows) => probeProgram(description, 'gradient', rows)),
  ...[...new Set(wanted.rowGradients)].map((rows) => probeProgram(description, 'rowGradients', rows, wanted.method)),
];

/** The mean loss of some rows and its gradient, as one block. */
export interface Probed {
  readonly loss: number;
  readonly gradient: Float32Array;
}

/** The same with the rows' own gradients, of which nothing but the norm is known. */
export interface ProbedByRow extends Probed {
  /** ‖gᵢ‖² of each row, in the order asked for; the mean of the gᵢ is `gradient`. */
  readonly squaredNorms: Float32Array;
}

/** @throws SaddlepointError `option` for a number of rows that no callback has declared. */
export async function probe(
  { opened, loop, options }: Training<string>,
  rows: Int32Array,
  kind: Kind = 'gradient',
): Promise<ProbedByRow> {
  const { session } = opened;
  const name = nameOf(kind, rows.length);
  if (!opened.probes.includes(name)) {
    const declared = kind === 'gradient' ? 'gradientRows' : 'rowGradientRows';
    throw new SaddlepointError(
      'option',
      `control.${kind}: no callback has declared gradients over ${rows.length} rows`,
      `the callback has ${declared}: [${rows.length}], so that the plan is made before the first step`,
    );
  }
  session.writeRows(name, 'indices', rows);
  session.writeRows(name, 'scalars', [0]);
  session.writeRows(name, 'key', [options.seed, loop.step, 0]);
  const { stop } = await session.run(name, 1);
  if (stop !== undefined) throw stopError(stop);
  const pulse = await session.readRows(name, 'pulse', 1);
  return {
    loss: pulse[PULSE.loss] as number,
    gradient: (await session.read(BLOCKS.slot(SLOT))) as Float32Array,
    squaredNorms: Float32Array.from(pulse).slice(kind === 'gradient' ? pulse.length : -rows.length),
  };
}
