/** @file The attack of Carlini & Wagner 2017 in L2 (§VI-A): the smallest change by descent, in a variable without bounds. */
import { checkKnownOptions, checkNumber, checkSwitch, SaddlepointError } from '../core/errors.ts';
import { type Tensor, tensor } from '../graph/tensor.ts';
import {
  add,
  div,
  greater,
  less,
  log,
  maximum,
  minimum,
  mul,
  neg,
  sqrt,
  square,
  stopGradient,
  sub,
  tanh,
  where,
} from '../ops/elementwise.ts';
import { repeat, scan } from '../ops/loops.ts';
import { sum } from '../ops/reduce.ts';
import { type Attack, checkClip, makeAttack } from './attack.ts';
import { ownAndOther } from './class-losses.ts';
import { flatRows } from './norms.ts';
import { labelsOf, type Problem, perRow, slope } from './problem.ts';

export interface CarliniWagnerOptions {
  /** κ: by how much the other logit must win, ≥ 0; default 0. */
  readonly confidence?: number;
  /** Of each search; default 200. */
  readonly steps?: number;
  /** Values of c that are tried for each row; default 9. */
  readonly searches?: number;
  /** The first c, > 0; default 0.01. */
  readonly initialConstant?: number;
  /** Of its own Adam, in the variable w; default 0.05. */
  readonly learningRate?: number;
  /** Lowest and highest legal value; default [0, 1]. The variable needs bounds. */
  readonly clip?: readonly [number, number];
  /** Whether y is the class to be reached. Default false. */
  readonly targeted?: boolean;
}

/** Keeps w finite at the bounds, as the authors' code does. */
const INSIDE = 0.999999;
const LARGEST = 1e10;

/**
 * Minimizes ‖x′ − x‖² + c · max(Z_y − max of the others, −κ) over w, x′ = tanh w between the bounds; c by binary search for each
 * row: larger where it was not fooled. Rows that no c fools stay as they are.
 *
 * Deviation: `steps` are 200 by default, not 10,000, at 0.05, not 0.01, and a search is never given up early, since all rows share one plan.
 */
export function carliniWagner(options: CarliniWagnerOptions = {}): Attack {
  const known = ['confidence', 'steps', 'searches', 'initialConstant', 'learningRate', 'clip', 'targeted'];
  checkKnownOptions('carliniWagner', options, known);
  const clip = checkClip('carliniWagner', options.clip);
  if (clip === false)
    throw new SaddlepointError(
      'option',
      'carliniWagner.clip: the attack needs bounds, got false',
      'give [low, high] of your data',
    );
  const number = (name: keyof CarliniWagnerOptions, usual: number, range: Parameters<typeof checkNumber>[2]): number =>
    checkNumber(`carliniWagner.${name}`, options[name] ?? usual, range);
  const settings = {
    confidence: number('confidence', 0, { min: 0 }),
    steps: number('steps', 200, { min: 1, max: 100_000, integer: true }),
    searches: number('searches', 9, { min: 1, max: 50, integer: true }),
    initialConstant: number('initialConstant', 0.01, { min: 0, openMin: true }),
    learningRate: number('learningRate', 0.05, { min: 0, openMin: true }),
    targeted: checkSwitch('carliniWagner.targeted', options.targeted ?? false),
  };
  return makeAttack({
    ...{ name: 'carliniWagner', epsilon: undefined, steps: settings.steps * settings.searches, clip },
    options: { ...settings, clip: [...clip] },
    perturb: (problem) => search(problem, { ...settings, clip }),
  });
}

interface Settings extends Required<Omit<CarliniWagnerOptions, 'clip'>> {
  readonly clip: readonly [number, number];
}

/** Of the binary search, [n] each, and the best row so far. */
interface Search {
  readonly constant: Tensor;
  readonly low: Tensor;
  readonly high: Tensor;
  readonly best: Tensor;
  readonly bestSquare: Tensor;
}

