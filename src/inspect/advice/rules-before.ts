/** @file Rules about what is wrong before the first step: inputs, first weights, labels. */
import { percent, short } from './numbers.ts';
import type { Rule } from './rule.ts';

/** A column must also be this far from 0, in deviation or mean, for its unit to matter: pixels in [0, 1] share one. */
const LARGE = 3;
/**
 * Of the variance of the targets. A layer of Glorot's on standardized inputs answers with a variance of 1 to 2, so that healthy
 * models begin at 2 to 3 times: 2 would cry wolf.
 */
const LARGE_LOSS = 4;
/** Classes by size that still count as balanced, for the loss of guessing to be ln C. */
const BALANCED = 3;

/** Rows of few ids or coarse numbers are equal by chance: of held-out rows up to so many. */
const SHARED = 0.01;

export const BEFORE_RULES: readonly Rule[] = [
  {
    id: 'A1',
    title: 'inputs are not standardized',
    severity: 'warn',
    needs: ['before'],
    windows: 1,
    test({ before }) {
      const { means = [], deviations = [] } = before?.columns ?? {};
      const varying = deviations
        .map((deviation, i) => ({ deviation, mean: means[i] as number }))
        .filter((one) => one.deviation > 0);
      if (varying.length === 0) return [];
      const largest = Math.max(...varying.map(({ deviation }) => deviation));
      const smallest = Math.min(...varying.map(({ deviation }) => deviation));
      const shifted = varying.filter(({ mean, deviation }) => Math.abs(mean) > LARGE && Math.abs(mean) / deviation > 3);
      const spread = largest > LARGE && largest / smallest > 10;
      if (!spread && shifted.length === 0) return [];
      return [
        {
          saw: spread
            ? `deviations of columns from ${short(smallest)} to ${short(largest)}`
            : `${shifted.length} columns whose mean is more than 3 deviations from 0`,
          limit: 'largest / smallest deviation ≤ 10, |mean| ≤ 3 deviations',
        },
      ];
    },
    remedy: "Leave standardize on, or try scaling: 'robust' where outliers set the deviation",
    trick: 'training',
    source: 'LeCun et al. 1998, section 4.3',
  },
  {
    id: 'A2',
    title: 'the first loss is not that of guessing',
    severity: 'warn',
    needs: ['before'],
    windows: 1,
    test({ before }) {
      const { loss = Number.NaN, guess, classCounts } = before ?? {};
      if (guess === undefined || !(guess > 0)) return [];
      if (classCounts === undefined)
        return loss > LARGE_LOSS * guess
          ? [
              {
                saw: `loss ${short(loss)} before the first step, ${short(guess)} by answering the mean`,
                limit: '≤ 2 ×',
              },
            ]
          : [];
      const counts = classCounts.filter((count) => count > 0);
      if (Math.max(...counts) > BALANCED * Math.min(...counts)) return [];
      return loss > 1.5 * guess || loss < 0.7 * guess
        ? [{ saw: `loss ${short(loss)} before the first step, ${short(guess)} by guessing`, limit: '0.7 … 1.5 × ln C' }]
        : [];
    },
    remedy: 'Smaller first weights in the last layer: dense(n, { kernelInitializer: randomNormal(0.01) })',
    trick: 'initialization',
    source: 'He et al. 2015; Karpathy 2019, "A recipe for training neural networks"',
  },
  {
    id: 'A3',
    title: 'units begin equal',
    severity: 'stop',
    needs: ['before'],
    windows: 1,
    test: ({ before }) =>
      (before?.twins ?? []).map(({ path, units, of }) => ({
        layer: path,
        saw: `${units} of ${of} units have the weights of another, and so will stay like it`,
        limit: 'none',
      })),
    remedy: 'Random first weights: leave kernelInitializer out (glorotUniform), or heNormal() before relu',
    trick: 'initialization',
    source: 'LeCun et al. 1998, section 4.6',
  },
  {
    id: 'A4',
    title: 'the signal vanishes or explodes',
    severity: 'warn',
    needs: ['before', 'layers'],
    windows: 1,
    test({ layers = [] }) {
      const hidden = layers.filter(({ activation }) => activation !== 'none');
      const [first, last] = [hidden[0], hidden.at(-1)];
      if (first === undefined || last === undefined || first === last) return [];
      const forward = last.deviation / first.deviation;
      const backward = first.gradientDeviation / last.gradientDeviation;
      const out = (ratio: number, low: number, high: number) => !(ratio >= low && ratio <= high);
      const sightings = [];
      if (out(forward, 0.05, 20))
        sightings.push({
          layer: last.path,
          saw: `activations ${short(forward)} × those of '${first.path}'`,
          limit: '0.05 … 20',
        });
      if (out(backward, 0.01, 100))
        sightings.push({
          layer: first.path,
          saw: `gradients ${short(backward)} × those of '${last.path}'`,
          limit: '0.01 … 100',
        });
      return sightings;
    },
    remedy:
      'kernelInitializer: heNormal() before relu, glorotUniform() before tanh; tricks: [lsuv()]; layerNorm() or residual()',
    trick: 'initialization',
    source: 'Glorot & Bengio 2010, figures 6 and 7',
  },
  {
    id: 'A5',
    title: 'one batch cannot be learnt by heart',
    severity: 'stop',
    needs: ['before'],
    windows: 1,
    test({ before }) {
      const { first = 0, last = 0 } = before?.overfit ?? {};
      return first > 0 && !(last < 0.1 * first)
        ? [{ saw: `loss ${short(first)} → ${short(last)} in 200 steps of Adam on 32 rows`, limit: '< 10 %' }]
        : [];
    },
    remedy:
      'Look for a bug: labels beside the wrong rows, equal rows with other labels, a loss that does not fit, a dead layer',
    source: 'Karpathy 2019, "A recipe for training neural networks"',
  },
  {
    id: 'A6',
    title: 'rows are not what they should be',
    severity: 'warn',
    needs: ['before'],
    windows: 1,
    test({ before }) {
      const { classCounts = [], classNames = [], shared } = before ?? {};
      const sightings = [];
      const [most, least] = [Math.max(...classCounts), Math.min(...classCounts)];
      const nameOf = (count: number) => classNames[classCounts.indexOf(count)] ?? classCounts.indexOf(count);
      if (classCounts.length > 1 && most > 5 * least)
        sightings.push({
          saw: `class '${nameOf(most)}' has ${most} rows, class '${nameOf(least)}' ${least}`,
          limit: 'no class > 5 × another',
          remedy: "classWeights: 'balanced', or a stratified sampler",
        });
      if (shared !== undefined && shared.rows > SHARED * shared.of)
        sightings.push({
          // A sighting of its own, beside the classes.
          layer: 'held-out rows',
          saw: `${shared.rows} of ${shared.of} held-out rows (${percent(shared.rows / shared.of)}) are training rows, too`,
          limit: '≤ 1 %',
          remedy: 'Remove them from one side: what is measured on rows that were learnt flatters',
        });
      return sightings;
    },
    remedy: "classWeights: 'balanced'",
    trick: 'minibatches',
    source: 'common practice',
  },
];
