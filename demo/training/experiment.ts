/** @file General training tricks: standardizing on wine, leave-one-out and add-one on digits, formulas, the cost of Adam. */
import {
  accuracy,
  adam,
  crossEntropy,
  dense,
  type FitOptions,
  fit,
  type Layer,
  sequential,
  sgd,
  tensor,
} from 'saddlepoint';
import type { Experiment, Finding } from '../experiment.ts';
import { digits28, type Rows, type Split, standardizedGlobally, wine } from '../experiment-data.ts';
import { type Arm, addOne, BATCH_SIZE, EPOCHS, full, leaveOneOut } from './arms.ts';
import { costOfAdam } from './cost.ts';
import { errorBars } from './figure.ts';
import { formulas } from './formulas.ts';
import { type Sample, sampleOf, shown } from './sample.ts';

const WINE_SEEDS = [0, 1, 2, 3, 4];
const SEEDS = [0, 1, 2];

const data = ({ x, y, width }: Rows) => ({ x: tensor(x, [y.length, width]), y });
const common = { loss: crossEntropy(), metrics: [accuracy()], progress: false, device: 'wasm' } as const;

/** Test accuracy in percent after each epoch. */
async function accuracies(
  { train, test }: Split,
  model: Layer,
  options: Partial<FitOptions>,
): Promise<{ readonly each: readonly number[]; readonly seconds: number }> {
  const { history } = await fit(model, data(train), { ...common, validation: data(test), ...options } as FitOptions);
  return {
    each: history.map(
      ({ validation }) => 100 * ((validation as Record<string, number> | undefined)?.accuracy ?? Number.NaN),
    ),
    seconds: history.reduce((sum, { seconds }) => sum + seconds, 0),
  };
}

/** 13-16-3 on raw and on standardized measurements. */
async function wineFindings(tell: (line: string) => void): Promise<Finding[]> {
  const rows = wine();
  const optimizers = [
    { name: 'SGD 0.01', optimizer: sgd({ learningRate: 0.01 }), reference: '34.8 → 97.2 %', target: [45, 95] as const },
    { name: 'SGD 0.1', optimizer: sgd({ learningRate: 0.1 }), reference: '34.8 → 99.0 %' },
    { name: 'Adam 1e-3', optimizer: adam({ learningRate: 1e-3 }), reference: '76.9 → 97.6 %' },
    { name: 'Adam 0.01', optimizer: adam({ learningRate: 0.01 }), reference: '88.6 → 97.6 %' },
  ];
  const findings: Finding[] = [];
  for (const { name, optimizer, reference, target } of optimizers) {
    const ends: Sample[] = [];
    for (const standardize of [false, true]) {
      const values: number[] = [];
      for (const seed of WINE_SEEDS) {
        const model = sequential([dense(16, { activation: 'relu' }), dense(3)]);
        const { each } = await accuracies(rows, model, { optimizer, standardize, seed, batchSize: 16, epochs: 50 });
        values.push(each.at(-1) as number);
      }
      ends.push(sampleOf(values));
    }
    const [raw, standardized] = ends as [Sample, Sample];
    findings.push({
      what: `wine 13-16-3, ${name}: raw → standardized`,
      reference,
      ours: `${shown(raw)} → ${shown(standardized)} % (seeds 0–4)`,
      ...(target && {
        target: `≤ ${target[0]} → ≥ ${target[1]}`,
        isMet: raw.mean <= target[0] && standardized.mean >= target[1],
      }),
    });
    tell(`wine, ${name}: ${shown(raw)} → ${shown(standardized)} %`);
  }
  return findings;
}

interface Result {
  readonly arm: Arm;
  readonly first: Sample;
  readonly last: Sample;
  readonly seconds: number;
}

async function runArm(arm: Arm, raw: Split, standardized: Split): Promise<Result> {
  const runs = [];
  for (const seed of SEEDS) {
    const model = arm.model?.() ?? sequential([dense(128, { activation: 'relu' }), dense(10)]);
    runs.push(
      await accuracies(arm.raw ? raw : standardized, model, {
        ...{ seed, batchSize: BATCH_SIZE, epochs: EPOCHS, standardize: false },
        ...arm.options,
      }),
    );
  }
  return {
    arm,
    first: sampleOf(runs.map(({ each }) => each[0] as number)),
    last: sampleOf(runs.map(({ each }) => each.at(-1) as number)),
    seconds: runs.reduce((sum, { seconds }) => sum + seconds, 0) / runs.length,
  };
}

