/** @file `advise`: what a finished run, or one that failed, says about itself. */
import { checkKnownOptions, checkNumber, SaddlepointError, show } from '../../core/errors.ts';
import { DivergenceError } from '../../train/divergence.ts';
import type { TrainedModel } from '../../train/model.ts';
import type { Data } from '../../train/options.ts';
import { PlayersRun } from '../../train/players-run.ts';
import type { Records } from '../../train/records.ts';
import { Run } from '../../train/run.ts';
import { report } from '../report.ts';
import { runOf, seenOf } from './advisor.ts';
import type { Evidence } from './evidence.ts';
import { Advice, Judge } from './rule.ts';
import { ADVICE_RULES } from './rules.ts';

export interface AdviseOptions
  extends Pick<
    Evidence,
    'noise' | 'normTest' | 'throughput' | 'robustness' | 'gan' | 'embedding' | 'contrastive' | 'curvature'
  > {
  /** Rows that took no part in training: whether the model is as sure as it is right. */
  readonly held?: Data | Records | undefined;
  /** The accuracy that is wanted, in (0, 1]. */
  readonly target?: number | undefined;
}

const RECORDS = [
  'noise',
  'normTest',
  'throughput',
  'robustness',
  'gan',
  'embedding',
  'contrastive',
  'curvature',
] as const;

/**
 * Reads a run's own signals, and records of other tools, and says which trick helps. A run that had `advisor()` among its
 * callbacks knows of its steps and layers; any other of its epochs. Rules see the whole run, as one window.
 *
 * @param run what `fit` returned, the error that it threw, or undefined where records alone are looked at. Of players only the
 *   records are read: `{ gan: monitor.readings }`.
 * @param options `held`: rows for calibration; `target`; and plain records: `robustness`, `noise`, `gan`, …
 * @returns advice, the most severe first; none where all is well. Each is data with a `toString()`.
 * @throws SaddlepointError `option` for something that is no run, and options that are not there.
 * @example for (const advice of await advise(run, { held })) console.log(String(advice));
 */
export async function advise(
  run: Run | PlayersRun<never> | DivergenceError | undefined,
  options: AdviseOptions = {},
): Promise<readonly Advice[]> {
  checkKnownOptions('advise', options, ['held', 'target', ...RECORDS]);
  const { held, target } = options;
  if (target !== undefined) checkNumber('advise.target', target, { min: 0, max: 1, openMin: true });
  const records: Evidence = Object.fromEntries(
    RECORDS.flatMap((name) => (options[name] ? [[name, options[name]]] : [])),
  );
  const judge = new Judge(ADVICE_RULES);
  const given: Advice[] = [];
  const look = (evidence: Evidence): void => {
    for (const { rule, sighting } of judge.look({ ...evidence, ...(target !== undefined && { target }) }, 1))
      given.push(new Advice(rule, sighting));
  };
  const seen = run instanceof Run ? seenOf(run) : undefined;
  if (run instanceof DivergenceError) {
    const { op, path } = run.instruction;
    look({ divergence: { op, path, step: run.step } });
  } else if (run instanceof Run) {
    const runEvidence = seen?.evidence.run ?? evidenceOf(run);
    look({ run: runEvidence, ...(isLasting(run) && { epochs: run.history }), isEnd: true, ...records });
    if (held !== undefined) look({ calibration: await calibrationOf(run, held) });
  } else if (run === undefined || run instanceof PlayersRun) look(records);
  else
    throw new SaddlepointError(
      'option',
      `advise: expected what fit returned or threw, got ${show(run)}`,
      'advise(await fit(…))',
    );
  const all = [...(seen?.advice ?? []), ...given];
  const first = new Map(all.map((one) => [`${one.rule} ${one.layer ?? ''}`, one] as const).reverse());
  const order = ['stop', 'warn', 'hint'];
  return [...first.values()].reverse().sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
}

/** Of one evaluation nothing can be said about a course. */
const isLasting = ({ history }: Run): boolean => history.length > 0;

/** What the run alone knows. */
function evidenceOf({ state, recipe, history, steps }: Run): Evidence['run'] {
  const { batchSize } = recipe;
  const stepsPerEpoch = Math.max(1, Math.round(steps / Math.max(1, history.length)));
  // Rows to within a batch.
  return runOf(state, batchSize, stepsPerEpoch * batchSize);
}

/** Bins of G1's error, as in Guo et al. 2017. */
const BINS = 15;

/** Mean confidence beside accuracy, and the error over the bins of a report; undefined where the model gives no probabilities. */
async function calibrationOf(model: TrainedModel, held: Data | Records): Promise<Evidence['calibration']> {
  const measured = await report(model, held, { resamples: 200, bins: BINS });
  if (measured.task !== 'class') return undefined;
  const { bins, expectedError } = measured.calibration;
  const rows = bins.reduce((sum, bin) => sum + bin.rows, 0);
  const confidence = bins.reduce((sum, bin) => sum + bin.rows * bin.confidence, 0) / rows;
  return { confidence, accuracy: measured.accuracy.value, error: expectedError };
}
