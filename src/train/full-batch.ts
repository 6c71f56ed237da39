/** @file Loss and gradient of a model over all training rows, as a function of one flat vector. */

import { hvp } from '../autodiff/hvp.ts';
import type { Session } from '../backends/backend.ts';
import { must, SaddlepointError } from '../core/errors.ts';
import { openGroup, packLeaves } from '../engine/renew.ts';
import {
  BLOCKS,
  batchOf,
  blockSpec,
  listOf,
  openLeaves,
  PULSE,
  type StepDescription,
  trainingProgram,
  weighed,
} from '../engine/step.ts';
import { stopError } from '../engine/stop-error.ts';
import { type Program, ProgramBuilder } from '../graph/program.ts';
import { type Tensor, tensor } from '../graph/tensor.ts';
import type { Layer } from '../nn/layer.ts';
import { add } from '../ops/elementwise.ts';
import { broadcastTo, reshape } from '../ops/movement.ts';
import { sum } from '../ops/reduce.ts';
import type { ValueAndGradient } from '../optim/drivers/lbfgs.ts';
import type { Transform } from '../optim/transform.ts';
import type { TotalsLayout } from './history.ts';
import type { ModelState } from './state.ts';
import { nextTurn, SLICE_MS } from './yield.ts';

const GRADIENT = 'gradient';

/** Changes no parameter; keeps the gradient where the host can read it. */
export const gradientOnly: Transform = {
  name: 'gradientOnly',
  options: {},
  slots: [GRADIENT],
  scalarCount: 0,
  scalars: () => [],
  update: ({ gradient }) => ({ update: broadcastTo(tensor(0), gradient.shape), slots: { [GRADIENT]: gradient } }),
};

/**
 * The layer, which refuses to draw random numbers.
 *
 * @throws SaddlepointError `option` once a part asks for some.
 */
export function withoutNoise<In, Out>(part: Layer<In, Out>, where: string): Layer<In, Out> {
  return {
    ...part,
    call: (x, context) =>
      part.call(x, {
        ...context,
        random() {
          throw new SaddlepointError(
            'option',
            `${where}: layer '${context.path}' (${part.type}) draws random numbers, so no two values can be compared`,
            'leave out dropout, noise and augmentation, or train with fit',
          );
        },
        child: (inner, index, input) => context.child(withoutNoise(inner, where), index, input),
      }),
  };
}

/** @throws SaddlepointError `option` for parameters that are not one vector, a function of nothing else. */
export function checkPlain(
  { parameters }: Pick<ModelState, 'parameters'>,
  isFrozen: (path: string) => boolean,
  where: string,
): void {
  for (const [path, { kind }] of parameters) {
    if (kind === 'trainable' || isFrozen(path)) continue;
    throw kind === 'rows'
      ? new SaddlepointError('option', `${where}: '${path}' is a table trained by rows`, 'embedding: rows: false')
      : new SaddlepointError(
          'option',
          `${where}: '${path}' is renewed by each pass, so no two values can be compared`,
          'freeze the layer, take one without running statistics, or train with fit',
        );
  }
}

export interface FullBatch {
  /** To be opened with the session. */
  readonly programs: readonly Program[];
  /** The loss as it is minimized, and its gradient, both means over the rows; an infinite value where it is not finite. */
  at(session: Session, point: Float64Array): Promise<ValueAndGradient>;
}

/**
 * @param rows the training rows.
 * @param batchSize rows at a time; sums of the parts are in double precision.
 */
