/** @file Growing the batch instead of lowering the learning rate, on a network. */
import {
  accuracy,
  batchSchedule,
  crossEntropy,
  dense,
  fit,
  multiStepDecay,
  schedule,
  sequential,
  sgd,
  tensor,
} from 'saddlepoint';
import type { Finding } from '../experiment.ts';
import { digits28 } from '../experiment-data.ts';

const EPOCHS = 15;
const SEEDS = [0, 1, 2];
const BATCH = 32;

interface Arm {
  readonly accuracies: number[];
  updates: number;
}

export async function smith(tell: (line: string) => void): Promise<readonly Finding[]> {
  const { train, test } = digits28();
  const perEpoch = Math.ceil(train.y.length / BATCH);
  const decay = multiStepDecay({ learningRate: 0.05, milestones: [6, 11], factor: 0.2 });
  const byEpoch = schedule('byEpoch', {}, (step) => decay(Math.floor(step / perEpoch)));
  const arms = {
    constant: { learningRate: 0.05, batchSize: BATCH },
    decay: { learningRate: byEpoch, batchSize: BATCH },
    grow: { learningRate: 0.05, batchSize: batchSchedule.instead(decay, { from: BATCH, max: 800 }) },
    'grow, then decay': { learningRate: 0.05, batchSize: batchSchedule.instead(decay, { from: BATCH, max: 160 }) },
  } as const;
  const found = new Map<string, Arm>();
  for (const [name, { learningRate, batchSize }] of Object.entries(arms)) {
    const arm: Arm = { accuracies: [], updates: 0 };
    for (const seed of SEEDS) {
      const run = await fit(
        sequential([dense(128, { activation: 'relu' }), dense(10)]),
        { x: tensor(train.x, [train.y.length, train.width]), y: train.y },
        {
          ...{
            loss: crossEntropy(),
            metrics: [accuracy()],
            optimizer: sgd({ learningRate, momentum: 0.9 }),
            batchSize,
            epochs: EPOCHS,
            seed,
          },
          ...{ standardize: false, progress: false },
        },
      );
      const reached = await run.evaluate({ x: tensor(test.x, [test.y.length, test.width]), y: test.y });
      arm.accuracies.push(100 * reached.accuracy);
      arm.updates = run.steps;
    }
    found.set(name, arm);
    tell(`${name}: ${show(arm)}`);
  }
  const meanOf = (name: string): number => average(found.get(name)?.accuracies ?? []);
  const updates = (name: string): number => found.get(name)?.updates ?? 0;
  const reference = {
    constant: '93.9 %',
    decay: '95.35 %, 3,750',
    grow: '95.4 %, 1,790',
    'grow, then decay': '95.4 %, 1,950',
  };
  return Object.keys(arms).map((name): Finding => {
    const isGrown = name.startsWith('grow');
    return {
      what: `${name}: test accuracy, updates`,
      ...(isGrown && { published: 'CIFAR-10: as with decay, 29 k updates instead of 80 k' }),
      reference: reference[name as keyof typeof reference],
      ours: show(found.get(name) as Arm),
      ...(isGrown && {
        target: 'within 0.4 points of decay; updates at most 0.53 ×',
        isMet: Math.abs(meanOf(name) - meanOf('decay')) <= 0.4 && updates(name) <= 0.53 * updates('decay'),
      }),
    };
  });
}

const average = (list: readonly number[]): number => list.reduce((sum, value) => sum + value, 0) / list.length;

const show = ({ accuracies, updates }: Arm): string =>
  `${average(accuracies).toFixed(2)} % (${accuracies.map((value) => value.toFixed(1)).join(', ')}), ${updates.toLocaleString('en')}`;
