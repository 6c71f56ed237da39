/** @file What an attack is told: rows, what it is to raise, and the units that ε is measured in. It knows no attack. */
import { grad } from '../autodiff/grad.ts';
import { SaddlepointError } from '../core/errors.ts';
import { sizeOf } from '../core/shape.ts';
import type { StepScaling } from '../engine/step.ts';
import { type Tensor, tensor } from '../graph/tensor.ts';
import { add, mul, neg, notEqual, sub } from '../ops/elementwise.ts';
import { reshape } from '../ops/movement.ts';
import { argmax, sum } from '../ops/reduce.ts';

/** Rows under attack, traced. */
export interface Problem {
  /** [n, …], in the units of the data; of bytes in [0, 1]. */
  readonly x: Tensor;
  /** Where iterated attacks begin; left out: at x, or at a random point of the ball. */
  readonly start?: Tensor;
  /** Class numbers i32 [n]: the true ones, or those that a targeted attack aims at; undefined where there are no classes. */
  readonly labels: Tensor | undefined;
  /** The model's output at rows u, which are in the units of x: logits [n, classes]. */
  predict(u: Tensor): Tensor;
  /** What the model minimizes, at u: [n], or [] where it is known of all rows together only. */
  losses(u: Tensor): Tensor;
  /** A key and a stream of random numbers, another stream at each call. */
  random(): { readonly key: Tensor; readonly stream: number };
}

/** Between the units of an attack and those that the model takes. */
export interface Units {
  toModel(u: Tensor): Tensor;
  toData(z: Tensor): Tensor;
}

const isSame = ({ shift, scale }: StepScaling, factor: number): boolean =>
  scale.length === 1 && shift[0] === 0 && scale[0] === Math.fround(factor);

/**
 * Attacks are measured in the units of the data, and of bytes in shares of 255: what a standardized column takes is converted,
 * so that one ε means the same for all columns of the data. A constant column, which the model does not see, stays.
 */
export function unitsOf(scaling: StepScaling): Units {
  if (isSame(scaling, 1) || isSame(scaling, 1 / 255)) return { toModel: (u) => u, toData: (z) => z };
  const column = (values: Float32Array): Tensor => tensor(values, values.length === 1 ? [] : [values.length]);
  const { shift, scale } = scaling;
  const inverse = scale.map((value) => (value === 0 ? 0 : 1 / value));
  const flat = (x: Tensor, change: (rows: Tensor) => Tensor): Tensor => {
    const [n = 1, ...rest] = x.shape;
    return reshape(change(reshape(x, [n, sizeOf(rest)])), x.shape);
  };
  return {
    toModel: (u) => flat(u, (rows) => mul(sub(rows, column(shift)), column(scale))),
    toData: (z) => flat(z, (rows) => add(mul(rows, column(inverse)), column(shift))),
  };
}

/** The class numbers of a problem that has some. */
export function labelsOf({ labels }: Problem, attack: string): Tensor {
  if (labels !== undefined) return labels;
  throw new SaddlepointError(
    'option',
    `${attack}: the model's targets are no class numbers`,
    'take fgsm, bim, mifgsm or pgd, which raise any loss',
  );
}

/** A number a row as a factor of rows like x; a scalar stays. */
export function perRow(values: Tensor, x: Tensor): Tensor {
  return values.shape.length === 0 ? values : reshape(values, [x.shape[0] ?? 1, ...x.shape.slice(1).map(() => 1)]);
}

/** What an attack raises: the loss, or, towards a target, its negative. */
export function goal({ losses }: Problem, targeted: boolean): (u: Tensor) => Tensor {
  return targeted ? (u) => neg(losses(u)) : losses;
}

/** The slope of the sum of values by rows. */
export const slope = (values: (u: Tensor) => Tensor, u: Tensor): Tensor => grad((at: Tensor) => sum(values(at)), u);

/** A fooled row counts more than any loss. */
const FOOLED = 1e3;

/** How well rows do, for choosing among several attempts. */
export function score(problem: Problem, targeted: boolean): (u: Tensor) => Tensor {
  const raised = goal(problem, targeted);
  const { labels } = problem;
  if (labels === undefined) return raised;
  return (u) => {
    const missed = notEqual(argmax(problem.predict(u)), labels);
    return add(raised(u), mul(targeted ? sub(1, missed) : missed, FOOLED));
  };
}
