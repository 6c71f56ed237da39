/**
 * @file Updates in place over whole parameter groups, the norm that clips them, and the guard before them. All operands are
 * contiguous f32 of one length, distinct blocks, of any alignment.
 *
 * Moments that have become tiny are flushed to 0: WebAssembly has no flush-to-zero, and parameters without gradient would
 * otherwise decay into denormals, whose arithmetic is several times slower. NaN is not flushed.
 */
import { AdamField, Constant, GuardField, L2NormField, SgdField, Status, SumSquaresField } from '../src/plan/opcodes';
import { sumSquares as sumOfSquares } from './reduce';
import { operand, stop, storeLanes, word, wordAsFloat } from './simd';

const TINY_FIRST: f32 = 1e-25;
const TINY_SECOND: f32 = 1e-30;

/** The squares of smaller values than this on average are denormal in f32, and digits are lost. */
const SMALL_SQUARE: f64 = 1e-30;

/**
 * Σ x² with what each addition in f64 loses, so that the order of the summands does not matter: `step` values at a time, whose
 * squares are taken in f64, where they neither overflow nor underflow (1), or as `sumOfSquares` takes them (8).
 */
export function sumSquaresWide(from: usize, count: i32, step: i32): f64 {
  let sum: f64 = 0, lost: f64 = 0;
  for (; count > 0; count -= step, from += <usize>step << 2) {
    const x = <f64>load<f32>(from), square = step == 1 ? x * x : sumOfSquares(from, min(count, step));
    const next = sum + square, added = next - sum;
    lost += (sum - (next - added)) + (square - added);
    sum = next;
  }
  // Infinite or NaN: what was lost is NaN.
  return abs<f64>(sum) < Infinity ? sum + lost : sum;
}

/** What summing in f64 in any order may change, relative to the sum of up to 2¹⁶ chunks. */
const DOUBT: f64 = 1 / 68719476736.0;

/** A sum for each chunk. */
export function sumSquares(p: usize, base: usize): void {
  let to = operand(p, SumSquaresField.destination, base), from = operand(p, SumSquaresField.source, base);
  for (let left = word(p, SumSquaresField.count); left > 0; left -= Constant.normChunk) {
    store<f64>(to, sumOfSquares(from, min(left, Constant.normChunk)));
    to += 8; from += Constant.normChunk << 2;
  }
}

/**
 * The same bits in whatever order the eights of `sumOfSquares` lie: if doubt about the sum could change how the norm is rounded,
 * it is summed once more without (about one in 4,000). And so in f64 alone if the sums left the range where they are accurate.
 */
export function l2Norm(p: usize, base: usize): void {
  const from = operand(p, L2NormField.source, base), count = word(p, L2NormField.count);
  let sum: f64 = 0;
  for (let i = 0, at = operand(p, L2NormField.sums, base); i < count; i += Constant.normChunk, at += 8) sum += load<f64>(at);
  if (!(sum >= <f64>count * SMALL_SQUARE && sum < Infinity)) sum = sumSquaresWide(from, count, 1);
  else if (<f32>sqrt<f64>(sum - sum * DOUBT) != <f32>sqrt<f64>(sum + sum * DOUBT)) sum = sumSquaresWide(from, count, 8);
  store<f32>(operand(p, L2NormField.destination, base), <f32>sqrt<f64>(sum));
}

/** Whether the f32 at word `field`'s address, if it has one, is NaN or infinite. */
function isBad(p: usize, field: i32, base: usize): bool {
  return word(p, field) != 0 && !(abs<f32>(load<f32>(operand(p, field, base))) < Infinity);
}

export function guard(p: usize, base: usize): i32 {
  for (let field = <i32>GuardField.first; field <= GuardField.second; field++) {
    if (isBad(p, field, base)) {
      return stop(base, Status.nonFinite, field - GuardField.first, load<i32>(operand(p, field, base)));
    }
  }
  return Status.ok;
}

/** x, or 0 where |x| < tiny. */
// @ts-ignore: decorator
@inline function flush(x: v128, tiny: f32): v128 { return v128.andnot(x, f32x4.lt(f32x4.abs(x), f32x4.splat(tiny))); }

