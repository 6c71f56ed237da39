/** @file Samples of products of many matrices, over broadcast batches and the orders in which axes may be stored. */
import { f32, type Sample, SUMMED, sample, shapes } from './sample.ts';

/** `lhs shape|rhs shape|lhs order|rhs order|result order`; orders that are left out are those of the axes. */
const BATCHES = shapes(
  [
    '1,1,1|1,1,1',
    '2,2,2|2,2,1',
    '2,1,2|2,1,2|0,1,2|0,2,1',
    '2,3,4|2,4,5',
    '2,4,3|2,4,5|0,2,1|0,1,2|0,1,2',
    '2,4,3|2,5,4|0,2,1|0,2,1',
    // Broadcast: an axis of 1, axes that one factor lacks, and both at once.
    '3,4|2,4,5',
    '2,3,4|1,4,2',
    '2,1,3,2|3,2,2',
    '1,2,2|3,1,2,2',
    // Heads of attention where they lie: scores [batch, heads, queries, keys], and values back to [batch, queries, heads, features].
    '2,5,3,4|2,6,3,4|0,2,1,3|0,2,3,1',
    '2,3,5,6|2,6,3,4|0,1,2,3|0,2,1,3|0,2,1,3',
    '1,2,2,2|1,2,2,2|0,2,1,3|0,2,3,1',
    // The output's rows are columns of the product.
    '2,3,4|2,4,5|0,1,2|0,1,2|0,2,1',
    '2,5,3,4|2,3,5,6|0,2,3,1|0,1,2,3|0,3,1,2',
    '2,2|3,2,2|0,1|0,1,2|0,2,1',
    // More axes of a batch than an instruction walks.
    '2,1,3,1,2,2|1,2,1,2,2,3',
    '3,33,9|3,9,31',
    '2,7,600|2,600,17',
  ].join(' '),
);

const order = (axes: readonly number[] | undefined, rank: number): readonly number[] =>
  axes ?? Array.from({ length: rank }, (_, i) => i);

export const PRODUCTS = {
  batchMatmul: BATCHES.map(([a = [], b = [], lhs, rhs, result]): Sample => {
    const rank = Math.max(a.length, b.length);
    const orders = { lhs: order(lhs, a.length), rhs: order(rhs, b.length), result: order(result, rank) };
    return sample(SUMMED, [f32(a, -1, 1), f32(b, -1, 1)], orders);
  }),
};
