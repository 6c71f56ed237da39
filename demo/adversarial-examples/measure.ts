/** @file The networks of the table, how they are trained, and their accuracies under attack. */
import {
  adam,
  advise,
  attacks,
  crossEntropy,
  dense,
  fit,
  type Layer,
  type Robustness,
  robustness,
  sequential,
  type Tensor,
  type TrainedModel,
  type Trick,
} from '../../src/index.ts';
import type { Finding } from '../experiment.ts';
import type { Rows, Split } from '../experiment-data.ts';

/** Of training. */
export const EPSILON = 0.1;

export const linear = (): Layer => sequential([dense(10)]);
export const perceptron = (): Layer =>
  sequential([dense(256, { activation: 'relu' }), dense(128, { activation: 'relu' }), dense(10)]);

export const percent = (share: number): string => (100 * share).toFixed(1);

/** Trains as the table says, and says how long it took. */
export async function trained(
  layer: Layer,
  { train }: Split,
  seed: number,
  tricks: readonly Trick[] = [],
  epochs = 10,
  shape?: (rows: Rows) => unknown,
): Promise<{ readonly model: TrainedModel; readonly seconds: number }> {
  const from = performance.now();
  const model = await fit(layer, { x: shape ? shape(train) : train.x, y: train.y } as never, {
    ...{ loss: crossEntropy(), optimizer: adam({ learningRate: 1e-3 }), batchSize: 64, epochs, seed },
    ...{ standardize: false, progress: false, ...(tricks.length > 0 && { tricks: [...tricks] }) },
  });
  return { model, seconds: (performance.now() - from) / 1000 };
}

export interface Seen {
  readonly clean: number;
  readonly fgsm: readonly number[];
  readonly pgd: readonly number[];
}

/** Accuracies under FGSM and under PGD of 20 steps of ε / 4. */
export async function accuracies(
  model: TrainedModel,
  test: Pick<Rows, 'y'> & { readonly x: unknown },
  radii: { readonly fgsm: readonly number[]; readonly pgd: readonly number[] },
): Promise<Seen> {
  const { fgsm, pgd } = attacks;
  const { curves } = await robustness(model, test as never, {
    attacks: [fgsm({ epsilon: 1 }), pgd({ epsilon: 1, steps: 20, stepSize: 1 / 4 })],
    epsilons: [0, ...radii.fgsm, ...radii.pgd],
  });
  const at = (curve: number, epsilon: number): number =>
    curves[curve]?.points.find((point) => point.epsilon === epsilon)?.accuracy ?? Number.NaN;
  return {
    clean: at(0, 0),
    fgsm: radii.fgsm.map((epsilon) => at(0, epsilon)),
    pgd: radii.pgd.map((epsilon) => at(1, epsilon)),
  };
}

/** DeepFool's turns; rows are fooled within a few. */
const TURNS = 20;

/** The mean of ‖r‖₂ / ‖x‖₂ over rows, r what DeepFool adds (Moosavi-Dezfooli et al. 2016, eq. 2), and the share it fools. */
export async function smallestChanges(
  model: TrainedModel,
  x: Tensor,
): Promise<{ readonly ratio: number; readonly fooled: number }> {
  const { data, shape } = x;
  const [n = 1] = shape;
  // It asks for no classes; those that the model sees make it leave them.
  const before = await labelsOf(model, x);
  const moved = await attacks.deepfool({ steps: TURNS })(model, x, before);
  const after = await labelsOf(model, moved);
  const width = data.length / n;
  const lengthOf = (at: number, value: (i: number) => number): number =>
    Math.hypot(...Array.from({ length: width }, (_, j) => value(at * width + j)));
  let sum = 0;
  for (let i = 0; i < n; i++)
    sum += lengthOf(i, (j) => (moved.data[j] as number) - (data[j] as number)) / lengthOf(i, (j) => data[j] as number);
  return { ratio: sum / n, fooled: after.filter((label, i) => label !== before[i]).length / n };
}

const labelsOf = async (model: TrainedModel, x: Tensor): Promise<number[]> =>
  ((await model.predict(x)) as { label: string }[]).map(({ label }) => Number(label));

/** The row of the table; the first rows of the test set, since all classes' slopes are taken in each turn. */
export async function deepfoolFinding(what: string, model: TrainedModel, x: Tensor): Promise<Finding> {
  const { ratio, fooled } = await smallestChanges(model, x);
  return {
    what: `${what}, no defence, DeepFool: mean ‖r‖₂ / ‖x‖₂; fooled`,
    published: 'LeNet, MNIST: 0.20',
    ours: `${ratio.toFixed(3)}; ${percent(fooled)} % of ${x.shape[0]} (seed 0)`,
  };
}

/** Whether the advisor's rule G3 says that the robustness is not real. */
export async function isMaskingFound(found: Robustness): Promise<boolean> {
  return (await advise(undefined, { robustness: found })).some(({ rule }) => rule === 'G3');
}
