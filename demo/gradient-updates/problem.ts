/** @file Softmax regression on digits8: the convex problem on which the section compares ways of updating. */
import {
  add,
  type Callback,
  compile,
  crossEntropy,
  dense,
  type Layer,
  matmul,
  mean,
  minimize,
  mul,
  type Regularizer,
  sequential,
  softmaxCrossEntropy,
  square,
  sum,
  type Tensor,
  tensor,
  zeros,
} from 'saddlepoint';
import { digits8 } from '../experiment-data.ts';

export const LAMBDA = 1e-3;
export const CLASSES = 10;
/** As tricks of the table give it: the largest curvature of the objective. */
export const LIPSCHITZ = 0.501;

/** Passes at which the gap to the minimum first fell below each tolerance. */
export type Reached = ReadonlyMap<number, number>;
export const TOLERANCES = [1e-1, 1e-2, 1e-4, 1e-6, 1e-8] as const;

/** A place on the way. */
export interface Sample {
  readonly passes: number;
  readonly gap: number;
}

export interface Problem {
  readonly x: Tensor;
  readonly y: Int32Array;
  readonly rows: number;
  readonly columns: number;
  /** f = mean cross-entropy + ½ λ ‖W‖². */
  objective(weights: Tensor): Tensor;
  /** The same of numbers, in double precision. */
  value(weights: ArrayLike<number>): Promise<number>;
  readonly minimum: number;
  /** Evaluations of L-BFGS with a value each. */
  readonly evaluations: readonly number[];
  readonly model: () => Layer;
}

/** Pixels / 16, centered, with a column of ones; f* by L-BFGS. */
export async function digitsProblem(): Promise<Problem> {
  const { x: pixels, y, width } = digits8();
  const rows = y.length;
  const columns = width + 1;
  const data = new Float32Array(rows * columns).fill(1);
  for (let column = 0; column < width; column++) {
    let total = 0;
    for (let row = 0; row < rows; row++) total += (pixels[row * width + column] as number) / 16;
    for (let row = 0; row < rows; row++)
      data[row * columns + column] = (pixels[row * width + column] as number) / 16 - total / rows;
  }
  const x = tensor(data, [rows, columns]);
  const labels = tensor(Int32Array.from(y), [rows], 'i32');
  const objective = (weights: Tensor): Tensor =>
    add(mean(softmaxCrossEntropy(matmul(x, weights), labels)), mul(sum(square(weights)), LAMBDA / 2));
  const evaluate = compile(objective, { device: 'reference' });
  const value = async (weights: ArrayLike<number>): Promise<number> =>
    (await evaluate(tensor(Float32Array.from(weights), [columns, CLASSES]))).data[0] as number;
  const found = await minimize(({ w }: { w: Tensor }) => objective(w), start(columns), {
    ...{ method: 'lbfgs', device: 'reference', gradientTolerance: 1e-10, valueTolerance: 0, maximumIterations: 500 },
  });
  return {
    ...{ x, y, rows, columns, objective, value, minimum: found.value, evaluations: [] },
    model: () => sequential([dense(CLASSES, { bias: false, kernelInitializer: zeros() })]),
  };
}

export const start = (columns: number) => ({ w: tensor(new Float32Array(columns * CLASSES), [columns, CLASSES]) });

/** ½ λ ‖W‖² as part of what is minimized. */
export const ridge: Regularizer = {
  kind: 'regularizer',
  name: 'ridge',
  options: { lambda: LAMBDA },
  penalty: ({ leaves }, { trained }) =>
    trained.map((path) => mul(sum(square(leaves.get(path) as Tensor)), LAMBDA / 2)).reduce((a, b) => add(a, b)),
};

export const shared = { loss: crossEntropy(), standardize: false, device: 'reference', progress: false } as const;

/** Looks at the gap every so many steps. `passesAt` says what the steps have cost. */
export function watch(
  problem: Problem,
  every: number,
  passesAt: (steps: number) => number,
): Callback & { readonly samples: Sample[] } {
  const samples: Sample[] = [];
  return {
    samples,
    every,
    async onStep({ step }, control) {
      if ((step + 1) % every !== 0) return;
      const [leaf] = [...(await control.parameters()).values()];
      samples.push({ passes: passesAt(step + 1), gap: (await problem.value(leaf?.data ?? [])) - problem.minimum });
    },
  };
}

/** When each tolerance was first reached. */
export const reached = (samples: readonly Sample[]): Reached =>
  new Map(
    TOLERANCES.flatMap((tolerance) => {
      const first = samples.find(({ gap }) => gap < tolerance);
      return first === undefined ? [] : [[tolerance, first.passes] as const];
    }),
  );

/** '43 / 180 / –'. */
export const list = (found: Reached, tolerances: readonly number[]): string =>
  tolerances.map((tolerance) => show(found.get(tolerance))).join(' / ');

const show = (passes: number | undefined): string =>
  passes === undefined ? '–' : String(Math.round(passes * 100) / 100);
