/**
 * @file A simplification behind the gradient of max pooling, which is 0 but where a window has its largest value: what follows
 * is done to as many numbers as there are windows, with the same bits. Loaded when a program has such gradients.
 *
 *   reluGradient(y, maxPoolGradient(g, place)) = maxPoolGradient(reluGradient(v, g), place)   where v, place = maxPool(y)
 */
import type { Tensor } from '../graph/tensor.ts';
import { apply } from '../graph/trace.ts';
import { producer } from './rewrite.ts';
import { type Rules, through } from './simplify.ts';

export const poolRules: Rules = {
  reluGradient(node, [y, spread]) {
    const made = producer(spread);
    const g = through(spread, 'maxPoolGradient');
    const place = made?.inputs[1];
    const pool = place?.node;
    // The value at a window's place is the window's own, so it is positive or not with the cell that the place names.
    if (g === undefined || pool?.op.name !== 'maxPool' || pool.inputs[0] !== y?.traced?.value) return undefined;
    const trace = spread?.traced?.trace;
    const [value, places] = pool.outputs.map((output) => trace?.tensor(output) as Tensor) as [Tensor, Tensor];
    const [masked] = apply(node.op, [value, g], node.attributes) as [Tensor];
    return made && apply(made.op, [masked, places], made.attributes);
  },
};
