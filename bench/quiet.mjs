// @ts-check
/**
 * @file Whether the core works for us alone, and at which clock. On a virtual machine a core may be one hardware thread, and the
 * other somebody else's: for ten to some hundred milliseconds at a time a training step takes up to 1.6 times as long, as if
 * that one worked then. The clock changes by a tenth besides.
 *
 * A loop of whole numbers tells both: its turn takes two cycles of a core of its own and three of a shared one (Zen 5: 0.53 to
 * 0.58 ns and 0.80 to 0.87). What is counted by its turns does not depend on the clock.
 */

const TURNS = 100_000;
/** The shortest of so many: an interrupt makes no neighbor. */
const REPEATS = 3;

/** How much longer than the shortest of all a turn may take: as much as the clock changes; a neighbor who comes and goes costs more. */
const QUIET = 1.1;

/** @param {number} turns */
function count(turns) {
  let [a, b, c, d, e, f] = [1, 2, 3, 4, 5, 6];
  for (let i = 0; i < turns; i++) {
    a = (a + i) | 0;
    b = (b ^ i) | 0;
    c = (c - i) | 0;
    d = (d + (i << 1)) | 0;
    e = (e ^ (i >> 1)) | 0;
    f = (f + 1) | 0;
  }
  return a ^ b ^ c ^ d ^ e ^ f;
}

let isWarm = false;
/** Without a result the loop would be dead. */
export let counted = 0;

/** Nanoseconds that a turn takes now. Asking takes 0.2 ms. */
export function turnNs() {
  if (!isWarm) {
    const end = performance.now() + 50;
    while (performance.now() < end) counted ^= count(1000);
    isWarm = true;
  }
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < REPEATS; i++) {
    const from = performance.now();
    counted ^= count(TURNS);
    best = Math.min(best, performance.now() - from);
  }
  return (1e6 * best) / TURNS;
}

/** @param {number} turn of `turnNs` @param {number} shortest of all that were measured */
export const isQuiet = (turn, shortest) => turn <= QUIET * shortest;
