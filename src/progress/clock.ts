/** @file Rate and time left, from the steps that were reported. Knows no terminal. */

/**
 * Times a run. The first report only starts the clocks: the time before it went into compiling. The rate counts training
 * alone; the time left counts all, validation and callbacks too.
 */
export class Clock {
  readonly #stepsPerEpoch: number;
  readonly #epochs: number;
  readonly #now: () => number;
  #epochsDone = 0;
  #first: { time: number; steps: number } | undefined;
  #last: { time: number; done: number } | undefined;
  #trainedSteps = 0;
  #trainedTime = 0;

  /** @param now milliseconds of a clock that does not go back */
  constructor(stepsPerEpoch: number, epochs: number, now: () => number) {
    this.#stepsPerEpoch = stepsPerEpoch;
    this.#epochs = epochs;
    this.#now = now;
  }

  /** The epoch under way, counted from 1. */
  get epoch(): number {
    return this.#epochsDone + 1;
  }

  /** Steps a second and seconds left; undefined until there are two reports. */
  step(done: number): { rate: number | undefined; secondsLeft: number | undefined } {
    const time = this.#now();
    const steps = this.#epochsDone * this.#stepsPerEpoch + done;
    if (this.#last !== undefined && done > this.#last.done) {
      this.#trainedSteps += done - this.#last.done;
      this.#trainedTime += time - this.#last.time;
    }
    this.#last = { time, done };
    this.#first ??= { time, steps };
    const rate = this.#trainedTime > 0 ? (1000 * this.#trainedSteps) / this.#trainedTime : undefined;
    const counted = steps - this.#first.steps;
    const left = this.#epochs * this.#stepsPerEpoch - steps;
    const secondsLeft = counted > 0 ? (left * (time - this.#first.time)) / counted / 1000 : undefined;
    return { rate, secondsLeft };
  }

  epochEnd(epoch: number): void {
    this.#epochsDone = epoch;
    this.#last = undefined;
  }
}

/** `48 s`, `3 min 05 s`, `2 h 10 min`. */
export function showSeconds(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (n: number) => String(n).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}

/** `12.3k`, `0.31`: three digits. */
export function showRate(rate: number): string {
  if (rate >= 1e6) return `${(rate / 1e6).toPrecision(3)}M`;
  if (rate >= 1000) return `${(rate / 1000).toPrecision(3)}k`;
  return rate >= 100 ? rate.toFixed(0) : rate.toPrecision(3);
}

/** Four digits; very large and very small values in scientific form. */
export function showValue(value: number): string {
  if (!Number.isFinite(value) || value === 0) return String(value);
  const size = Math.abs(value);
  return size >= 1e-3 && size < 1e5 ? String(Number(value.toPrecision(4))) : value.toExponential(2);
}
