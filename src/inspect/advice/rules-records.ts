/** @file Rules about what other tools have measured: noise scale, speed, calibration, attacks, games, embeddings. */
import type { Evidence, GanEvidence, RobustnessEvidence } from './evidence.ts';
import { percent, short } from './numbers.ts';
import type { Rule, Sighting } from './rule.ts';
import { isBouncing } from './rules-steps.ts';

/** The accuracy of a curve at an ε, or undefined where it was not measured. */
function accuracyAt(robustness: RobustnessEvidence, attack: RegExp, epsilon: number): number | undefined {
  const curve = robustness.curves.find((one) => attack.test(one.attack));
  return curve?.points.find((one) => Math.abs(one.epsilon - epsilon) < 1e-9)?.accuracy;
}

/** The three signs that an accuracy under attack is not real (Athalye et al. 2018), and the fourth of Wong et al. 2020. */
function masking(robustness: RobustnessEvidence): Sighting[] {
  const fgsm = robustness.curves.find(({ attack }) => /fgsm/i.test(attack));
  const found: Sighting[] = [];
  const say = (saw: string, limit: string): void => void found.push({ saw, limit });
  let before: number | undefined;
  for (const { epsilon, accuracy: one } of fgsm?.points ?? []) {
    const pgd = accuracyAt(robustness, /pgd/i, epsilon);
    // A point of slack: 2,000 rows have a standard error of one.
    if (pgd !== undefined && epsilon > 0 && pgd > one + 0.01)
      say(`PGD accuracy ${percent(pgd)} > FGSM ${percent(one)} at ε ${short(epsilon)}`, 'more steps, less accuracy');
    if (before !== undefined && one > before + 0.01)
      say(`FGSM accuracy rises to ${percent(one)} at ε ${short(epsilon)}`, 'it falls with ε');
    if (pgd !== undefined && epsilon === robustness.trainedAt && one - pgd > 0.2)
      say(`FGSM ${percent(one)} − PGD ${percent(pgd)} at the training ε ${short(epsilon)}`, '≤ 20 points');
    before = one;
  }
  for (const { attack, points } of robustness.curves)
    for (const { epsilon, accuracy } of points)
      if (epsilon >= 1 && accuracy > robustness.chance + 0.02)
        say(`${attack} leaves ${percent(accuracy)} at ε ${short(epsilon)}`, 'no more than chance');
  return found.slice(0, 1);
}

/** Steps of a window at least, as in `advisor`. */
const WINDOW = 50;

/** The readings of the last window, two at least where there are two: a single minibatch of a game says little. */
function lastWindow(gan: readonly GanEvidence[]): readonly GanEvidence[] {
  const end = gan.at(-1)?.step;
  const from = gan.findIndex(({ step }) => step === undefined || end === undefined || step > end - WINDOW);
  return gan.slice(end === undefined ? -2 : Math.min(from, Math.max(0, gan.length - 2)));
}

const lastOf = <T>(records: readonly T[] | undefined): T | undefined => records?.at(-1);

