/** @file Muon: momentum made orthogonal, for weight matrices. */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../core/errors.ts';
import type { Tensor } from '../graph/tensor.ts';
import { add, div, mul } from '../ops/elementwise.ts';
import { matmul } from '../ops/matmul.ts';
import { reshape, transpose } from '../ops/movement.ts';
import { adamw } from './adamw.ts';
import { byLeaf, firstMomentOf, leavesIn, scalarAt } from './blocks.ts';
import { decayed } from './decay.ts';
import { isMatrix, type LeafMatch } from './leaf-match.ts';
import { partition } from './partition.ts';
import { learningRateOf, type Schedule } from './schedules/schedule.ts';
import { slot, type Transform } from './transform.ts';
import { leafNorm } from './trust-ratio.ts';

export interface MuonOptions {
  /** About the root mean square of a step in a square matrix times the root of its size, ≥ 0; default 0.02. */
  readonly learningRate?: number | Schedule;
  /** Decay of the momentum, in [0, 1); default 0.95. */
  readonly beta?: number;
  /** Decoupled: matrices shrink by learningRate · weightDecay of themselves; ≥ 0, default 0. */
  readonly weightDecay?: number;
  /** Which leaves are updated so; they need two axes or more. Default: all that have. */
  readonly match?: LeafMatch;
  /** For all other leaves; default `adamw()` without decay. First and last layers do better with it too. */
  readonly others?: Transform;
}

/** Coefficients of the quintic; they bring singular values near 1 fast, to within 0.7 … 1.2 (Jordan 2024). */
const [A, B, C] = [3.4445, -4.775, 2.0315];

/**
 * X of the singular vectors of x with singular values near 1: x / (‖x‖ + 1e-7), five times a·X + (b·XXᵀ + c·(XXᵀ)²)X.
 *
 * @param x [m, n]; a matrix of zeros stays so.
 */
export function orthogonalized(x: Tensor): Tensor {
  const [m, n] = x.shape as [number, number];
  // The square is the smaller of the two that can be made.
  let at = div(x, add(leafNorm(x), 1e-7));
  if (m > n) at = transpose(at);
  for (let i = 0; i < 5; i++) {
    const squared = matmul(at, transpose(at));
    const polynomial = add(mul(squared, B), mul(matmul(squared, squared), C));
    at = add(mul(at, A), matmul(polynomial, at));
  }
  return m > n ? transpose(at) : at;
}

/**
 * m = βm + (1 − β)g; u = orthogonalized((1 − β)g + βm); update = −learningRate · √max(1, outputs / inputs) · u −
 * learningRate · weightDecay · parameters. Filters [height, width, in, out] count as matrices [height · width · in, out].
 *
 * @throws SaddlepointError `option` for a value outside its range, or where `match` takes a vector.
 * @see Jordan 2024, "Muon: an optimizer for hidden layers in neural networks", and its muon.py; here in f32, not bfloat16.
 * @example muon({ learningRate: 0.02, others: adamw({ learningRate: 3e-4 }) })
 */
export function muon(options: MuonOptions = {}): Transform {
  checkKnownOptions('muon', options, ['learningRate', 'beta', 'weightDecay', 'match', 'others']);
  const { match = isMatrix, others = adamw({ weightDecay: 0 }) } = options;
  const whole = partition([{ match, transform: ofMatrices(options) }, { transform: others }]);
  return { ...whole, name: 'muon' };
}

function ofMatrices(options: MuonOptions): Transform {
  const rate = learningRateOf('muon', options.learningRate ?? 0.02);
  const beta = checkNumber('muon.beta', options.beta ?? 0.95, { min: 0, max: 1, openMax: true });
  const weightDecay = checkNumber('muon.weightDecay', options.weightDecay ?? 0, { min: 0 });
  return {
    name: 'muon',
    options: { learningRate: rate.json, beta, weightDecay },
    slots: ['momentum'],
    scalarCount: 2,
    learningRate: rate.at,
    scalars: (step, scale) => [rate.at(step, scale), rate.at(step, scale) * weightDecay],
    update(input) {
      const { gradient, scalars } = input;
      const momentum = firstMomentOf(slot(input, 'muon', 'momentum'), gradient, beta);
      const ahead = add(mul(gradient, 1 - beta), mul(momentum, beta));
      const { update } = byLeaf(leavesIn(input), { ahead }, (leaf, { path, shape }) => {
        const outputs = shape.at(-1) as number;
        if (shape.length < 2) {
          throw new SaddlepointError(
            'option',
            `muon: '${path}' is a vector, and only matrices can be made orthogonal`,
            'leave match out, or let it take leaves with two axes or more',
          );
        }
        const inputs = shape.slice(0, -1).reduce((product, n) => product * n, 1);
        const direction = orthogonalized(reshape(leaf.ahead, [inputs, outputs]));
        const scale = mul(scalarAt(scalars, 0), -Math.sqrt(Math.max(1, outputs / inputs)));
        return { update: reshape(mul(direction, scale), shape) };
      });
      const slots = { momentum };
      if (weightDecay === 0) return { update, slots };
      return { update: decayed(update, input, scalarAt(scalars, 1), undefined), slots };
    },
  };
}
