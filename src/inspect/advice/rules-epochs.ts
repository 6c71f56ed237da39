/** @file Rules about epochs: training and held-out rows beside each other. */
import type { EpochRecord } from '../../train/history.ts';
import { percent, short } from './numbers.ts';
import type { Rule } from './rule.ts';

const accuracyOf = (measures: object | undefined): number | undefined =>
  (measures as { readonly accuracy?: number } | undefined)?.accuracy;

/** Evaluations over which the validation loss must have risen. */
const EVALUATIONS = 5;

const points = (share: number): string => `${short(100 * share)} points`;

export const EPOCH_RULES: readonly Rule[] = [
  {
    id: 'E1',
    title: 'over-fitting',
    severity: 'warn',
    needs: ['epochs'],
    windows: 2,
    test({ epochs = [] }) {
      const recent = epochs.slice(-EVALUATIONS - 1);
      const [before, now] = [recent[0], recent.at(-1)];
      if (recent.length <= EVALUATIONS || before?.validation === undefined || now?.validation === undefined) return [];
      const [training, held] = [accuracyOf(now), accuracyOf(now.validation)];
      if (training === undefined || held === undefined) return [];
      const gap = training - held;
      if (!(now.validation.loss > before.validation.loss && now.loss < before.loss && gap > 0.08)) return [];
      return [
        {
          saw: `validation loss ${short(before.validation.loss)} → ${short(now.validation.loss)} while training fell ${short(before.loss)} → ${short(now.loss)}; accuracy ${points(gap)} apart`,
          limit: '≤ 8 points',
        },
      ];
    },
    remedy:
      'earlyStopping() now (the best weights are kept); then adamw({ weightDecay: 0.01 }), dropout(0.5), augment(…), mixup(0.2), crossEntropy({ labelSmoothing: 0.1 }), in this order of cost',
    trick: 'training',
    source: 'Srivastava et al. 2014; Prechelt 1998',
    action: { stop: true },
  },
  {
    id: 'E2',
    title: 'under-fitting',
    severity: 'hint',
    needs: ['epochs', 'target'],
    windows: 1,
    test({ epochs = [], target = 0, isEnd }) {
      const last = epochs.at(-1);
      const [training, held] = [accuracyOf(last), accuracyOf(last?.validation)];
      if (!isEnd || training === undefined || held === undefined) return [];
      if (!(training < 0.9 * target && training - held < 0.01)) return [];
      return [
        {
          saw: `training accuracy ${percent(training)}, ${points(Math.abs(training - held))} from held-out rows`,
          limit: `≥ 90 % of the target ${percent(target)}`,
        },
      ];
    },
    remedy: 'More units or epochs, less regularization, or findLearningRate(model, data, options)',
    trick: 'training',
    source: 'Goodfellow, Bengio & Courville 2016, section 5.2',
  },
  {
    id: 'E3',
    title: 'held-out rows are easier than training rows',
    severity: 'warn',
    needs: ['epochs', 'run'],
    windows: 2,
    test({ epochs = [], run }) {
      const [before, last] = epochs.slice(-2) as [EpochRecord?, EpochRecord?];
      const [earlier, training, held] = [accuracyOf(before), accuracyOf(last), accuracyOf(last?.validation)];
      if (run?.isNoisy || earlier === undefined || training === undefined || held === undefined) return [];
      // Training accuracy is a mean over an epoch: while it still rises, the model at its end is better than it says.
      if (!(held - training > 0.02) || training - earlier > 0.01) return [];
      return [
        { saw: `accuracy ${percent(held)} held out, ${percent(training)} in training`, limit: '≤ 2 points above' },
      ];
    },
    remedy:
      'Look for rows on both sides of the split, or a split that is no draw: diagnose(model, data, { validation })',
    source: 'common practice',
  },
];