export function fullBatch(description: StepDescription & TotalsLayout, rows: Int32Array, batchSize: number): FullBatch {
  // Losses as they are minimized: those in other units would not go with the gradient.
  const minimized: StepDescription = {
    groups: description.groups,
    sources: description.sources,
    measure: (...given) => ({ ...description.measure(...given), reported: undefined }),
  };
  const rest = rows.length % batchSize;
  const programs = [batchSize, ...(rest === 0 ? [] : [rest])].map((size) =>
    trainingProgram(minimized, gradientOnly, size),
  );
  const { size } = description.groups.parameters;
  return {
    programs,
    async at(session, point) {
      session.write(BLOCKS.parameters, point);
      const gradient = new Float64Array(size);
      let [value, total] = [0, 0];
      let since = performance.now();
      for (let from = 0; from < rows.length; from += batchSize) {
        const batch = rows.subarray(from, from + batchSize);
        const program = `train ${batch.length}`;
        session.writeRows(program, 'indices', batch);
        session.writeRows(program, 'scalars', [0]);
        session.writeRows(program, 'key', [0, 0, 0]);
        const { stop } = await session.run(program, 1);
        if (stop?.reason === 'nonFinite') return { value: Number.POSITIVE_INFINITY, gradient: new Float64Array(size) };
        if (stop !== undefined) throw stopError(stop);
        const pulse = await session.readRows(program, 'pulse', 1);
        const { weighted, perRow } = description;
        const weight = weighted ? (pulse[PULSE.sums] as number) : batch.length * perRow;
        const part = await session.read(BLOCKS.slot(GRADIENT));
        for (let i = 0; i < size; i++) gradient[i] = (gradient[i] as number) + weight * (part[i] as number);
        value += weight * (pulse[PULSE.loss] as number);
        total += weight;
        if (performance.now() - since > SLICE_MS) {
          await nextTurn();
          since = performance.now();
        }
      }
      return { value: value / total, gradient: gradient.map((sum) => sum / total) };
    },
  };
}

const VECTOR = 'vector';
const PRODUCT = 'product';

export interface FullProducts {
  /** To be opened with the session. */
  readonly programs: readonly Program[];
  /** The Hessian of what `fullBatch` gives, at a point, times a vector. */
  times(session: Session, point: Float64Array, vector: Float64Array): Promise<Float64Array>;
}

/** Products with the Hessian of the loss over all training rows: a part of the rows at a time, by differentiating twice. */
export function fullProducts(
  description: StepDescription & TotalsLayout,
  rows: Int32Array,
  batchSize: number,
): FullProducts {
  const rest = rows.length % batchSize;
  const programs = [batchSize, ...(rest === 0 ? [] : [rest])].map((count) => productProgram(description, count));
  const { size } = description.groups.parameters;
  return {
    programs,
    async times(session, point, vector) {
      session.write(BLOCKS.parameters, point);
      session.write(VECTOR, vector);
      const product = new Float64Array(size);
      let total = 0;
      let since = performance.now();
      for (let from = 0; from < rows.length; from += batchSize) {
        const batch = rows.subarray(from, from + batchSize);
        const program = `${PRODUCT} ${batch.length}`;
        session.writeRows(program, 'indices', batch);
        const { stop } = await session.run(program, 1);
        if (stop !== undefined) throw stopError(stop);
        const weight = must((await session.readRows(program, 'weight', 1))[0], 'a weight');
        const part = await session.read(PRODUCT);
        for (let i = 0; i < size; i++) product[i] = (product[i] as number) + weight * (part[i] as number);
        total += weight;
        if (performance.now() - since > SLICE_MS) {
          await nextTurn();
          since = performance.now();
        }
      }
      return product.map((sum) => sum / total);
    },
  };
}

/** Reads the leaves and the block `vector`; renews the block `product`, and writes what the rows weigh together. */
function productProgram(description: StepDescription & TotalsLayout, rows: number): Program {
  const { groups } = description;
  const builder = new ProgramBuilder();
  const { parameters, leaves } = openLeaves(builder, groups);
  const direction = openGroup(builder.block(VECTOR, blockSpec(groups.parameters)), groups.parameters);
  const batch = batchOf(builder, description, rows);
  let weight: Tensor = tensor(rows);
  const lossOf = (trained: Readonly<Record<string, Tensor>>): Tensor => {
    const { losses, weights } = description.measure(new Map([...leaves, ...Object.entries(trained)]), batch, {
      ...{ mode: 'train', key: tensor([0, 0, 0], [3], 'i32'), updates: new Map() },
    });
    weight = weights === undefined ? tensor(rows * description.perRow) : sum(weights);
    return weighed(losses, weights);
  };
  const product = hvp(lossOf as never, Object.fromEntries(parameters.leaves), Object.fromEntries(direction.leaves));
  const parts = new Map(Object.entries(product as Readonly<Record<string, Tensor>>));
  builder.block(PRODUCT, blockSpec(groups.parameters));
  builder.commit(
    PRODUCT,
    packLeaves(
      groups.parameters.segments.map(({ path }) => must(parts.get(path), `the product of ${path}`)),
      groups.parameters,
    ),
  );
  builder.emit('weight', reshape(add(weight, 0), []));
  return builder.finish(`${PRODUCT} ${rows}`, listOf(groups));
}