/** The update uses the moments as they are before the flush. */
export function adam(p: usize, base: usize): void {
  let parameters = operand(p, AdamField.parameters, base), gradient = operand(p, AdamField.gradient, base);
  let first = operand(p, AdamField.firstMoment, base), second = operand(p, AdamField.secondMoment, base);
  const scalars = operand(p, AdamField.scalars, base);
  const stepSize = v128.load32_splat(scalars), epsilon = v128.load32_splat(scalars, 4);
  const keep1 = v128.load32_splat(p, AdamField.beta1 << 2), take1 = v128.load32_splat(p, AdamField.oneMinusBeta1 << 2);
  const keep2 = v128.load32_splat(p, AdamField.beta2 << 2), take2 = v128.load32_splat(p, AdamField.oneMinusBeta2 << 2);
  const count = word(p, AdamField.count), tail = count & 3;
  const end = parameters + (<usize>(count - tail) << 2);
  // Whole vectors in a loop without any other case: a third faster than with the tail's stores in it.
  while (parameters < end) {
    const g = v128.load(gradient);
    const m = f32x4.add(f32x4.mul(keep1, v128.load(first)), f32x4.mul(take1, g));
    const v = f32x4.add(f32x4.mul(keep2, v128.load(second)), f32x4.mul(take2, f32x4.mul(g, g)));
    v128.store(first, flush(m, TINY_FIRST));
    v128.store(second, v128.andnot(v, f32x4.lt(v, f32x4.splat(TINY_SECOND))));
    v128.store(parameters, f32x4.sub(v128.load(parameters), f32x4.div(f32x4.mul(stepSize, m), f32x4.add(f32x4.sqrt(v), epsilon))));
    parameters += 16; first += 16; second += 16; gradient += 16;
  }
  if (tail) {
    const g = v128.load(gradient);
    const m = f32x4.add(f32x4.mul(keep1, v128.load(first)), f32x4.mul(take1, g));
    const v = f32x4.add(f32x4.mul(keep2, v128.load(second)), f32x4.mul(take2, f32x4.mul(g, g)));
    storeLanes(first, flush(m, TINY_FIRST), tail);
    storeLanes(second, v128.andnot(v, f32x4.lt(v, f32x4.splat(TINY_SECOND))), tail);
    storeLanes(parameters, f32x4.sub(v128.load(parameters), f32x4.div(f32x4.mul(stepSize, m), f32x4.add(f32x4.sqrt(v), epsilon))), tail);
  }
}

/** p −= rate · g. */
function descend(parameters: usize, gradient: usize, rate: v128, left: i32): void {
  for (; left > 0; left -= 4, parameters += 16, gradient += 16) {
    const x = f32x4.sub(v128.load(parameters), f32x4.mul(rate, v128.load(gradient)));
    if (left < 4) storeLanes(parameters, x, left);
    else v128.store(parameters, x);
  }
}

/** The update uses the velocity as it is after the flush. */
export function sgd(p: usize, base: usize): void {
  let parameters = operand(p, SgdField.parameters, base), gradient = operand(p, SgdField.gradient, base);
  let velocity = operand(p, SgdField.velocity, base);
  const scalars = operand(p, SgdField.scalars, base);
  const rate = v128.load32_splat(scalars), factor = v128.load32_splat(scalars, 4);
  let left = word(p, SgdField.count);
  if (word(p, SgdField.velocity) == 0) {
    descend(parameters, gradient, rate, left);
    return;
  }
  const keep = f32x4.splat(wordAsFloat(p, SgdField.momentum)), nesterov = word(p, SgdField.nesterov) != 0;
  while (left > 0) {
    const g = v128.load(gradient);
    const b = flush(f32x4.add(f32x4.mul(keep, v128.load(velocity)), f32x4.mul(factor, g)), TINY_FIRST);
    const step = nesterov ? f32x4.add(g, f32x4.mul(keep, b)) : b;
    const x = f32x4.sub(v128.load(parameters), f32x4.mul(rate, step));
    if (left < 4) {
      storeLanes(velocity, b, left);
      storeLanes(parameters, x, left);
      return;
    }
    v128.store(velocity, b);
    v128.store(parameters, x);
    parameters += 16; velocity += 16; gradient += 16; left -= 4;
  }
}