const described = ({ first, last }: Result): string => `${shown(first)} / ${shown(last)} %`;

/** Whether each does at most as well as the next, but for differences within two standard errors. */
function inOrder(results: readonly Result[]): boolean {
  return results.every(({ last }, i) => {
    const next = results[i + 1]?.last;
    return next === undefined || last.mean - next.mean <= 2 * Math.hypot(last.error, next.error);
  });
}

export const experiment: Experiment = {
  section: 'training',
  title: 'General training tricks',
  minutes: 6,
  async run(tell) {
    const wines = await wineFindings(tell);
    const raw = digits28();
    const standardized = standardizedGlobally(raw);
    const results: Result[] = [];
    for (const arm of [full, ...leaveOneOut, ...addOne]) {
      const result = await runArm(arm, raw, standardized);
      results.push(result);
      tell(`${arm.name}: ${described(result)}, ${result.seconds.toFixed(1)} s a run`);
    }
    const [base, ...others] = results as [Result, ...Result[]];
    const without = others.slice(0, leaveOneOut.length);
    const added = others.slice(leaveOneOut.length);
    const isGood = base.first.mean >= 91 && base.last.mean >= 95.3;
    const difference = ({ last }: Result): string => {
      const pairs = last.values.map((value, i) => value - (base.last.values[i] as number));
      const { mean, error } = sampleOf(pairs);
      const verdict = Math.abs(mean) > 2 * error ? (mean > 0 ? 'helps' : 'hurts') : 'no effect seen';
      return `${mean > 0 ? '+' : ''}${mean.toFixed(2)} ± ${error.toFixed(2)}: ${verdict}`;
    };
    const ablation: Finding[] = [
      {
        what: `digits28, 784-128-10: ${base.arm.name}: after epoch 1 / 8`,
        reference: full.reference as string,
        ours: `${described(base)}, ${base.seconds.toFixed(1)} s a run`,
        target: '≥ 91 / ≥ 95.3',
        isMet: isGood,
      },
      ...without.map((result) => ({
        what: result.arm.name,
        reference: result.arm.reference as string,
        ours: `${described(result)} (${difference(result)}), ${result.seconds.toFixed(1)} s`,
      })),
      {
        what: 'the order of harm',
        reference: 'none < no momentum < Adam < not standardized < no decay',
        ours: [...without]
          .sort((a, b) => a.last.mean - b.last.mean)
          .map(({ arm, last }) => `${arm.name} ${last.mean.toFixed(2)}`)
          .join(' < '),
        target: 'the same, differences within 2 standard errors aside',
        isMet: inOrder(without),
        cause:
          'two neighbors changed places by more than two standard errors; the reference has them 0.2 points apart.',
      },
      ...added.map((result) => ({
        what: `add ${result.arm.name}`,
        ...(result.arm.reference === undefined ? {} : { reference: result.arm.reference }),
        ours: `${shown(result.last)} % (${difference(result)}), ${result.seconds.toFixed(1)} s`,
      })),
    ];
    return {
      tables: [
        { title: 'Standardizing', findings: wines },
        { title: 'Which trick helped: leave one out, add one (seeds 0–2)', findings: ablation },
        { title: 'Formulas and cost', findings: [await formulas(), await costOfAdam(standardized.train)] },
      ],
      figures: [
        {
          name: 'ablation',
          alt: 'Test accuracy of each arm with standard errors over three seeds: leaving out momentum or standardizing costs most; most additions lie within the noise.',
          svg: errorBars(
            results.map(({ arm, last }, i) => ({
              name: i === 0 ? 'all three' : arm.name,
              group: i === 0 ? 'base' : i <= leaveOneOut.length ? 'left out' : 'added',
              mean: last.mean,
              error: last.error,
            })),
            'Digits after 8 epochs: test accuracy, mean ± standard error of 3 seeds',
          ),
        },
      ],
      notes: [
        'Accuracies are of 2,000 test digits; ± is the standard error of the mean over the seeds, differences are paired by seed. "No effect seen" says that a difference is within two standard errors.',
        'L2 is a penalty of rate / 2 · Σ w² on all leaves, which is the weight decay of SGD. Wine: ReLU units, scaling by column.',
        'Values of tricks that the table does not name are their defaults, or the first that their papers name.',
      ],
    };
  },
};
