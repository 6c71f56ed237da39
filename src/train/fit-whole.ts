/** @file What drivers that train on all rows at once share: the model and its data as an objective, history, the best weights. */
import { DEVICE_OPTIONS, type DeviceOptions, deviceRecord, openSession } from '../backends/select.ts';
import { checkKnownOptions, checkNumber, must, SaddlepointError, show } from '../core/errors.ts';
import { BLOCKS } from '../engine/step.ts';
import type { Layer } from '../nn/layer.ts';
import type { ValueAndGradient } from '../optim/drivers/lbfgs.ts';
import type { LinearOperator } from '../optim/drivers/operator.ts';
import { describeStep, targetSpec } from './describe.ts';
import { evaluateRows } from './evaluate.ts';
import { extend } from './extension.ts';
import { checkPlain, fullBatch, fullProducts, gradientOnly, withoutNoise } from './full-batch.ts';
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
/** Rows at a time: enough that a pass over the parameters for each part is little beside the products. */
const ROWS_AT_A_TIME = 1024;

/** Options of `fit` that hold for whole batches. */
export interface FitWholeOptions<Name extends string = string>
  extends DeviceOptions,
    Pick<FitOptions<Name>, Exclude<(typeof SHARED)[number], 'batchSize' | keyof DeviceOptions>> {
  /** Rows computed at a time, which bounds memory; it changes the result by rounding alone. Default: 1024, or all if fewer. */
  readonly batchSize?: number;
  /** Called after each iteration, from 1, and awaited. */
  readonly onIteration?: (record: EpochRecord<Name>) => void | Promise<void>;
}

/** The mean loss over the training rows, as a driver sees it. Vectors are the block of trained leaves, 0 between them. */
export interface WholeObjective {
  readonly start: ArrayLike<number>;
  readonly size: number;
  at(point: Float64Array): Promise<ValueAndGradient>;
  /** Only where `fitWhole` was told that there are products. */
  hessian(point: Float64Array): LinearOperator;
  readonly signal: AbortSignal | undefined;
  readonly onIteration: (progress: { readonly iteration: number; readonly point: Float64Array }) => Promise<void>;
}

/** What became of a drive. */
export interface WholeEnd {
  readonly point: Float64Array;
  readonly iterations: number;
  readonly isAborted: boolean;
  /** For `run.notes`. */
  readonly note: string;
}

/**
 * Prepares model and data, lets a driver minimize, and keeps the record of it.
 *
 * @param where what errors call it. @param own names of the driver's options.
 * @param hasProducts whether the driver asks for products with the Hessian, which is a plan more.
 */
export async function fitWhole<Name extends string>(
  where: string,
  model: Layer | TrainedModel,
  data: Data,
  options: FitWholeOptions<Name>,
  own: readonly string[],
  drive: (objective: WholeObjective) => Promise<WholeEnd>,
  hasProducts = false,
): Promise<Run<Name>> {
  if (options === null || typeof options !== 'object')
    throw new SaddlepointError('option', `${where}: expected options, got ${show(options)}`, '{ loss } is needed');
  checkKnownOptions(where, options, [...SHARED, ...own, 'onIteration']);
  const rowsAtATime = checkNumber(`${where}: batchSize`, options.batchSize ?? ROWS_AT_A_TIME, {
    ...{ min: 1, integer: true },
  });
  const shared = { ...pick(options, SHARED), batchSize: 1 } as FitOptions<Name>;
  const resolved = await resolveOptions(shared);
  const { isFrozen = () => false, prepared, weighing, blocks } = await extend(model, data, shared, resolved);
  const { state, source, targets, trainRows, validationRows } = prepared;
  checkPlain(state, isFrozen, where);
  const groups = groupsOf(state, isFrozen);
  const description = describeStep({
    ...{ ...state, layer: withoutNoise(prepared.trainedLayer ?? state.layer, where), groups, source, weighing },
    targets: targetSpec(targets, source.rows),
  });
  const batchSize = Math.min(rowsAtATime, trainRows.length);
  const objective = fullBatch(description, trainRows, batchSize);
  const products = hasProducts ? fullProducts(description, trainRows, batchSize) : undefined;
  const evaluationOf = (rows: Int32Array) => evaluateRows(description, rows, Math.min(batchSize, rows.length));
  const train = evaluationOf(trainRows);
  const held = validationRows && evaluationOf(validationRows);
  // Both evaluations may have a program of the same rows: it is one.
  const programs = new Map(
    [...objective.programs, ...(products?.programs ?? []), ...train.programs, ...(held?.programs ?? [])].map((p) => [
      p.name,
      p,
    ]),
  );
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
    const result = await drive({
      ...{ start: await session.read(BLOCKS.parameters), size: groups.parameters.size, signal },
      at: (point) => objective.at(session, point),
      hessian: (point) => ({
        size: groups.parameters.size,
        times: (vector) => must(products, 'products').times(session, point, vector),
      }),
      async onIteration({ iteration, point }) {
        session.write(BLOCKS.parameters, point);
        const measures = await train.run(session);
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
    const { iterations, isAborted, note } = result;
    return new Run<Name>(
      { ...state, parameters },
      {
        ...{ history, bestEpoch: best?.epoch ?? iterations, steps: iterations, bytes: session.bytes },
        ending: isAborted ? 'aborted' : 'completed',
        device: deviceRecord(place),
        notes: [...prepared.notes, note],
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

/** Those of the named options that are given. */
export function pick<T extends object, K extends keyof T>(from: T, names: readonly K[]): Pick<T, K> {
  const entries = names.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]] as const]));
  return Object.fromEntries(entries) as Pick<T, K>;
}
