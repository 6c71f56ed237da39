/** @file `fitLbfgs`: a small model to the bottom of its loss, all rows at every evaluation. */
import { DEVICE_OPTIONS, type DeviceOptions, deviceRecord, openSession } from '../backends/select.ts';
import { checkKnownOptions, checkNumber, must, SaddlepointError, show } from '../core/errors.ts';
import { BLOCKS } from '../engine/step.ts';
import type { Layer } from '../nn/layer.ts';
import { type LbfgsEnding, type LbfgsOptions, lbfgs } from '../optim/drivers/lbfgs.ts';
import { describeStep, targetSpec } from './describe.ts';
import { evaluateRows } from './evaluate.ts';
import { extend } from './extension.ts';
import { checkPlain, fullBatch, gradientOnly, withoutNoise } from './full-batch.ts';
import type { EpochRecord, Measures } from './history.ts';
import type { TrainedModel } from './model.ts';
import { type Data, type FitOptions, resolveOptions } from './options.ts';
import { Run } from './run.ts';
import { groupsOf, leavesIn, readBlocks, writeLeaves } from './state.ts';
import type { Best } from './training.ts';

const SHARED = [
  ...(['loss', 'metrics', 'batchSize', 'validation', 'split', 'standardize', 'scaling', 'seed'] as const),
  ...(['signal', 'freeze', 'classWeights'] as const),
  ...DEVICE_OPTIONS,
];
const OWN = [
  ...(['memory', 'maximumIterations', 'maximumEvaluations', 'gradientTolerance', 'valueTolerance'] as const),
  ...(['decrease', 'curvature'] as const),
];
/** Rows at a time: enough that a pass over the parameters for each part is little beside the products. */
const ROWS_AT_A_TIME = 1024;

/** Options of `fit` that hold for whole batches, and those of `lbfgs`. */
export interface FitLbfgsOptions<Name extends string = string>
  extends DeviceOptions,
    Pick<FitOptions<Name>, Exclude<(typeof SHARED)[number], 'batchSize' | keyof DeviceOptions>>,
    Pick<LbfgsOptions, (typeof OWN)[number]> {
  /** Rows computed at a time, which bounds memory; it changes the result by rounding alone. Default: 1024, or all if fewer. */
  readonly batchSize?: number;
  /** Called after each iteration, from 1, and awaited. */
  readonly onIteration?: (record: EpochRecord<Name>) => void | Promise<void>;
}

const ENDINGS: Readonly<Record<LbfgsEnding, string>> = {
  gradient: 'the gradient is within gradientTolerance',
  value: 'the loss falls by less than valueTolerance',
  iterations: 'maximumIterations are done',
  evaluations: 'maximumEvaluations are done',
  lineSearch: 'no step along the direction lowers the loss (in f32 the mark of a minimum)',
  aborted: 'the signal was aborted',
};

/**
 * Trains by L-BFGS over all rows at once: for models of some thousand parameters and rows, such as logistic regression or a
 * small network, it reaches the bottom of the loss in some dozens of iterations and has no learning rate to be chosen.
 *
 * Points are doubles on the host, values and gradients f32: expect a loss to some 7 digits, and `lineSearch` as an ending. What
 * is minimized is the mean loss, as in `fit`; there is no weight decay.
 *
 * @param model a layer or trained model without noise (dropout) and without running statistics, unless they are frozen.
 * @param data as for `fit`, weights included.
 * @returns a run as of `fit`: an iteration is an epoch of the history, measured after it over all training rows; with
 *   validation the weights of the best iteration are kept; `run.notes` says why it ended, after how many evaluations.
 * @throws SaddlepointError `option` for models that are no function of their parameters alone, and options out of range; `data`
 *   for a loss that is not finite at the start; what `fit` throws before training.
 * @see Nocedal & Wright 2006, "Numerical optimization", algorithms 7.4 and 7.5; Liu & Nocedal 1989.
 * @example const run = await fitLbfgs(sequential([dense(3)]), { x, y }, { loss: crossEntropy(), metrics: [accuracy()] });
 */
