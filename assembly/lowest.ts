/** @file The least value of a product. */
import { LOWEST } from './simd';
import { lowMemory } from './threads';

/**
 * What values below it become: a register that lives through a product's loop but for its end makes V8 spill others within it
 * (measured, Node 20: 81 for 91 % of the peak; Node 24 with fused multiply-add: half the speed). So it waits in memory.
 */
export function setLowest(x: f32): void { store<f32>(lowestAt(), x); }

/** Where it waits: asked for before the tiles, since in shared memory that takes loads, one after the other. */
// @ts-ignore: decorator
@inline export function lowestAt(): usize { return lowMemory() + LOWEST; }
