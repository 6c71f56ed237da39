/**
 * @file What optimizers compute, as composites on flat blocks, and the guard before them. A backend may run each whole; with
 * the addition to the parameters behind it, the fuse pass makes one `…Step` of it.
 */
import { SaddlepointError } from '../core/errors.ts';
import { sameShape, showShape } from '../core/shape.ts';
import type { HostTensor, Op, Spec } from '../graph/node.ts';
import type { Tensor } from '../graph/tensor.ts';
import { apply } from '../graph/trace.ts';
import { abs, add, div, less, mul, neg, sqrt, square, where } from './elementwise.ts';
import { segment } from './group.ts';

export const guardOp: Op<Record<string, never>> & { name: 'guard' } = {
  name: 'guard',
  infer: ([x]) => [x as Spec],
  evaluate([x, ...conditions]) {
    conditions.forEach((condition, i) => {
      const value = condition.data[0] as number;
      // Doubles hold what overflows on the device, so the limit is that of f32 on every backend.
      if (Number.isFinite(Math.fround(value))) return;
      const cause = { position: i, value };
      throw new SaddlepointError('divergence', `guard: condition ${i} is ${value}`, undefined, { cause });
    });
    return [(x as HostTensor).data];
  },
  gradient: ({ inputs, cotangents }) => inputs.map((_, i) => (i === 0 ? cotangents[0] : undefined)),
};

/** x, if all conditions (scalars) are finite; else the step stops here, with nothing committed. */
export const guard = (x: Tensor, conditions: readonly Tensor[]): Tensor =>
  apply(guardOp, [x, ...conditions], {})[0] as Tensor;

/** Moments below these are set to 0: WebAssembly has no flush-to-zero, and subnormal moments make a step 3–7 times slower. */
export const FIRST_MOMENT_FLOOR = 1e-25;
export const SECOND_MOMENT_FLOOR = 1e-30;
export const flush = (x: Tensor, floor: number): Tensor => where(less(abs(x), floor), 0, x);

function sameBlocks(name: string, inputs: readonly Spec[], blocks: number): Spec {
  const [first] = inputs as [Spec];
  inputs.slice(0, blocks).forEach(({ shape }, i) => {
    if (!sameShape(shape, first.shape))
      throw new SaddlepointError(
        'shape',
        `${name}: input ${i} is ${showShape(shape)}, input 0 ${showShape(first.shape)}`,
      );
  });
  const scalars = inputs[blocks] as Spec;
  if (scalars.shape.length !== 1 || scalars.shape[0] !== 2)
    throw new SaddlepointError('shape', `${name}: expected scalars [2], got ${showShape(scalars.shape)}`);
  return first;
}

export interface AdamAttributes {
  readonly [key: string]: unknown;
  readonly beta1: number;
  readonly beta2: number;
}

export const adamStepOp: Op<AdamAttributes> & { name: 'adamStep' } = {
  name: 'adamStep',
  renews: [
    [0, 0],
    [1, 2],
    [2, 3],
  ],
  infer(inputs) {
    const block = sameBlocks('adamStep', inputs, 4);
    return [block, block, block];
  },
  decompose(inputs, attributes) {
    const [parameters, g, m, v, scalars] = inputs as [Tensor, Tensor, Tensor, Tensor, Tensor];
    const [update, first, second] = adamUpdate(g, m, v, scalars, attributes) as [Tensor, Tensor, Tensor];
    return [add(parameters, update), first, second];
  },
};

export const adamUpdateOp: Op<AdamAttributes> & { name: 'adamUpdate' } = {
  name: 'adamUpdate',
  step: adamStepOp as unknown as Op,
  infer(inputs) {
    const block = sameBlocks('adamUpdate', inputs, 3);
    return [block, block, block];
  },
  decompose(inputs, { beta1, beta2 }) {
    const [g, m, v, scalars] = inputs as [Tensor, Tensor, Tensor, Tensor];
    const first = flush(add(mul(m, beta1), mul(g, 1 - beta1)), FIRST_MOMENT_FLOOR);
    const second = flush(add(mul(v, beta2), mul(square(g), 1 - beta2)), SECOND_MOMENT_FLOOR);
    const update = mul(neg(segment(scalars, 0, [])), div(first, add(sqrt(second), segment(scalars, 1, []))));
    return [update, first, second];
  },
};

/**
 * One step of Adam's moments and the update they call for (Kingma & Ba 2015, Algorithm 1; both bias corrections are in the
 * step's scalars [stepSize, ε], which the host computes in double). Returns [update, first moment, second moment].
 */
export const adamUpdate = (
  gradient: Tensor,
  firstMoment: Tensor,
  secondMoment: Tensor,
  scalars: Tensor,
  attributes: AdamAttributes,
): Tensor[] => apply(adamUpdateOp, [gradient, firstMoment, secondMoment, scalars], attributes);

export interface SgdAttributes {
  readonly [key: string]: unknown;
  /** 0 means that there is no velocity input. */
  readonly momentum: number;
  readonly nesterov: boolean;
}

export const sgdStepOp: Op<SgdAttributes> & { name: 'sgdStep' } = {
  name: 'sgdStep',
  renews: [
    [0, 0],
    [1, 2],
  ],
  infer(inputs, { momentum }) {
    const block = sameBlocks('sgdStep', inputs, momentum === 0 ? 2 : 3);
    return momentum === 0 ? [block] : [block, block];
  },
  decompose([parameters, ...rest], attributes) {
    const [update, ...velocity] = apply(sgdUpdateOp, rest as Tensor[], attributes);
    return [add(parameters as Tensor, update as Tensor), ...velocity];
  },
};

export const sgdUpdateOp: Op<SgdAttributes> & { name: 'sgdUpdate' } = {
  name: 'sgdUpdate',
  step: sgdStepOp as unknown as Op,
  infer(inputs, { momentum }) {
    const block = sameBlocks('sgdUpdate', inputs, momentum === 0 ? 1 : 2);
    return momentum === 0 ? [block] : [block, block];
  },
  decompose(inputs, { momentum, nesterov }) {
    const [g] = inputs as [Tensor];
    const scalars = inputs[momentum === 0 ? 1 : 2] as Tensor;
    const rate = neg(segment(scalars, 0, []));
    if (momentum === 0) return [mul(g, rate)];
    const velocity = flush(
      add(mul(inputs[1] as Tensor, momentum), mul(g, segment(scalars, 1, []))),
      FIRST_MOMENT_FLOOR,
    );
    return [mul(nesterov ? add(g, mul(velocity, momentum)) : velocity, rate), velocity];
  },
};

/**
 * One step of (momentum) SGD. `scalars` is [learningRate, gradientFactor]; velocity = momentum · velocity + gradientFactor ·
 * gradient (Polyak 1964; `nesterov`: Sutskever et al. 2013). Returns [update] or [update, velocity].
 */
export const sgdUpdate = (
  gradient: Tensor,
  velocity: Tensor | undefined,
  scalars: Tensor,
  attributes: SgdAttributes,
): Tensor[] =>
  apply(sgdUpdateOp, velocity === undefined ? [gradient, scalars] : [gradient, velocity, scalars], attributes);
