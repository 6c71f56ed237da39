/** @file The lowering of every primitive, and of the composites that run whole: a primitive that is missing does not compile. */
import { must } from '../../../core/errors.ts';
import type { CompositeName, PrimitiveName } from '../../../ops/table.ts';
import { CONV } from './conv.ts';
import type { ElementwiseName } from './elementwise.ts';
import { INDEXING } from './indexing.ts';
import { type Lowering, lowering } from './lowering.ts';
import { MOVEMENT } from './movement.ts';
import { POOL } from './pool.ts';
import { PRODUCTS } from './products.ts';
import { REDUCE } from './reduce.ts';

/** All inputs on the device, through one function. */
const mapped = (name: ElementwiseName): Lowering =>
  lowering(({ inputs, outputs, tensor, map }) =>
    map(
      name,
      inputs.map((_, i) => tensor(i)),
      must(outputs[0], 'an output').shape,
    ),
  );

const ELEMENTWISE = {
  ...{ neg: mapped('neg'), abs: mapped('abs'), sign: mapped('sign'), floor: mapped('floor'), round: mapped('round') },
  ...{ square: mapped('square'), reciprocal: mapped('reciprocal'), sqrt: mapped('sqrt'), relu: mapped('relu') },
  ...{ exp: mapped('exp'), expm1: mapped('expm1'), log: mapped('log'), log1p: mapped('log1p') },
  ...{ tanh: mapped('tanh'), sigmoid: mapped('sigmoid'), erf: mapped('erf'), erfinv: mapped('erfinv') },
  ...{ sin: mapped('sin'), cos: mapped('cos'), atan: mapped('atan'), atan2: mapped('atan2'), pow: mapped('pow') },
  ...{ add: mapped('add'), sub: mapped('sub'), mul: mapped('mul'), div: mapped('div') },
  ...{ maximum: mapped('maximum'), minimum: mapped('minimum'), select: mapped('select') },
  ...{ equal: mapped('equal'), notEqual: mapped('notEqual'), less: mapped('less'), lessEqual: mapped('lessEqual') },
  ...{ greater: mapped('greater'), greaterEqual: mapped('greaterEqual'), reluGradient: mapped('reluGradient') },
  ...{ tanhGradient: mapped('tanhGradient'), sigmoidGradient: mapped('sigmoidGradient') },
};

/** Made by the host with its own bits (host.ts), looked at by the host (checks.ts), or run turn by turn (scan.ts). */
export const ELSEWHERE = ['randomUniform', 'randomNormal', 'dropoutMask', 'guard', 'scan'] as const;

/** Composites with a lowering of their own. */
export const WHOLE = { linear: PRODUCTS.linear } satisfies Partial<Record<CompositeName, Lowering>>;

export const LOWERINGS = {
  ...ELEMENTWISE,
  ...REDUCE,
  ...MOVEMENT,
  ...PRODUCTS,
  ...INDEXING,
  ...CONV,
  ...POOL,
} satisfies Record<Exclude<PrimitiveName, (typeof ELSEWHERE)[number]>, Lowering>;

/** Composites that are run through their decomposition when their turn comes, so that what they refuse has their name. */
export const NAMED: readonly CompositeName[] = [
  ...(['gatherRows', 'gatherDot', 'gatherSum', 'scatterAddOuter'] as const),
  ...(['softmaxCrossEntropy', 'softmaxCrossEntropyGradient'] as const),
];
