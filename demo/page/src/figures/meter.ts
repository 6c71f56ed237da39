/** @file How many a second, over the last moments. */

/** Moments before this are forgotten. */
const WINDOW_MS = 2000;

export class Meter {
  #marks: { at: number; total: number }[] = [];
  #total = 0;

  /** @param now milliseconds, as of `performance.now()`. */
  add(n: number, now: number): void {
    this.#total += n;
    const last = this.#marks.at(-1);
    // One mark for a few milliseconds is enough.
    if (last !== undefined && now - last.at < 20 && this.#marks.length > 1) last.total = this.#total;
    else this.#marks.push({ at: now, total: this.#total });
    while (this.#marks.length > 2 && now - (this.#marks[0]?.at ?? now) > WINDOW_MS) this.#marks.shift();
  }

  /** NaN until there are two moments. */
  get perSecond(): number {
    const [first, last] = [this.#marks[0], this.#marks.at(-1)];
    if (first === undefined || last === undefined || last.at === first.at) return Number.NaN;
    return (1000 * (last.total - first.total)) / (last.at - first.at);
  }

  /** After a pause, whose time does not count. */
  reset(): void {
    this.#marks = [];
    this.#total = 0;
  }
}
