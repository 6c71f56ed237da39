/**
 * @file How threads share an instruction's work: every thread runs the same plan, and each computes its own slice of every
 * output. Slices are cut by size alone and every element is computed as it would be by one thread, so that the bits do not
 * depend on how many there are. In builds without shared memory all of it folds away.
 */

/** Which of the threads this instance is, and how many there are. Globals are an instance's own, not shared. */
let index: i32 = 0;
let count: i32 = 1;

export function setThread(thread: i32, threads: i32): void {
  index = thread; count = threads;
}

/** How many threads run the plan. */
// @ts-ignore: decorator
@inline export function threadCount(): i32 { return ASC_FEATURE_THREADS ? count : 1; }

/** Which of them this one is. */
// @ts-ignore: decorator
@inline export function threadIndex(): i32 { return ASC_FEATURE_THREADS ? index : 0; }

/** Whether this thread does what only one may do. */
// @ts-ignore: decorator
@inline export function isFirstThread(): bool { return ASC_FEATURE_THREADS ? index == 0 : true; }

/** The first of `total` items that are this thread's; slices begin at multiples of `grain` ≥ 1. */
// @ts-ignore: decorator
@inline export function sliceStart(total: i32, grain: i32): i32 {
  return ASC_FEATURE_THREADS ? cut(total, grain, index) : 0;
}

/** Behind the last of `total` items that are this thread's. */
// @ts-ignore: decorator
@inline export function sliceEnd(total: i32, grain: i32): i32 {
  return ASC_FEATURE_THREADS ? cut(total, grain, index + 1) : total;
}

function cut(total: i32, grain: i32, thread: i32): i32 {
  if (thread >= count) return total;
  const grains = (total + grain - 1) / grain;
  return min(<i32>(<i64>grains * thread / count) * grain, total);
}
