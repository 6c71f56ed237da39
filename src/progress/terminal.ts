/**
 * @file Progress on a terminal: a bar that lives on the last line, and one line that stays for each epoch. Without a terminal,
 * plain lines, or nothing.
 */
import type { SingleBar } from 'cli-progress';
import { Clock, showRate, showSeconds, showValue } from './clock.ts';
import type { Progress, ProgressOptions } from './progress.ts';

export { describeEpoch } from './describe-epoch.ts';
export type { Progress, ProgressOptions } from './progress.ts';

/** The stream for people: the one for data, stdout, may be a file. */
type Stream = NodeJS.WritableStream & { readonly isTTY?: boolean | undefined };

/**
 * Progress for one run.
 *
 * @param given where to show it; default stderr
 * @param now milliseconds of a clock that does not go back
 */
export function createProgress(
  options: ProgressOptions,
  given?: Stream,
  now: () => number = () => performance.now(),
): Progress {
  const { enabled } = options;
  const nothing: Progress = { step() {}, epochEnd() {}, stop() {} };
  // Before the stream is named: Node makes it then, which takes a millisecond.
  if (enabled === false) return nothing;
  const stream = given ?? process.stderr;
  const terminal = stream.isTTY === true && process.env.TERM !== 'dumb';
  // A build server may lend a terminal, but nobody looks at it while it moves.
  if (enabled === 'auto' && (!terminal || process.env.CI)) return nothing;
  const kept = new KeptLines(stream, now);
  return terminal ? bar(options, kept, stream, now) : lines(kept);
}

/** Epochs shorter than this do not all get a line: hundreds of them would push everything else off the screen. */
const SHORT = 500;

/** The lines that stay: one for each epoch; of short epochs, the first, the last, and one every half second. */
class KeptLines {
  #written: number | undefined;
  #waiting: string | undefined;

  constructor(
    private readonly stream: Stream,
    private readonly now: () => number,
  ) {}

  add(text: string): void {
    const time = this.now();
    if (this.#written !== undefined && time - this.#written < SHORT) {
      this.#waiting = text;
      return;
    }
    this.#written = time;
    this.#waiting = undefined;
    this.stream.write(`${text}\n`);
  }

  /** The last one is always there. */
  end(): void {
    if (this.#waiting !== undefined) this.stream.write(`${this.#waiting}\n`);
    this.#waiting = undefined;
  }
}

function lines(kept: KeptLines): Progress {
  return {
    step() {},
    epochEnd: (_epoch, text) => kept.add(text),
    stop: () => kept.end(),
  };
}

function bar(options: ProgressOptions, kept: KeptLines, stream: Stream, now: () => number): Progress {
  const { stepsPerEpoch, epochs, examplesPerEpoch, metricNames } = options;
  const clock = new Clock(stepsPerEpoch, epochs, now);
  const unit = examplesPerEpoch === undefined ? 'steps/s' : 'examples/s';
  const perStep = examplesPerEpoch === undefined ? 1 : examplesPerEpoch / stepsPerEpoch;
  // Loaded for a terminal only, since it takes 30 ms; steps before it came are not shown.
  let line: SingleBar | undefined;
  void import('cli-progress').then(({ default: { SingleBar } }) => {
    line = new SingleBar({
      stream: withoutCursorMemory(stream),
      format: 'epoch {epoch} [{bar}] {rate}{left}{values}',
      // Short, so that rate, time, loss and a metric or two fit into 80 columns.
      barsize: 16,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      // Nothing to put back after an error or Ctrl+C: the cursor stays visible, and long lines are cut, not unwrapped.
      hideCursor: false,
      linewrap: true,
      clearOnComplete: true,
      emptyOnZero: true,
    });
  });
  const end = () => {
    if (line?.isActive) line.stop();
  };
  return {
    step(done, values) {
      const { rate, secondsLeft } = clock.step(done);
      if (line === undefined) return;
      const shown = ['loss', ...metricNames.filter((name) => name !== 'loss')].filter(
        (name) => values[name] !== undefined,
      );
      const payload = {
        epoch: `${clock.epoch}/${epochs}`,
        rate: rate === undefined ? 'starting' : `${showRate(rate * perStep)} ${unit}`,
        left: secondsLeft === undefined ? '' : ` · ${showSeconds(secondsLeft)} left`,
        values: shown.map((name) => ` · ${name} ${showValue(values[name] as number)}`).join(''),
      };
      if (line.isActive) line.update(done, payload);
      else line.start(stepsPerEpoch, done, payload);
    },
    epochEnd(epoch, text) {
      end();
      clock.epochEnd(epoch);
      kept.add(text);
    },
    stop() {
      end();
      kept.end();
    },
  };
}

/**
 * The stream without the two codes that save and restore the cursor's position. cli-progress saves it when a bar starts and
 * goes back there when it stops; if anything else was printed meanwhile, it would write over that.
 */
function withoutCursorMemory(stream: Stream): Stream {
  const write = (text: string) => text === '\x1b7' || text === '\x1b8' || stream.write(text);
  return Object.create(stream, { write: { value: write } });
}
