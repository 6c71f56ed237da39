/** @file `fitSaga`: a linear model by SAGA, whose table has a residual for each row and output in place of a gradient. */
import { DEVICE_OPTIONS, type DeviceOptions, deviceRecord, openSession } from '../backends/select.ts';
import { checkKnownOptions, checkNumber, SaddlepointError, show } from '../core/errors.ts';
import { streamOf } from '../core/philox.ts';
import { drawUniform } from '../data/draw.ts';
import { BLOCKS } from '../engine/step.ts';
import { stopError } from '../engine/stop-error.ts';
import type { Layer } from '../nn/layer.ts';
import { describeStep, targetSpec } from './describe.ts';
import { evaluateRows } from './evaluate.ts';
import { extend } from './extension.ts';
import { gradientOnly } from './full-batch.ts';
import type { EpochRecord, Measures } from './history.ts';
import type { TrainedModel } from './model.ts';
import { type Data, type FitOptions, resolveOptions } from './options.ts';
import { Run } from './run.ts';
import { sagaBytes, sagaProgram } from './saga-program.ts';
import { groupsOf, leavesIn, type ModelState, readBlocks, writeLeaves } from './state.ts';
import { nextTurn, SLICE_MS } from './yield.ts';

const SHARED = [
  ...(['loss', 'metrics', 'epochs', 'batchSize', 'validation', 'split', 'standardize', 'scaling', 'seed'] as const),
  'signal',
  ...DEVICE_OPTIONS,
] as const;

/** Options of `fit` that hold for SAGA, and its own. */
export interface FitSagaOptions<Name extends string = string>
  extends DeviceOptions,
    Pick<FitOptions<Name>, Exclude<(typeof SHARED)[number], 'batchSize' | keyof DeviceOptions>> {
  /** Constant; ≥ 0, default 0.1. Up to 1 / (3 L) is safe, L being the largest curvature of a row's loss. */
  readonly learningRate?: number;
  /** λ of the penalty ½ λ ‖w‖², bias included: ≥ 0, default 0. */
  readonly weightDecay?: number;
  /** Rows a step: a whole number ≥ 1, default 1. */
  readonly batchSize?: number;
  /** Bytes that the table may have, default 2²⁸ (256 MiB): 4 · rows · outputs are needed. */
  readonly tableLimit?: number;
  /** Called after each so many steps, at the end of a call into the device; default: once a pass. */
  readonly every?: number;
  readonly onStep?: (step: number, parameters: ReadonlyMap<string, { readonly data: Float32Array }>) => unknown;
}

/** Steps in one call. */
const CALL = 256;

/**
 * Trains a linear model (one dense layer without activation: linear, logistic and softmax regression) by SAGA: a step's gradient
 * is corrected by what each of its rows gave when it was last drawn, so that noise dies out and a constant learning rate
 * converges linearly. Rows are drawn with replacement. The gradient of a row of a linear model is its input times its residual;
 * so the table has one number for each row and output.
 *
 * @param model `dense(…)` or `sequential([dense(…)])`, or a run of one.
 * @param data as for `fit`, without weights.
 * @returns a run as of `fit`: a pass (as many draws as rows) is an epoch of the history, measured after it over all training rows.
 * @throws SaddlepointError `option` for models that are not linear, options out of range; `memory` for a table above
 *   `tableLimit`; what `fit` throws before training.
 * @see Defazio, Bach & Lacoste-Julien 2014, "SAGA: a fast incremental gradient method with support for non-strongly convex
 *   composite objectives", eq. 1 (the table begins with zeros).
 * @example const run = await fitSaga(dense(3), { x, y }, { loss: crossEntropy(), learningRate: 0.1, epochs: 20 });
 */
