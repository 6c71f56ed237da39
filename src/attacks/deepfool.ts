/** @file DeepFool (Moosavi-Dezfooli et al. 2016, algorithm 2): the smallest change, by the nearest of linearized borders. */
import { checkKnownOptions, checkName, checkNumber } from '../core/errors.ts';
import { type Tensor, tensor } from '../graph/tensor.ts';
import { abs, add, div, equal, mul, sign, sqrt, square, stopGradient, sub } from '../ops/elementwise.ts';
import { oneHot } from '../ops/indexing.ts';
import { repeat, scan } from '../ops/loops.ts';
import { reshape, transpose } from '../ops/movement.ts';
import { argmax, min, sum } from '../ops/reduce.ts';
import { type Attack, checkClip, makeAttack } from './attack.ts';
import { type Clip, rangeOf } from './box.ts';
import { flatRows, type Norm } from './norms.ts';
import { type Problem, perRow, slope } from './problem.ts';

export interface DeepfoolOptions {
  /** What of a change is made small; default 'l2'. */
  readonly norm?: Exclude<Norm, 'l1'>;
  /** At most; default 50. A row that is fooled stays. */
  readonly steps?: number;
  /** How much further than the border it goes, as a share of the change; ≥ 0, default 0.02. */
  readonly overshoot?: number;
  /** Lowest and highest legal value; default [0, 1], false for none (as in the paper). */
  readonly clip?: Clip;
}

/** Far beyond every border: the row's own class is no candidate. */
const FAR = 1e12;
const TINY = 1e-12;

/**
 * The smallest change that leaves the class that the model predicts (not the true one, which it does not ask for): in each turn
 * the logits are taken as linear and the nearest border to another class is walked to.
 *
 * Deviations: all classes are candidates; each turn's step, not their sum, overshoots, and each turn ends within the range of the
 * data: clipped at the end alone, half of what was done to black pixels would be undone.
 */
export function deepfool(options: DeepfoolOptions = {}): Attack {
  checkKnownOptions('deepfool', options, ['norm', 'steps', 'overshoot', 'clip']);
  const norm = checkName('deepfool.norm', options.norm ?? 'l2', ['l2', 'linf']);
  const steps = checkNumber('deepfool.steps', options.steps ?? 50, { min: 1, max: 1000, integer: true });
  const overshoot = checkNumber('deepfool.overshoot', options.overshoot ?? 0.02, { min: 0 });
  const clip = checkClip('deepfool', options.clip);
  return makeAttack({
    ...{ name: 'deepfool', epsilon: undefined, steps, clip },
    options: { norm, steps, overshoot, clip: clip && [...clip] },
    perturb: (problem) => walk(problem, { norm, steps, overshoot, clip }),
  });
}

interface Settings {
  readonly norm: 'l2' | 'linf';
  readonly steps: number;
  readonly overshoot: number;
  readonly clip: Clip;
}

function walk({ x, predict }: Problem, { norm, steps, overshoot, clip }: Settings): Tensor {
  const logits = predict(x);
  const [n, classes] = logits.shape as [number, number];
  const own = stopGradient(argmax(logits));
  const isOwn = oneHot(own, classes);
  const isKept = (z: Tensor): Tensor => equal(argmax(z), own);
  const inRange = rangeOf(x, clip);
  const turn = (u: Tensor): Tensor => {
    const z = predict(u);
    const slopes = slopesOf(predict, u, classes);
    const ownSlope = sum(mul(slopes, reshape(transpose(isOwn), [classes, n, 1])), 0, { keepDims: true });
    const normals = sub(slopes, ownSlope);
    const gaps = sub(z, sum(mul(z, isOwn), 1, { keepDims: true }));
    const sizes = transpose(norm === 'l2' ? sum(square(normals), 2) : sum(abs(normals), 2));
    const steep = add(sizes, TINY);
    const distances = add(div(abs(gaps), norm === 'l2' ? sqrt(steep) : steep), mul(isOwn, FAR));
    const nearest = firstOf(equal(distances, min(distances, 1, { keepDims: true })), classes);
    const pick = (values: Tensor): Tensor => sum(mul(values, nearest), 1);
    const normal = sum(mul(normals, reshape(transpose(nearest), [classes, n, 1])), 0);
    const length = reshape(div(add(pick(abs(gaps)), 1e-4), add(pick(sizes), TINY)), [n, 1]);
    const step = reshape(mul(norm === 'l2' ? normal : sign(normal), length), x.shape);
    return inRange(add(u, mul(mul(step, 1 + overshoot), perRow(isKept(z), x))));
  };
  return stopGradient(repeat(steps, turn, stopGradient(x)));
}

/** Of equals the first: one candidate a row. */
function firstOf(candidates: Tensor, classes: number): Tensor {
  const order = tensor(Float32Array.from({ length: classes }, (_, k) => classes - k));
  return oneHot(argmax(mul(candidates, order)), classes);
}

/** The slope of every logit, [classes, n, numbers]. */
function slopesOf(predict: (u: Tensor) => Tensor, u: Tensor, classes: number): Tensor {
  const each = Float32Array.from({ length: classes * classes }, (_, i) => Number(i % (classes + 1) === 0));
  const [, slopes] = scan(
    (none: Tensor, one: Tensor) => [none, flatRows(slope((at) => sum(mul(predict(at), one), 1), u))] as const,
    mul(sum(u), 0),
    tensor(each, [classes, classes]),
  );
  return slopes as Tensor;
}