function search(problem: Problem, settings: Settings): Tensor {
  const { searches, initialConstant, clip } = settings;
  const { x } = problem;
  const middle = (clip[0] + clip[1]) / 2;
  const half = (clip[1] - clip[0]) / 2;
  const toData = (w: Tensor): Tensor => add(mul(tanh(w), half), middle);
  const inside = mul(div(sub(x, middle), half), INSIDE);
  // artanh
  const start = mul(log(div(add(inside, 1), sub(1, inside))), 0.5);
  const none = mul(sum(flatRows(x), 1), 0);
  const begin: Search = {
    ...{ constant: add(none, initialConstant), low: none, high: add(none, LARGEST) },
    ...{ best: x, bestSquare: add(none, LARGEST) },
  };
  const turn = (s: Search): Search => {
    const found = descend(problem, settings, { start, toData, none, constant: s.constant });
    const isFooled = less(found.bestSquare, LARGEST);
    const isBetter = less(found.bestSquare, s.bestSquare);
    const low = where(isFooled, s.low, maximum(s.low, s.constant));
    const high = where(isFooled, minimum(s.high, s.constant), s.high);
    const isBounded = less(high, LARGEST);
    return {
      ...{ low, high, constant: where(isBounded, mul(add(low, high), 0.5), mul(s.constant, 10)) },
      best: where(perRow(isBetter, x), found.best, s.best),
      bestSquare: minimum(found.bestSquare, s.bestSquare),
    };
  };
  return stopGradient(repeat(searches, turn, begin).best as Tensor);
}

/** Adam's moments decay as usual. */
const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8];

interface Descent {
  readonly start: Tensor;
  readonly toData: (w: Tensor) => Tensor;
  readonly none: Tensor;
  readonly constant: Tensor;
}

interface Walk {
  readonly w: Tensor;
  readonly first: Tensor;
  readonly second: Tensor;
  readonly best: Tensor;
  readonly bestSquare: Tensor;
}

function descend(problem: Problem, settings: Settings, { start, toData, none, constant }: Descent) {
  const { confidence, steps, learningRate, targeted } = settings;
  const { x } = problem;
  const labels = labelsOf(problem, 'carliniWagner');
  const margin = (u: Tensor): Tensor => {
    const { own, other } = ownAndOther(problem.predict(u), labels);
    return targeted ? sub(other, own) : sub(own, other);
  };
  const squareOf = (u: Tensor): Tensor => sum(square(flatRows(sub(u, x))), 1);
  const objective = (w: Tensor): Tensor => {
    const u = toData(w);
    return add(squareOf(u), mul(constant, maximum(margin(u), neg(confidence))));
  };
  const corrections = Float32Array.from(
    { length: steps },
    (_, t) => (learningRate * Math.sqrt(1 - BETA2 ** (t + 1))) / (1 - BETA1 ** (t + 1)),
  );
  const kept = (s: Walk): Pick<Walk, 'best' | 'bestSquare'> => {
    const u = toData(s.w);
    const size = squareOf(u);
    const isFooled = greater(neg(margin(u)), confidence);
    const isBetter = mul(isFooled, greater(s.bestSquare, size));
    return { best: where(perRow(isBetter, x), u, s.best), bestSquare: where(isBetter, size, s.bestSquare) };
  };
  const [last] = scan(
    (s: Walk, rate: Tensor) => {
      const slopes = slope(objective, s.w);
      const first = add(mul(s.first, BETA1), mul(slopes, 1 - BETA1));
      const second = add(mul(s.second, BETA2), mul(square(slopes), 1 - BETA2));
      const w = sub(s.w, mul(div(first, add(sqrt(second), EPSILON)), rate));
      return [{ w, first, second, ...kept(s) }, undefined] as const;
    },
    { w: start, first: mul(x, 0), second: mul(x, 0), best: x, bestSquare: add(none, LARGEST) } as Walk,
    tensor(corrections),
  );
  return kept(last as Walk);
}
