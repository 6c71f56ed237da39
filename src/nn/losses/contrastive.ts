/**
 * @file Losses of pairs in a shared space: what belongs together is to score higher than what does not, among all pairs of a
 * minibatch. They read what `dualEncoder` gives: the vectors of both sides, and two learned numbers.
 */
import { checkKnownOptions, checkName, checkNumber, SaddlepointError, show } from '../../core/errors.ts';
import { showShape } from '../../core/shape.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { add, equal, exp, float, minimum, mul, relu, stopGradient, sub, where } from '../../ops/elementwise.ts';
import { matmul } from '../../ops/matmul.ts';
import { reshape, slice, transpose } from '../../ops/movement.ts';
import { max, sum } from '../../ops/reduce.ts';
import { sigmoidCrossEntropy } from '../../ops/sigmoid-cross-entropy.ts';
import { logSumExp } from '../../ops/softmax.ts';
import type { Loss } from './loss.ts';

/** A number that training changes, and where it starts. */
export interface Learned {
  readonly learned: number;
}

/**
 * A number that is learned, such as a temperature. The dual encoder has the leaf: what it holds is the distance from this start.
 *
 * @param start > 0.
 * @example infoNce({ temperature: learned(0.07) })
 */
export const learned = (start: number): Learned => ({
  learned: checkNumber('learned', start, { min: 0, openMin: true }),
});

/** CLIP's limit of what scores are multiplied by. */
const MOST_SCALE = 100;
/** Stands for −∞ among logits. */
const NEVER = -1e30;

interface Pairs {
  /** [n, n]: of row i's image and row j's text. */
  readonly scores: Tensor;
  /** The scores of what belongs together, [n]. */
  readonly own: Tensor;
  /** 1 where row i and row j are pairs of the same thing, itself included: [n, n]. */
  readonly same: Tensor;
  /** Distance of log(1 / temperature) and of the bias from their starts, [1, 1]. */
  readonly logScale: Tensor;
  readonly bias: Tensor;
}

function readPairs(name: string, prediction: Tensor, target: Tensor): Pairs {
  const [n, width] = prediction.shape as [number, number];
  const size = (width - 2) / 2;
  if (prediction.shape.length !== 2 || !Number.isInteger(size) || size < 1)
    throw new SaddlepointError(
      'shape',
      `${name}: expected the rows of a dual encoder [n, 2 · size + 2], got ${showShape(prediction.shape)}`,
      'train multimodal.dualEncoder({ image, text }) with it',
    );
  const columns = (at: number, count: number, rows = n): Tensor => slice(prediction, [0, at], [rows, count]);
  const [image, text] = [columns(0, size), columns(size, size)];
  const ids = float(target);
  return {
    scores: matmul(image, transpose(text)),
    own: sum(mul(image, text), 1),
    same: float(equal(reshape(ids, [n, 1]), reshape(ids, [1, n]))),
    logScale: columns(2 * size, 1, 1),
    bias: columns(2 * size + 1, 1, 1),
  };
}

/** What all of these losses have in common. */
const pairLoss = (name: string, options: Loss['options'], lossOf: (pairs: Pairs, n: number) => Tensor): Loss => ({
  ...{ name, options, target: 'class', comparesRows: true },
  call: (prediction, target) => lossOf(readPairs(name, prediction, target), prediction.shape[0] as number),
});

export interface PairwiseRankingOptions {
  /** By how much a match is to score higher than any other: ≥ 0, default 0.2; scores are cosines. */
  readonly margin?: number;
  /** 'sum' (default): every other row counts; 'hardest': of each row the worst alone (VSE++). */
  readonly negatives?: 'sum' | 'hardest';
}

/**
 * max(0, margin − s(i, i) + s(i, j)) over the texts j of the minibatch, and the same over its images, summed; or of each the largest.
 * Rows of the same target (duplicate captions) are no negatives of each other. One number a row: the papers add them up, here their
 * mean is minimized.
 *
 * @throws SaddlepointError `option` for values out of range; `shape` for what no dual encoder gave.
 * @see Kiros, Salakhutdinov & Zemel 2014, eq. 2; Faghri et al. 2018 (VSE++), eq. 6.
 * @example await fit(joint, multimodal.pairs({ image, text }), { loss: pairwiseRanking({ negatives: 'hardest' }) })
 */
export function pairwiseRanking(options: PairwiseRankingOptions = {}): Loss {
  checkKnownOptions('pairwiseRanking', options, ['margin', 'negatives']);
  const margin = checkNumber('pairwiseRanking.margin', options.margin ?? 0.2, { min: 0 });
  const negatives = checkName('pairwiseRanking.negatives', options.negatives ?? 'sum', ['sum', 'hardest']);
  return pairLoss('pairwiseRanking', { margin, negatives }, ({ scores, own, same }, n) => {
    const others = sub(1, same);
    const cost = (mine: Tensor): Tensor => mul(relu(add(sub(scores, mine), margin)), others);
    const [texts, images] = [cost(reshape(own, [n, 1])), cost(reshape(own, [1, n]))];
    const of = negatives === 'sum' ? sum : max;
    return add(of(texts, 1), of(images, 0));
  });
}

