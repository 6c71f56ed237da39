/** @file `advisor`: looks at a run while it goes on, and says what is wrong and which trick helps. */
import { checkKnownOptions, checkName, checkNumber, SaddlepointError, show } from '../../core/errors.ts';
import { layerToJson } from '../../nn/layer.ts';
import type { Callback, Control } from '../../train/callback.ts';
import type { Run } from '../../train/run.ts';
import type { ModelState, Parameter } from '../../train/state.ts';
import { batchesOf, type ContrastiveProbe, contrastiveProbe } from './contrastive-record.ts';
import type { Evidence, RunEvidence, StepEvidence } from './evidence.ts';
import { type Look, type Probe, probeOf, rowsOf } from './probe.ts';
import { type Action, Advice, Judge } from './rule.ts';
import { ADVICE_RULES } from './rules.ts';
import { isSuspectedSaddle } from './rules-steps.ts';

export interface AdvisorOptions {
  /**
   * Rules that may act by themselves: B2 divides the learning rate by 3, B4 by 2, D2 by 5, E1 ends the run. Default: none, the
   * advisor only speaks.
   */
  readonly act?: readonly string[];
  /** Gets each piece of advice as it is given; default: the console. */
  readonly onAdvice?: (advice: Advice) => void;
  /** The accuracy that is wanted, in (0, 1]: what under-fitting is measured by. Default: no claim. */
  readonly target?: number;
  /** What other tools have measured so far, asked for at the end of each window: noise scale, robustness, … */
  readonly records?: () => Partial<Evidence>;
}

/** A callback, and what it has said so far. */
export interface Advisor extends Callback {
  readonly name: 'advisor';
  readonly advice: readonly Advice[];
}

/** Steps of a window at least. */
const WINDOW = 50;

/** What an advisor has seen of a run, for `advise`. */
const seenBy = new WeakMap<Run, { readonly evidence: Evidence; readonly advice: readonly Advice[] }>();
export const seenOf = (run: Run) => seenBy.get(run);

/**
 * Looks at the run at the end of each window (50 steps, or a quarter of an epoch if that is more) and gives advice: what it saw,
 * the threshold, a remedy as a line of code, its source. A rule must hold in two windows in a row, and speaks once a run and
 * layer. The numbers of the run stay what they are, bit for bit, unless a rule may `act`.
 *
 * It costs, a window, one pass of 1,000 rows forward and back, two copies of the parameters, and 20 products with the Hessian
 * where the loss looks like a saddle's. A model of pairs costs a pass of 1,000 rows an epoch instead (`contrastiveRecord`).
 *
 * @throws SaddlepointError `option` for options out of range, and rules that are not there or cannot act.
 * @see `adviceRules`: symptoms, thresholds and sources as data.
 * @example
 * const watch = advisor();
 * await fit(model, data, { ...options, callbacks: [watch] });
 * console.log(watch.advice.join('\n'));
 */
export function advisor(options: AdvisorOptions = {}): Advisor {
  checkKnownOptions('advisor', options, ['act', 'onAdvice', 'target', 'records']);
  const { act = [], target, records } = options;
  if (!Array.isArray(act))
    throw new SaddlepointError('option', `advisor.act: expected a list of rules, got ${show(act)}`, "act: ['B2']");
  const acting = ADVICE_RULES.filter(({ action }) => action !== undefined).map(({ id }) => id);
  for (const id of act) checkName('advisor.act', id, acting);
  if (target !== undefined) checkNumber('advisor.target', target, { min: 0, max: 1, openMin: true });
  // biome-ignore lint/suspicious/noConsole: whoever asks for advice and names no place wants it there
  const { onAdvice = (advice: Advice) => console.log(String(advice)) } = options;
  if (typeof onAdvice !== 'function')
    throw new SaddlepointError('option', `advisor.onAdvice: expected a function, got ${show(onAdvice)}`);

  let watch = new Watch(target, records);
  const advice: Advice[] = [];
  const say = (evidence: Evidence, control?: Control): void => {
    for (const { rule, sighting } of watch.judge.look(evidence)) {
      const done = control && act.includes(rule.id) && rule.action ? perform(rule.action, control, rule.id) : undefined;
      const given = new Advice(rule, sighting, control?.step, done);
      advice.push(given);
      onAdvice(given);
    }
  };
  return {
    name: 'advisor',
    get advice() {
      return [...advice];
    },
    get every() {
      return watch.every;
    },
    onBegin(control) {
      watch = new Watch(target, records);
      advice.length = 0;
      watch.begin(control);
    },
    async onStep(step, control) {
      const evidence = await watch.step(step, control);
      if (evidence !== undefined) say(evidence, control);
    },
    async onEpoch(_, control) {
      say(await watch.epoch(control), control);
    },
    onEnd(run) {
      const evidence = watch.end(run);
      say(evidence);
      seenBy.set(run, { evidence, advice: [...advice] });
    },
  };
}

