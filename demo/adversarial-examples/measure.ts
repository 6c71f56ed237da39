/** @file The networks of the table, how they are trained, and their accuracies under attack. */
import {
  adam,
  attacks,
  crossEntropy,
  dense,
  fit,
  type Layer,
  robustness,
  sequential,
  type TrainedModel,
  type Trick,
} from '../../src/index.ts';
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
  const measure = async (attack: attacks.Attack, epsilons: readonly number[]) => {
    const { curves } = await robustness(model, test as never, { attacks: [attack], epsilons: [0, ...epsilons] });
    return (curves[0]?.points ?? []).map(({ accuracy }) => accuracy);
  };
  const [clean = 0, ...single] = await measure(fgsm({ epsilon: 1 }), radii.fgsm);
  const [, ...many] = await measure(pgd({ epsilon: 1, steps: 20, stepSize: 1 / 4 }), radii.pgd);
  return { clean, fgsm: single, pgd: many };
}
