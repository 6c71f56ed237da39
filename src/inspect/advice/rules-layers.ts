/** @file Rules about layers while they learn: how far they move, and what they answer. */
import { currentLoss, guessLoss, median, percent, short, windowMeans } from './numbers.ts';
import type { Rule } from './rule.ts';

export const LAYER_RULES: readonly Rule[] = [
  {
    id: 'B3',
    title: 'steps are too large or too small for the weights',
    severity: 'hint',
    needs: ['updates', 'steps', 'run'],
    windows: 2,
    test({ updates = {}, steps, run }) {
      const ratios = Object.values(updates);
      if (ratios.length === 0 || steps === undefined || run === undefined) return [];
      const ratio = median(ratios);
      if (ratio > 3e-2)
        return [{ saw: `a step moves weights by ${short(ratio)} of themselves`, limit: '1e-4 … 3e-2, about 1e-3' }];
      // A rate that has been lowered, and a loss that has fallen, make small steps as they should be.
      const [rate, most] = [steps.learningRates.at(-1), Math.max(...steps.learningRates)];
      const isLowered = rate !== undefined && rate < 0.5 * most;
      const [first = 0] = windowMeans(steps.losses, steps.window);
      const isLearning = currentLoss(steps) < 0.5 * (guessLoss(run) ?? first);
      if (!(ratio < 1e-4) || isLowered || isLearning) return [];
      return [{ saw: `a step moves weights by ${short(ratio)} of themselves`, limit: '1e-4 … 3e-2, about 1e-3' }];
    },
    remedy: 'const { suggestion } = await findLearningRate(model, data, options)',
    trick: 'training',
    source: 'Karpathy, notes of CS231n, "Neural networks part 3"',
  },
  {
    id: 'C1',
    title: 'units are dead',
    severity: 'warn',
    needs: ['layers'],
    windows: 2,
    test: ({ layers = [] }) =>
      layers
        .filter(({ activation, dead }) => activation === 'relu' && dead > 0.4)
        .map(({ path, dead }) => ({
          layer: path,
          saw: `${percent(dead)} of the units are 0 for every row`,
          limit: '≤ 40 %',
        })),
    remedy: "A smaller learning rate, kernelInitializer: heNormal(), or activation: 'leakyRelu'",
    trick: 'initialization',
    source: 'Karpathy, notes of CS231n, "Neural networks part 1"',
  },
  {
    id: 'C2',
    title: 'units are saturated',
    severity: 'warn',
    needs: ['layers'],
    windows: 2,
    test({ layers = [] }) {
      const hidden = layers.filter(({ activation }) => activation !== 'none');
      const saturated = hidden.filter(
        ({ activation, saturated: share }) => (activation === 'tanh' || activation === 'sigmoid') && share > 0.6,
      );
      // The first layer alone is often so, and learns.
      if (saturated.length < 2 && !saturated.some((layer) => layer !== hidden[0])) return [];
      return saturated.map(({ path, saturated: share }) => ({
        layer: path,
        saw: `${percent(share)} of the outputs lie where the slope is almost 0`,
        limit: '≤ 60 %',
      }));
    },
    remedy: 'kernelInitializer: glorotUniform(), standardized inputs, or layerNorm() before the activation',
    trick: 'initialization',
    source: 'Glorot & Bengio 2010, figure 2',
  },
  {
    id: 'I1',
    title: 'rows of the embedding are not learnt',
    severity: 'hint',
    needs: ['embedding'],
    windows: 1,
    test({ embedding }) {
      const { rows = 1, untouched = 0, normFrequencyCorrelation = 0 } = embedding ?? {};
      if (untouched > 0.05 * rows)
        return [{ saw: `${untouched} of ${rows} rows were in no step of an epoch`, limit: '≤ 5 %' }];
      return normFrequencyCorrelation > 0.9
        ? [{ saw: `norms follow log frequency by ${short(normFrequencyCorrelation)}`, limit: 'correlation ≤ 0.9' }]
        : [];
    },
    remedy: 'Leave rare words out (minCount: 5), subsample frequent ones (subsample: 1e-3), or learn subwords',
    trick: 'distributed',
    source: 'Mikolov et al. 2013b, section 2.3',
  },
];