export const RECORD_RULES: readonly Rule[] = [
  {
    id: 'F1',
    title: 'the gradient is mostly noise',
    severity: 'hint',
    needs: ['noise', 'run', 'steps'],
    windows: 2,
    test(evidence: Evidence) {
      const { noiseScale = 0 } = lastOf(evidence.noise) ?? {};
      const { batchSize = 1 } = evidence.run ?? {};
      if (!(noiseScale > 4 * batchSize) || !isBouncing(evidence)) return [];
      return [
        { saw: `noise scale ${short(noiseScale)} at batch ${batchSize}, and the loss bounces`, limit: '≤ 4 × batch' },
      ];
    },
    remedy: 'A batch 2 to 4 times as large with a learning rate by its rule, or accumulate(4)',
    trick: 'minibatches',
    source: 'McCandlish et al. 2018',
  },
  {
    id: 'F2',
    title: 'the batch is larger than its gradient needs',
    severity: 'hint',
    needs: ['noise', 'run'],
    windows: 1,
    test({ noise = [], run }) {
      const { batchSize = 1 } = run ?? {};
      const { noiseScale = Number.POSITIVE_INFINITY } = lastOf(noise) ?? {};
      return noise.length >= 2 && batchSize > 4 * noiseScale
        ? [{ saw: `batch ${batchSize}, noise scale ${short(noiseScale)}`, limit: 'batch ≤ 4 × noise scale' }]
        : [];
    },
    remedy: 'A smaller batch, or a larger learning rate with a warm-up',
    trick: 'minibatches',
    source: 'McCandlish et al. 2018',
  },
  {
    id: 'F3',
    title: 'the gradient has become smaller than its noise',
    severity: 'hint',
    needs: ['normTest'],
    windows: 1,
    test({ normTest }) {
      const { variance = 0, batchSize = 1, squaredNorm = 0 } = normTest ?? {};
      return variance / batchSize > 0.25 * squaredNorm
        ? [
            {
              saw: `variance / batch ${short(variance / batchSize)}, ‖g‖² ${short(squaredNorm)}`,
              limit: '≤ θ² ‖g‖², θ = 0.5',
            },
          ]
        : [];
    },
    remedy: 'Grow the batch now: batchSchedule.normTest({ theta: 0.5, from: batchSize })',
    trick: 'gradient-updates',
    source: 'Byrd et al. 2012',
  },
  {
    id: 'F4',
    title: 'the batch does not use the machine',
    severity: 'hint',
    needs: ['throughput', 'run'],
    windows: 1,
    test({ throughput, run }) {
      const { batchSize = 1 } = run ?? {};
      const measured = (throughput?.table ?? []).flatMap(({ batchSize: size, secondsPerExample: seconds }) =>
        seconds === undefined ? [] : [{ size, seconds }],
      );
      // Sizes between those that were measured go by the nearest, in powers of two.
      const distance = ({ size }: { readonly size: number }) => Math.abs(Math.log2(size / batchSize));
      const [own] = measured.toSorted((a, b) => distance(a) - distance(b));
      const [best] = measured.toSorted((a, b) => a.seconds - b.seconds);
      if (own === undefined || best === undefined || !(own.seconds > 1.5 * best.seconds)) return [];
      const micro = (seconds: number) => `${short(1e6 * seconds)} µs`;
      return [
        {
          saw: `${micro(own.seconds)} an example at batch ${own.size}, ${micro(best.seconds)} at ${best.size}`,
          limit: '≤ 1.5 ×',
        },
      ];
    },
    remedy: 'The batchSize that findBatchSize(…) found fastest, with a learning rate by scaledRate(…)',
    trick: 'minibatches',
    source: 'measured on this machine',
  },
  {
    id: 'G1',
    title: 'over-confident',
    severity: 'hint',
    needs: ['calibration'],
    windows: 1,
    test({ calibration }) {
      const { confidence = 0, accuracy = 0, error = 0 } = calibration ?? {};
      return confidence - accuracy > 0.1
        ? [
            {
              saw: `mean confidence ${percent(confidence)}, accuracy ${percent(accuracy)}, calibration error ${percent(error)}`,
              limit: '≤ 10 points above',
            },
          ]
        : [];
    },
    remedy: 'Temperature scaling on held-out rows, or crossEntropy({ labelSmoothing: 0.1 })',
    trick: 'training',
    source: 'Guo et al. 2017',
  },
  {
    id: 'G2',
    title: 'not robust',
    severity: 'hint',
    needs: ['robustness'],
    windows: 1,
    test({ robustness }) {
      if (robustness === undefined) return [];
      const { smallEpsilon = 0.1 } = robustness;
      const [clean, attacked] = [0, smallEpsilon].map((epsilon) => accuracyAt(robustness, /pgd/i, epsilon));
      return clean !== undefined && attacked !== undefined && clean - attacked > 0.5 * clean
        ? [
            {
              saw: `accuracy ${percent(clean)} → ${percent(attacked)} by PGD at ε ${short(smallEpsilon)}`,
              limit: 'half of it',
            },
          ]
        : [];
    },
    remedy: 'tricks: [adversarialTraining(attacks.pgd({ epsilon }))]',
    trick: 'adversarial-examples',
    source: 'Madry et al. 2018',
  },
  {
    id: 'G3',
    title: 'gradient masking or catastrophic overfitting: the robustness is not real',
    severity: 'warn',
    needs: ['robustness'],
    windows: 1,
    test: ({ robustness }) => (robustness === undefined ? [] : masking(robustness)),
    remedy: 'PGD training or trades({ beta: 6 }), a smaller step, an early stop on PGD accuracy',
    trick: 'adversarial-examples',
    source: 'Athalye et al. 2018; Wong et al. 2020',
  },
  {
    id: 'H1',
    title: 'the discriminator is too strong',
    severity: 'warn',
    needs: ['gan'],
    windows: 2,
    test({ gan = [] }) {
      const recent = lastWindow(gan);
      const [before, now] = [recent[0], recent.at(-1)];
      if (before === undefined || now === undefined || before === now) return [];
      const accuracy = recent.reduce((least, one) => Math.min(least, one.criticAccuracy ?? 0), 1);
      if (!(accuracy > 0.95) || !(now.generatorGradientNorm < before.generatorGradientNorm)) return [];
      const norms = [before, now].map(({ generatorGradientNorm }) => short(generatorGradientNorm)).join(' → ');
      return [{ saw: `it tells ${percent(accuracy)} apart, ‖g‖ of the generator ${norms}`, limit: '≤ 95 %' }];
    },
    remedy: 'ganLosses.r1(…) or a gradient penalty, fewer turns or a smaller rate of the critic, diffAugment(…)',
    trick: 'adversarial-networks',
    source: 'Arjovsky & Bottou 2017',
  },
  {
    id: 'H2',
    title: 'the generator collapses',
    severity: 'warn',
    needs: ['gan'],
    windows: 2,
    test({ gan = [] }) {
      const { fakeDistance = 1, realDistance = 0, modes } = lastOf(gan) ?? {};
      if (modes !== undefined && modes.found < modes.of)
        return [{ saw: `${modes.found} of ${modes.of} modes`, limit: 'all' }];
      return lastWindow(gan).every((one) => one.fakeDistance < 0.5 * one.realDistance) && gan.length > 0
        ? [{ saw: `fakes are ${short(fakeDistance)} apart, reals ${short(realDistance)}`, limit: '≥ 50 %' }]
        : [];
    },
    remedy: 'WGAN-GP, minibatch standard deviation, packed samples',
    trick: 'adversarial-networks',
    source: 'Salimans et al. 2016',
  },
  {
    id: 'I2',
    title: 'the encoders collapse',
    severity: 'warn',
    needs: ['contrastive'],
    windows: 2,
    test({ contrastive }) {
      const { loss = 0, batchSize = 1, meanCosine = 0, sideCosine = 0 } = lastOf(contrastive) ?? {};
      const { guess = Math.log(batchSize) } = lastOf(contrastive) ?? {};
      const cosine = Math.max(meanCosine, sideCosine);
      if (cosine > 0.9)
        return [{ saw: `vectors that do not belong together have a cosine of ${short(cosine)}`, limit: '≤ 0.9' }];
      return Math.abs(loss / guess - 1) < 0.01
        ? [
            {
              saw: `loss ${short(loss)} for an epoch, ${short(guess)} by guessing in a minibatch of ${batchSize}`,
              limit: '1 % below',
            },
          ]
        : [];
    },
    remedy: "negatives: 'sum' instead of 'hardest', a learned temperature, duplicates masked",
    trick: 'multimodal',
    source: 'Faghri et al. 2018',
  },
];