function perform(action: Action, control: Control, rule: string): string {
  if ('stop' in action) {
    control.stop(`advisor: ${rule}`);
    return 'the run was ended';
  }
  control.learningRate /= action.divideLearningRate;
  return `the learning rate was divided by ${action.divideLearningRate}`;
}

/** One run as it is seen. */
class Watch {
  readonly judge = new Judge(ADVICE_RULES);
  readonly #target: number | undefined;
  readonly #records: () => Partial<Evidence>;
  readonly #losses: number[] = [];
  readonly #norms: number[] = [];
  readonly #rates: number[] = [];
  #run: RunEvidence | undefined;
  #window = WINDOW;
  #probe: Probe | undefined;
  #pairs: ContrastiveProbe | undefined;
  /** The parameters before the one step whose size is measured. */
  #before: ReadonlyMap<string, Parameter> | undefined;

  constructor(target: number | undefined, records: AdvisorOptions['records'] = () => ({})) {
    this.#target = target;
    this.#records = records;
  }

  /** Single steps while one is measured. */
  get every(): number {
    return this.#before === undefined ? this.#window : 1;
  }

  begin({ prepared }: Control): void {
    this.#run = runOf(prepared.state, prepared.batchSize, prepared.trainRows.length);
    this.#window = Math.max(WINDOW, Math.ceil(this.#run.stepsPerEpoch / 4));
    this.#probe = probeOf(prepared);
    this.#pairs = contrastiveProbe(prepared.state);
  }

  async step(step: { readonly step: number; readonly loss: number; readonly gradientNorm: number }, control: Control) {
    const measured = this.#before;
    this.#before = undefined;
    // The window is over; how far the step after it went is known now.
    const evidence = measured === undefined ? undefined : await this.#evidence(measured, await control.parameters());
    this.#losses.push(step.loss);
    this.#norms.push(step.gradientNorm);
    if ((step.step + 1) % this.#window === 0) {
      this.#before = await control.parameters();
      const rate = rateOf(control);
      if (rate !== undefined) this.#rates.push(rate);
    }
    return evidence;
  }

  async epoch(control: Control): Promise<Evidence> {
    return { ...this.#known(), epochs: control.history, ...(await this.#contrast(control)) };
  }

  end(run: Run): Evidence {
    return { ...this.#known(), epochs: run.history, isEnd: true };
  }

  async #contrast(control: Control): Promise<Pick<Evidence, 'contrastive'>> {
    if (this.#pairs === undefined) return {};
    const { trainRows, batchSize } = control.prepared;
    const batches = batchesOf(trainRows.length, batchSize).map((picked) =>
      rowsOf(
        control.prepared,
        picked.map((i) => trainRows[i] as number),
      ),
    );
    return { contrastive: [await this.#pairs(await control.parameters(), batches)] };
  }

  #known(): Evidence {
    return { run: this.#run, ...(this.#target !== undefined && { target: this.#target }) };
  }

  get #steps(): StepEvidence {
    const [losses, gradientNorms, learningRates] = [this.#losses, this.#norms, this.#rates];
    return { losses, gradientNorms, learningRates, window: this.#window };
  }

  async #evidence(before: ReadonlyMap<string, Parameter>, after: ReadonlyMap<string, Parameter>): Promise<Evidence> {
    const look: Partial<Look> = (await this.#probe?.look(after)) ?? {};
    const known: Evidence = {
      ...this.#known(),
      ...{ steps: this.#steps, layers: look.layers, firstGradientNorm: look.firstGradientNorm },
      ...{ updates: updatesOf(before, after), ...this.#records() },
    };
    return isSuspectedSaddle(known) && this.#probe
      ? { ...known, curvature: await this.#probe.curvature(after) }
      : known;
  }
}

/** What a run is made of, as rules ask. */
export function runOf({ classes, loss, layer }: ModelState, batchSize: number, rows: number): RunEvidence {
  return {
    ...{ batchSize, rows, stepsPerEpoch: Math.ceil(rows / batchSize) },
    classes: loss.name === 'crossEntropy' ? classes?.length : undefined,
    isNoisy: /"type":"[^"]*(dropout|noise|augment)/i.test(JSON.stringify(layerToJson(layer))),
  };
}

/** ‖update‖ / ‖weights‖ by kernel; biases begin at 0, where a ratio says nothing. */
function updatesOf(before: ReadonlyMap<string, Parameter>, after: ReadonlyMap<string, Parameter>) {
  const ratios: Record<string, number> = {};
  for (const [path, { kind, shape, data }] of before) {
    if (kind !== 'trainable' || shape.length < 2) continue;
    const now = after.get(path)?.data ?? data;
    let [step, size] = [0, 0];
    for (let i = 0; i < data.length; i++) {
      step += ((now[i] as number) - (data[i] as number)) ** 2;
      size += (data[i] as number) ** 2;
    }
    if (size > 0) ratios[path] = Math.sqrt(step / size);
  }
  return ratios;
}

function rateOf(control: Control): number | undefined {
  try {
    return control.learningRate;
  } catch (error) {
    // An optimizer without a learning rate says so.
    if (error instanceof SaddlepointError) return undefined;
    throw error;
  }
}
