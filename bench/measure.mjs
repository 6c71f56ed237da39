// @ts-check
/**
 * @file What all sides of the comparison share: a clock for blocks of steps, and the reply to run.mjs.
 *
 * @typedef {object} Task what run.mjs sends
 * @property {import('./items.mjs').Item} item
 * @property {Float32Array[]} weights in the order of `weightShapes`
 * @property {number} [shortestTurn] of `turnNs`, in the processes before
 *
 * @typedef {object} Blocks
 * @property {number} median microseconds a step, wall time: the median over blocks of consecutive steps
 * @property {number} best the best block
 * @property {number} cpu microseconds of processor time a step, all threads of the process: the median
 * @property {number} blocks
 * @property {number} steps in all blocks together
 * @property {number} blockMs the median length of a block, milliseconds
 * @property {number} warmSteps taken before the first that counts
 *
 * @typedef {{ microseconds: number, turns: number[] }} Sample a block: of a step, and what `turnNs` gave before and after
 *
 * @typedef {object} Measured what goes back
 * @property {number[]} losses of the first steps; none where they cannot be compared
 * @property {number} importMs
 * @property {number} firstStepMs from the imported library and arrays in JavaScript to the first step's loss
 * @property {Blocks} steady
 * @property {number} peakRssBytes the most memory that the process had
 *
 * @typedef {Measured & { steady: Blocks & { samples: Sample[], isQuiet: boolean }, peaks: { gigaflops: number, turns: number[] }[], shuffled: number,
 *   runBytes: number, device: string, versions: { node: string, v8: string } }} Ours
 */
import { performance } from 'node:perf_hooks';

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : (high + /** @type {number} */ (sorted[middle - 1])) / 2;
}

/** Times blocks of steps: `start`, then `stop` with the steps taken since. */
export class BlockClock {
  /** @type {{ ms: number, cpu: number, steps: number }[]} */
  #blocks = [];
  #from = 0;
  #cpu = process.cpuUsage();

  start() {
    this.#cpu = process.cpuUsage();
    this.#from = performance.now();
  }

  /** Milliseconds since `start`. */
  elapsed() {
    return performance.now() - this.#from;
  }

  /** @param {number} steps taken since `start` */
  stop(steps) {
    const ms = this.elapsed();
    const { user, system } = process.cpuUsage(this.#cpu);
    this.#blocks.push({ ms, cpu: user + system, steps });
  }

  /** Microseconds a step, by block. */
  perStep() {
    return this.#blocks.map(({ ms, steps }) => (1000 * ms) / steps);
  }

  /** @returns {Omit<Blocks, 'warmSteps'>} */
  summary() {
    const perStep = this.perStep();
    return {
      median: median(perStep),
      best: Math.min(...perStep),
      cpu: median(this.#blocks.map(({ cpu, steps }) => cpu / steps)),
      blocks: this.#blocks.length,
      steps: this.#blocks.reduce((sum, { steps }) => sum + steps, 0),
      blockMs: median(this.#blocks.map(({ ms }) => ms)),
    };
  }
}

export const peakRss = () => process.resourceUsage().maxRSS * 1024;

/**
 * Takes the one task of this process, and replies.
 * @param {(task: Task) => Promise<object>} measure
 */
export function serve(measure) {
  process.once('message', async (/** @type {Task} */ task) => {
    const reply = await measure(task).catch((error) => ({
      error: error instanceof Error ? error.message : String(error),
    }));
    process.send?.(reply, () => process.disconnect());
  });
}