export async function fitSaga<Name extends string = never>(
  model: Layer | TrainedModel,
  data: Data,
  options: FitSagaOptions<Name>,
): Promise<Run<Name>> {
  if (options === null || typeof options !== 'object')
    throw new SaddlepointError('option', `fitSaga: expected options, got ${show(options)}`, '{ loss } is needed');
  const own = ['learningRate', 'weightDecay', 'tableLimit', 'every', 'onStep'];
  checkKnownOptions('fitSaga', options, [...SHARED, ...own]);
  const rate = checkNumber('fitSaga: learningRate', options.learningRate ?? 0.1, { min: 0 });
  const weightDecay = checkNumber('fitSaga: weightDecay', options.weightDecay ?? 0, { min: 0 });
  const limit = checkNumber('fitSaga: tableLimit', options.tableLimit ?? 2 ** 28, { min: 0 });
  const every = checkNumber('fitSaga: every', options.every ?? CALL, { min: 1, integer: true });
  const given = Object.fromEntries(
    SHARED.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])),
  );
  const shared = { batchSize: 1, ...given } as unknown as FitOptions<Name>;
  const resolved = await resolveOptions(shared);
  const { prepared } = await extend(model, data, shared, resolved);
  const { state, source, targets, trainRows, validationRows, batchSize } = prepared;
  const units = linearUnits(state);
  const groups = groupsOf(state);
  const group = groups.parameters;
  const bytes = sagaBytes(source.rows, units, group);
  if (bytes > limit)
    throw new SaddlepointError(
      'memory',
      `fitSaga: a table of ${source.rows} rows and ${units} outputs takes ${bytes} bytes, tableLimit is ${limit}`,
      'raise tableLimit, or use the trick svrg(), which has no table',
    );
  const { loss } = state;
  const description = describeStep({ ...state, groups, source, targets: targetSpec(targets, source.rows) });
  const program = sagaProgram({
    ...{ group, sources: description.sources, loss, rows: source.rows, trainRows: trainRows.length, units, batchSize },
    weightDecay,
  });
  const evaluationOf = (rows: Int32Array) => evaluateRows(description, rows, Math.min(1024, rows.length));
  const measured = evaluationOf(trainRows);
  const held = validationRows && evaluationOf(validationRows);
  const programs = new Map(
    [program, ...measured.programs, ...(held?.programs ?? [])].map((one) => [one.name, one] as const),
  );
  const place = await openSession([...programs.values()], { ...resolved.place, capacity: CALL });
  const { session } = place;
  try {
    writeLeaves(session, groups, state.parameters);
    session.write(BLOCKS.source, source.data);
    session.write(BLOCKS.target, targets.data);
    const parametersNow = async () => leavesIn(await readBlocks(session, groups), groups, state.parameters);
    const history: EpochRecord<Name>[] = [];
    const stepsPerEpoch = Math.ceil(trainRows.length / batchSize);
    let step = 0;
    let since = performance.now();
    let isAborted = false;
    while (history.length < resolved.epochs && !isAborted) {
      const began = performance.now();
      const drawn = drawUniform(
        ...([trainRows.length, stepsPerEpoch * batchSize, resolved.seed, streamOf('saga'), history.length] as const),
      ).map((at) => trainRows[at] as number);
      for (let at = 0; at < stepsPerEpoch && !isAborted; ) {
        const steps = Math.min(CALL, stepsPerEpoch - at, every - (step % every));
        session.writeRows(program.name, 'indices', drawn.subarray(at * batchSize, (at + steps) * batchSize));
        session.writeRows(program.name, 'scalars', new Float32Array(steps).fill(rate));
        const { stop } = await session.run(program.name, steps);
        if (stop !== undefined) throw diverged(stop, step);
        at += steps;
        step += steps;
        if (options.onStep && step % every === 0) await options.onStep(step, await parametersNow());
        isAborted = options.signal?.aborted === true;
        if (performance.now() - since > SLICE_MS) {
          await nextTurn();
          since = performance.now();
        }
      }
      const measures = await measured.run(session);
      const validation = (await held?.run(session)) as Measures<Name> | undefined;
      history.push(
        Object.freeze({
          ...{ epoch: history.length + 1, ...measures, ...(validation && { validation: Object.freeze(validation) }) },
          seconds: (performance.now() - began) / 1000,
        }) as unknown as EpochRecord<Name>,
      );
    }
    const { dtype, shape } = targetSpec(targets, source.rows);
    return new Run<Name>(
      { ...state, parameters: await parametersNow() },
      {
        ...{ history, bestEpoch: history.length, steps: step, bytes: session.bytes },
        ending: isAborted ? 'aborted' : 'completed',
        device: deviceRecord(place),
        notes: [...prepared.notes, `SAGA: a table of ${bytes} bytes`],
      },
      { ...{ optimizer: gradientOnly, batchSize, inputType: source.dtype }, target: { dtype, shape: shape.slice(1) } },
    );
  } finally {
    session.dispose();
  }
}

function diverged(stop: Parameters<typeof stopError>[0], step: number): SaddlepointError {
  if (stop.reason !== 'nonFinite') return stopError(stop);
  return new SaddlepointError(
    'divergence',
    `fitSaga: loss or gradient is not finite, in the call after step ${step}`,
    'take a smaller learningRate',
  );
}

/** @throws SaddlepointError `option` for models whose gradient of a row is not its input times a residual. */
function linearUnits({ layer, inputShape, outputShape, targetScaling, parameters }: ModelState): number {
  const parts =
    layer.type === 'sequential'
      ? (layer.options as { layers: readonly { type: string; options: object }[] }).layers
      : [layer];
  const [only] = parts;
  const { activation } = Object(only?.options) as { activation?: string };
  if (
    parts.length !== 1 ||
    only?.type !== 'dense' ||
    ![undefined, 'linear'].includes(activation) ||
    inputShape.length !== 1
  )
    throw new SaddlepointError(
      'option',
      `fitSaga: the model is not linear (${parts.map(({ type }) => type).join(', ')}${activation ? `, activation '${activation}'` : ''}), so that its table would hold whole gradients`,
      'take dense(units) alone, or fit with the trick svrg()',
    );
  if (targetScaling !== undefined || [...parameters.values()].some(({ kind }) => kind !== 'trainable'))
    throw new SaddlepointError(
      'option',
      'fitSaga: targets are standardized',
      'standardize: false, or scale y yourself',
    );
  return outputShape[0] as number;
}
