/**
 * @file What an optimizer is: a function of the gradient and its own state, traced once on the flat block of a parameter
 * group, and a pure function of the step for what changes from step to step. Transforms of gradients and optimizers are one
 * kind of thing, and chain.
 */
import { SaddlepointError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { Segment } from '../graph/program.ts';
import type { Tensor } from '../graph/tensor.ts';
import { segment } from '../ops/group.ts';
import { type RowUpdate, type RowUpdateInput, rowsUnsupported } from '../ops/rows.ts';

/** An optimizer, or a part of one: what it keeps for each parameter (slots), numbers of a step that the host computes, and the update as a function of blocks. */
export interface Transform {
  readonly name: string;
  /** Plain JSON. */
  readonly options: JsonObject;
  /** State blocks, each as large as the parameter block, zeros at the start. */
  readonly slots: readonly string[];
  /** How many f32 scalars a step takes from the host. */
  readonly scalarCount: number;
  /**
   * The scalars of step 0, 1, …: pure, in double precision (learning rate, bias corrections).
   * @param rateScale what a run multiplies the learning rate by, such as after a plateau; default 1.
   */
  scalars(step: number, rateScale?: number): readonly number[];
  /** The learning rate of step 0, 1, …, before any scale; left out where there is none. */
  learningRate?: ((step: number) => number) | undefined;
  /** Traced once. What is 0 in gradient, parameters and slots must give 0: the gaps between the leaves of a block. */
  update(input: UpdateInput): { update: Tensor; slots: Readonly<Record<string, Tensor>> };
  /**
   * The same for a row table, whose gradient says what the rows that occur in it get; only those may change. Traced once for
   * each table. Transforms without it refuse models that have row tables.
   */
  updateRows?(input: RowUpdateInput): RowUpdate;
  /**
   * The block that evaluation, prediction and saving read in place of the parameters that are trained: averages of weights,
   * the other point of schedule-free methods. Traced once, from parameters and slots as the last step left them; it changes
   * neither. Left out: the parameters themselves.
   */
  evaluationParameters?(input: EvaluationInput): Tensor;
}

/** Parameters and slots after a step. */
export type EvaluationInput = Pick<UpdateInput, 'parameters' | 'slots' | 'segments'>;

export interface UpdateInput {
  /** f32 [size]. */
  readonly gradient: Tensor;
  /** f32 [size]. */
  readonly parameters: Tensor;
  /** f32 [size] for each name in `slots`. */
  readonly slots: Readonly<Record<string, Tensor>>;
  /** f32 [max(1, scalarCount)]. */
  readonly scalars: Tensor;
  /** The L2 norm of this gradient (a scalar), if it is known. */
  readonly gradientNorm: Tensor | undefined;
  /** Where the leaves lie in the block; undefined: the block is one leaf, a vector. */
  readonly segments?: readonly Segment[] | undefined;
}

/** The slot of that name; an internal error if the caller left it out. */
export function slot(input: Pick<UpdateInput, 'slots'>, transform: string, name: string): Tensor {
  const found = input.slots[name];
  if (found !== undefined) return found;
  throw new SaddlepointError('internal', `${transform}: slot '${name}' is missing`);
}

/**
 * Transforms one after the other: each gets the update of the one before it as its gradient. The last is usually an
 * optimizer, which turns a gradient into what is added to the parameters.
 *
 * Slots are renamed `${i}.${name}`, scalars follow one another. The known norm of the gradient reaches every transform up to
 * and including the first that changes the gradient. What keeps other weights for evaluation (averages, schedule-free methods)
 * must see the update that is really made, so it stands last.
 *
 * @throws SaddlepointError `option` for no transform at all, or for one behind another that keeps weights for evaluation.
 * @example chain(clipByGlobalNorm(1), adam())
 */
export function chain(...transforms: Transform[]): Transform {
  if (transforms.length === 0) throw new SaddlepointError('option', 'chain: expected at least one transform');
  const early = transforms.slice(0, -1).find(({ evaluationParameters }) => evaluationParameters !== undefined);
  if (early !== undefined) {
    throw new SaddlepointError(
      'option',
      `chain: ${early.name} keeps weights for evaluation, but another transform stands behind it`,
      'put it last: what follows would change an update that it has already counted',
    );
  }
  const offsets = transforms.map((_, i) =>
    transforms.slice(0, i).reduce((total, { scalarCount }) => total + scalarCount, 0),
  );
  const last = transforms.at(-1) as Transform;
  const slotsOf = (input: Pick<UpdateInput, 'slots'>, { slots }: Transform, i: number): Record<string, Tensor> =>
    Object.fromEntries(slots.map((name) => [name, slot(input, 'chain', `${i}.${name}`)]));
  return {
    name: 'chain',
    options: { transforms: transforms.map(({ name, options }) => ({ name, options })) },
    slots: transforms.flatMap(({ slots }, i) => slots.map((name) => `${i}.${name}`)),
    scalarCount: transforms.reduce((total, { scalarCount }) => total + scalarCount, 0),
    scalars: (step, rateScale) => transforms.flatMap((transform) => transform.scalars(step, rateScale)),
    learningRate: transforms.find((transform) => transform.learningRate)?.learningRate,
    update(input) {
      let gradient = input.gradient;
      const slots: Record<string, Tensor> = {};
      transforms.forEach((transform, i) => {
        const result = transform.update({
          ...input,
          gradient,
          slots: slotsOf(input, transform, i),
          scalars: scalarsOf(input.scalars, offsets[i] as number, transform.scalarCount),
          gradientNorm: gradient === input.gradient ? input.gradientNorm : undefined,
        });
        for (const name of transform.slots)
          slots[`${i}.${name}`] = slot({ ...input, slots: result.slots }, transform.name, name);
        gradient = result.update;
      });
      return { update: gradient, slots };
    },
    updateRows(input) {
      let made: RowUpdate = { gradient: input.gradient };
      transforms.forEach((transform, i) => {
        if (!('gradient' in made)) throw rowsUnsupported('chain', `${transform.name} stands behind an optimizer`);
        const { gradient } = made;
        const next = transform.updateRows?.({
          ...{ gradient, table: input.table },
          slots: slotsOf(input, transform, i),
          scalars: scalarsOf(input.scalars, offsets[i] as number, transform.scalarCount),
          gradientNorm: gradient === input.gradient ? input.gradientNorm : undefined,
        });
        if (next === undefined) throw rowsUnsupported(transform.name);
        made =
          'table' in next
            ? {
                table: next.table,
                slots: Object.fromEntries(Object.entries(next.slots).map(([name, value]) => [`${i}.${name}`, value])),
              }
            : next;
      });
      return made;
    },
    ...(last.evaluationParameters === undefined
      ? {}
      : {
          evaluationParameters: (input: EvaluationInput) =>
            last.evaluationParameters?.({
              ...input,
              slots: slotsOf(input, last, transforms.length - 1),
            }) as Tensor,
        }),
  };
}

/** The scalars of one transform; one that has none gets some element that it does not read. */
export function scalarsOf(all: Tensor, offset: number, count: number): Tensor {
  const size = all.shape[0] as number;
  if (count === size || (count === 0 && size === 1)) return all;
  return count === 0 ? segment(all, 0, [1]) : segment(all, offset, [count]);
}
