/**
 * @file Whether a call is made by several threads or by one: by what took less time a step lately, since the bits are the same.
 * Cores that share a unit, lie far apart, or have other work, all show in that time, and nowhere else a program could look.
 *
 * Both ways are judged by medians: a call that met with an interruption says nothing of the next, and the first call of several
 * threads after a rest pays for waking them and for moving what one core has written.
 */

/** How a call is made. */
export type Way = 'together' | 'alone';

/**
 * Milliseconds of calls until the other way is tried again; doubled each time it is found slower, but no more than it takes for
 * the trial to have cost so small a part of the calls. Rests do not count.
 */
const FIRST_TRIAL = 200;
const LONGEST_TRIAL = 5000;
const COST = 0.0025;
/** Calls of a trial, but for the first call of all, and the calls by which the way in use is judged. */
const TRIED = 3;
const REMEMBERED = 5;

/** What is not known is worth a try. */
const median = (times: readonly number[]): number => [...times].sort((a, b) => a - b)[times.length >> 1] ?? 0;

export class Pace {
  readonly #now: () => number;
  /** What the last calls took, by way. */
  readonly #times: Record<Way, number[]> = { together: [], alone: [] };
  #pause = FIRST_TRIAL;
  /** Milliseconds in calls: until now, and at the next trial. */
  #spent = 0;
  #trialAt = 0;
  #trialFrom = 0;
  /** When the last call began. */
  #from = 0;
  #isTrial = false;
  #preferred: Way = 'together';

  /** @param now milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The way of the next call. */
  next(): Way {
    this.#from = this.#now();
    if (!this.#isTrial && this.#spent >= this.#trialAt) {
      this.#isTrial = true;
      this.#trialFrom = this.#spent;
      this.#times[this.#other] = [];
    }
    return this.#isTrial ? this.#other : this.#preferred;
  }

  /** What the call took for which `next` was asked, in any unit of time a step. */
  record(way: Way, time: number): void {
    this.#spent += this.#now() - this.#from;
    const times = this.#times[way];
    times.push(time);
    if (times.length > REMEMBERED) times.shift();
    const wanted = this.#times[this.#preferred].length === 0 ? 1 : TRIED;
    if (this.#isTrial && this.#times[this.#other].length < wanted) return;
    const { together, alone } = this.#times;
    const best: Way = median(alone) < median(together) ? 'alone' : 'together';
    if (best !== this.#preferred) this.#pause = FIRST_TRIAL;
    else if (this.#isTrial)
      this.#pause = Math.max(FIRST_TRIAL, Math.min(LONGEST_TRIAL, 2 * this.#pause, this.#lost / COST));
    if (this.#isTrial || best !== this.#preferred) this.#trialAt = this.#spent + this.#pause;
    this.#isTrial = false;
    this.#preferred = best;
  }

  /** Milliseconds that the trial took longer than calls of the way in use would have. */
  get #lost(): number {
    const ratio = median(this.#times[this.#preferred]) / median(this.#times[this.#other]);
    return (this.#spent - this.#trialFrom) * (1 - ratio);
  }

  get #other(): Way {
    return this.#preferred === 'together' ? 'alone' : 'together';
  }
}