export async function fitLbfgs<Name extends string = never>(
  model: Layer | TrainedModel,
  data: Data,
  options: FitLbfgsOptions<Name>,
): Promise<Run<Name>> {
  if (options === null || typeof options !== 'object')
    throw new SaddlepointError('option', `fitLbfgs: expected options, got ${show(options)}`, '{ loss } is needed');
  checkKnownOptions('fitLbfgs', options, [...SHARED, ...OWN, 'onIteration']);
  const rowsAtATime = checkNumber('fitLbfgs: batchSize', options.batchSize ?? ROWS_AT_A_TIME, {
    ...{ min: 1, integer: true },
  });
  const shared = { ...pick(options, SHARED), batchSize: 1 } as FitOptions<Name>;
  const resolved = await resolveOptions(shared);
  const { isFrozen = () => false, prepared, weighing, blocks } = await extend(model, data, shared, resolved);
  const { state, source, targets, trainRows, validationRows } = prepared;
  checkPlain(state, isFrozen, 'fitLbfgs');
  const groups = groupsOf(state, isFrozen);
  const description = describeStep({
    ...{ ...state, layer: withoutNoise(prepared.trainedLayer ?? state.layer, 'fitLbfgs'), groups, source, weighing },
    targets: targetSpec(targets, source.rows),
  });
  const batchSize = Math.min(rowsAtATime, trainRows.length);
  const objective = fullBatch(description, trainRows, batchSize);
  const evaluationOf = (rows: Int32Array) => evaluateRows(description, rows, Math.min(batchSize, rows.length));
  const own = evaluationOf(trainRows);
  const held = validationRows && evaluationOf(validationRows);
  // Both evaluations may have a program of the same rows: it is one.
  const programs = new Map([...objective.programs, ...own.programs, ...(held?.programs ?? [])].map((p) => [p.name, p]));
  const place = await openSession([...programs.values()], { ...resolved.place, capacity: 1 });
  const { session } = place;
  try {
    writeLeaves(session, groups, state.parameters);
    for (const [name, rows] of Object.entries({
      ...{ [BLOCKS.source]: source.data, [BLOCKS.target]: targets.data, ...blocks },
    }))
      session.write(name, rows);

    const history: EpochRecord<Name>[] = [];
    let best: Best | undefined;
    let began = performance.now();
    const { signal, onIteration } = options;
    const result = await lbfgs((point) => objective.at(session, point), await session.read(BLOCKS.parameters), {
      ...pick(options, OWN),
      ...(signal && { signal }),
      async onIteration({ iteration, point }) {
        session.write(BLOCKS.parameters, point);
        const measures = await own.run(session);
        const validation = (await held?.run(session)) as Measures<Name> | undefined;
        const loss = validation?.loss;
        if (loss !== undefined && (best === undefined || Number.isNaN(best.loss) || loss < best.loss))
          best = { loss, epoch: iteration, blocks: await readBlocks(session, groups) };
        const now = performance.now();
        const record = Object.freeze({
          ...{ epoch: iteration, ...measures, ...(validation && { validation: Object.freeze(validation) }) },
          seconds: (now - began) / 1000,
        }) as unknown as EpochRecord<Name>;
        began = now;
        history.push(record);
        await onIteration?.(record);
      },
    });
    session.write(BLOCKS.parameters, result.point);
    const parameters = leavesIn(best?.blocks ?? (await readBlocks(session, groups)), groups, state.parameters);
    const { dtype, shape } = targetSpec(targets, source.rows);
    const { iterations, evaluations } = result;
    return new Run<Name>(
      { ...state, parameters },
      {
        ...{ history, bestEpoch: best?.epoch ?? iterations, steps: iterations, bytes: session.bytes },
        ending: result.ending === 'aborted' ? 'aborted' : 'completed',
        device: deviceRecord(place),
        notes: [
          ...prepared.notes,
          `L-BFGS: ${iterations} iterations, ${evaluations} evaluations; ended since ${must(ENDINGS[result.ending], 'an ending')}`,
        ],
      },
      {
        ...{ optimizer: gradientOnly, batchSize, inputType: source.dtype },
        target: { dtype, shape: shape.slice(1) },
      },
    );
  } finally {
    session.dispose();
  }
}

function pick<T extends object, K extends keyof T>(from: T, names: readonly K[]): Pick<T, K> {
  const entries = names.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]] as const]));
  return Object.fromEntries(entries) as Pick<T, K>;
}
