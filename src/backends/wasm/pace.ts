/**
 * @file Whether a call is made by several threads or by one: by what took less time a step lately, since the bits are the same.
 * Cores that share a unit, lie far apart, or have other work, all show in that time, and nowhere else a program could look.
 */

/** How a call is made. */
export type Way = 'together' | 'alone';

/** Milliseconds until the other way is tried again; doubled each time it is found slower. */
const FIRST_TRIAL = 200;
const LONGEST_TRIAL = 5000;
/** The share of the last call in what is expected of the next; one that took much longer may have met with an interruption. */
const NEWS = 0.5;
const MOST_NEWS = 3;

export class Pace {
  readonly #now: () => number;
  readonly #expected: Record<Way, number | undefined> = { together: undefined, alone: undefined };
  #pause = FIRST_TRIAL;
  #trialAt: number;
  #preferred: Way = 'together';

  /** @param now milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#trialAt = now();
  }

  /** The way of the next call. */
  next(): Way {
    const other = this.#preferred === 'together' ? 'alone' : 'together';
    return this.#now() >= this.#trialAt ? other : this.#preferred;
  }

  /** What a call took, in any unit of time a step. */
  record(way: Way, time: number): void {
    const wasTrial = way !== this.#preferred;
    const before = wasTrial ? undefined : this.#expected[way];
    this.#expected[way] = before === undefined ? time : (1 - NEWS) * before + NEWS * Math.min(time, MOST_NEWS * before);
    const { together = 0, alone } = this.#expected;
    const best: Way = alone !== undefined && alone < together ? 'alone' : 'together';
    if (best !== this.#preferred) this.#pause = FIRST_TRIAL;
    else if (wasTrial) this.#pause = Math.min(LONGEST_TRIAL, 2 * this.#pause);
    if (wasTrial || best !== this.#preferred) this.#trialAt = this.#now() + this.#pause;
    this.#preferred = best;
  }
}