/** 1 / temperature: a constant, or exp of what is learned. */
function scaleOf(temperature: number | Learned, logScale: Tensor): Tensor | number {
  return typeof temperature === 'number' ? 1 / temperature : exp(sub(logScale, Math.log(temperature.learned)));
}

function checkTemperature(option: string, given: number | Learned): number | Learned {
  const range = { min: 0, openMin: true };
  if (typeof given === 'number') return checkNumber(option, given, range);
  if (typeof given === 'object' && given !== null && 'learned' in given)
    return { learned: checkNumber(`${option}.learned`, given.learned, range) };
  throw new SaddlepointError(
    'option',
    `${option}: expected a number > 0 or learned(number), got ${show(given)}`,
    'temperature: learned(0.07)',
  );
}

export interface InfoNceOptions {
  /** What cosines are divided by: a number > 0, or `learned(start)`; default `learned(0.07)`, as in CLIP. */
  readonly temperature?: number | Learned;
}

/**
 * The mean of two cross-entropies: of each image among the texts of the minibatch, and of each text among its images, by cosine /
 * temperature. Rows of the same target are left out of each other's choices. A learned temperature stays above 1 / 100: cosines are
 * multiplied by no more than 100, and the gradient goes through as if there were no limit, so that it can come back.
 *
 * @throws SaddlepointError `option` for values out of range; `shape` for what no dual encoder gave.
 * @see van den Oord, Li & Vinyals 2018, eq. 4; Radford et al. 2021 (CLIP), figure 3.
 * @example await fit(joint, multimodal.pairs({ image, text }), { loss: infoNce(), batchSize: 256 })
 */
export function infoNce(options: InfoNceOptions = {}): Loss {
  checkKnownOptions('infoNce', options, ['temperature']);
  const temperature = checkTemperature('infoNce.temperature', options.temperature ?? learned(0.07));
  return pairLoss('infoNce', { temperature: jsonOf(temperature) }, ({ scores, own, same, logScale }, n) => {
    const free = scaleOf(temperature, logScale);
    // The limit's value, with the slope that the scale has in its logarithm.
    const scale =
      typeof free === 'number'
        ? free
        : mul(stopGradient(minimum(free, MOST_SCALE)), exp(sub(logScale, stopGradient(logScale))));
    const diagonal = equal(
      reshape(
        Float32Array.from({ length: n }, (_, i) => i),
        [n, 1],
      ),
      reshape(
        Float32Array.from({ length: n }, (_, i) => i),
        [1, n],
      ),
    );
    const logits = where(sub(same, diagonal), NEVER, mul(scores, scale));
    const match = reshape(mul(own, typeof scale === 'number' ? scale : reshape(scale, [])), [n]);
    return sub(mul(add(logSumExp(logits, 1), logSumExp(logits, 0)), 0.5), match);
  });
}

export interface SigmoidContrastiveOptions {
  /** What cosines are divided by: a number > 0, or `learned(start)`; default `learned(0.1)`, as in SigLIP. */
  readonly temperature?: number | Learned;
  /** Added to every logit, and learned from there: default −10, since nearly all pairs are none. */
  readonly bias?: number;
}

/**
 * −Σⱼ log σ(±(cosine / temperature + bias)) for each row: every pair of an image and a text is a question of its own, and rows of the
 * same target are right answers too.
 *
 * @throws SaddlepointError `option` for values out of range; `shape` for what no dual encoder gave.
 * @see Zhai et al. 2023 (SigLIP), eq. 1 and algorithm 1.
 * @example await fit(joint, multimodal.pairs({ image, text }), { loss: sigmoidContrastive() })
 */
export function sigmoidContrastive(options: SigmoidContrastiveOptions = {}): Loss {
  checkKnownOptions('sigmoidContrastive', options, ['temperature', 'bias']);
  const temperature = checkTemperature('sigmoidContrastive.temperature', options.temperature ?? learned(0.1));
  const start = checkNumber('sigmoidContrastive.bias', options.bias ?? -10, {});
  const json = { temperature: jsonOf(temperature), bias: start };
  return pairLoss('sigmoidContrastive', json, ({ scores, same, logScale, bias }) => {
    const logits = add(mul(scores, scaleOf(temperature, logScale)), add(bias, start));
    return sum(sigmoidCrossEntropy(logits, same), 1);
  });
}

const jsonOf = (temperature: number | Learned) =>
  typeof temperature === 'number' ? temperature : { learned: temperature.learned };
