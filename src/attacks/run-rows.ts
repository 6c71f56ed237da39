/** @file Runs a traced function of rows and their targets on a device, a chunk of rows at a time, all in one plan. */
import { vjp } from '../autodiff/grad.ts';
import { type Device, openSession } from '../backends/select.ts';
import { checkKnownOptions, checkNumber, must, SaddlepointError, show } from '../core/errors.ts';
import { streamOf } from '../core/philox.ts';
import { sizeOf } from '../core/shape.ts';
import { toSource } from '../data/source.ts';
import { listOf, openLeaves, scaled } from '../engine/step.ts';
import { stopError } from '../engine/stop-error.ts';
import { ProgramBuilder } from '../graph/program.ts';
import { type Tensor, tensor } from '../graph/tensor.ts';
import { applyModel } from '../nn/layer.ts';
import { sum } from '../ops/reduce.ts';
import { softmaxCrossEntropy } from '../ops/softmax.ts';
import { targetSpec } from '../train/describe.ts';
import { isTrainedModel, type TrainedModel } from '../train/model.ts';
import { readTargets, withRowShape } from '../train/read.ts';
import { groupsOf, type ModelState, writeLeaves } from '../train/state.ts';
import { nextTurn, SLICE_MS } from '../train/yield.ts';
import type { Attack } from './attack.ts';
import type { Clip } from './box.ts';
import { type Problem, unitsOf } from './problem.ts';

export interface AttackRunOptions {
  /** Fixes random starts; an integer in 0 … 2³² − 1, default 0. */
  readonly seed?: number;
  /** Where it runs; default 'auto'. */
  readonly device?: Device;
  /** Rows at a time; default 256. */
  readonly batchSize?: number;
}

export interface RowsToRun {
  /** Of the caller, for messages. */
  readonly what: string;
  readonly model: TrainedModel;
  readonly x: unknown;
  readonly y: unknown;
  /** Rows outside are refused. */
  readonly clip?: Clip;
}

const WORD = { min: 0, max: 2 ** 32 - 1, integer: true };

/** Adversarial rows, in the units of x. */
export async function attackRows(
  attack: Attack,
  model: TrainedModel,
  x: unknown,
  y: unknown,
  options: AttackRunOptions,
): Promise<Tensor> {
  const rows = { what: attack.name, model, x, y, clip: attack.clip };
  const { adversarial } = await runRows(rows, (problem) => ({ adversarial: attack.perturb(problem) }), options);
  const unit = unitOf(model.state);
  const { shape, data } = must(adversarial, 'adversarial rows');
  return unit === 1
    ? must(adversarial, 'rows')
    : tensor(
        Float32Array.from(data, (value) => value * unit),
        shape,
      );
}

/** How many units of x one unit of an attack is: 255 of a model that learnt from bytes. */
const unitOf = ({ inputScaling }: ModelState): number => (inputScaling.kind === 'bytes' ? 255 : 1);

/** @param trace results by name, [n, …] each, in the units of an attack. */
export async function runRows<Name extends string>(
  { what, model, x, y, clip = false }: RowsToRun,
  trace: (problem: Problem) => Readonly<Record<Name, Tensor>>,
  options: AttackRunOptions = {},
): Promise<Readonly<Record<Name, Tensor>>> {
  checkKnownOptions(what, options, ['seed', 'device', 'batchSize']);
  const seed = checkNumber(`${what}: seed`, options.seed ?? 0, WORD);
  const wanted = checkNumber(`${what}: batchSize`, options.batchSize ?? 256, { min: 1, max: 2 ** 20, integer: true });
  const state = stateOf(what, model);
  const width = sizeOf(state.inputShape);
  const flat = ArrayBuffer.isView(x) ? (x as unknown as ArrayLike<number>).length / width : undefined;
  const source = withRowShape(toSource(x, { name: 'x', rows: flat }), state.inputShape);
  const targets = await readTargets({ y }, source, state);
  const { rows } = source;
  const count = Math.min(wanted, rows);
  const unit = unitOf(state);
  const values = Float32Array.from(source.data, (value) => value / unit);
  if (clip) checkRange(what, values, width, clip);

  const groups = groupsOf(state);
  const builder = new ProgramBuilder();
  const { leaves } = openLeaves(builder, groups);
  const target = targetSpec(targets, rows);
  const problem = problemOf(state, leaves, {
    x: builder.block('input', { shape: [count, ...state.inputShape], dtype: 'f32' }),
    y: builder.block('target', { ...target, shape: [count, ...target.shape.slice(1)] }),
    key: builder.row('key', { shape: [3], dtype: 'i32' }),
  });
  checkSlope(what, problem);
  const results = Object.entries(trace(problem)) as [Name, Tensor][];
  for (const [name, value] of results) builder.emit(name, value);
  const program = builder.finish('attack', listOf(groups));
  const { session } = await openSession([program], options.device === undefined ? {} : { device: options.device });
  const found = results.map(([, { shape }]) => new Float32Array(rows * sizeOf(shape.slice(1))));
  try {
    writeLeaves(session, groups, state.parameters);
    let since = performance.now();
    for (let at = 0, chunk = 0; at < rows; at += count, chunk++) {
      // The last chunk begins earlier, so that it is whole: some rows are then computed twice.
      const from = Math.min(at, rows - count);
      const perRow = targets.data.length / rows;
      session.write('input', values.subarray(from * width, (from + count) * width));
      session.write('target', targets.data.subarray(from * perRow, (from + count) * perRow));
      session.writeRows('attack', 'key', Int32Array.of(seed, chunk, 0));
      const { stop } = await session.run('attack', 1);
      if (stop !== undefined) throw stopError(stop);
      for (const [i, [name]] of results.entries()) {
        const data = await session.readRows('attack', name, 1);
        must(found[i], 'a result').set(data, (from * data.length) / count);
      }
      if (performance.now() - since > SLICE_MS) {
        await nextTurn();
        since = performance.now();
      }
    }
  } finally {
    session.dispose();
  }
  const made = results.map(([name, { shape }], i) => [name, tensor(must(found[i], name), [rows, ...shape.slice(1)])]);
  return Object.fromEntries(made) as Readonly<Record<Name, Tensor>>;
}

/** A model of one input, as plain data. */
function stateOf(what: string, model: TrainedModel): ModelState {
  if (model === null || typeof model !== 'object' || !isTrainedModel(model))
    throw new SaddlepointError(
      'option',
      `${what}: expected a trained model, got ${show(model)}`,
      'what fit returned or loadModel read',
    );
  if (model.state.named === undefined) return model.state;
  throw new SaddlepointError(
    'option',
    `${what}: the model has several inputs or outputs`,
    'attack a model of one input and one output',
  );
}

function checkRange(what: string, values: Float32Array, width: number, [low, high]: readonly [number, number]): void {
  const at = values.findIndex((value) => value < low || value > high);
  if (at < 0) return;
  throw new SaddlepointError(
    'data',
    `${what}: x: row ${Math.floor(at / width)} holds ${values[at]}, outside of the clip range [${low}, ${high}]`,
    'give the range of your data as clip: [low, high], or clip: false where it has none',
  );
}

function problemOf(
  { layer, loss, inputScaling, targetScaling }: ModelState,
  leaves: ReadonlyMap<string, Tensor>,
  { x, y, key }: Readonly<Record<'x' | 'y' | 'key', Tensor>>,
): Problem {
  const { toModel } = unitsOf(inputScaling);
  const predict = (u: Tensor): Tensor => applyModel(layer, leaves, toModel(u), { mode: 'predict' });
  const labels = loss.target === 'class' && y.dtype === 'i32' && y.shape.length === 1 ? y : undefined;
  let draws = 0;
  return {
    ...{ x, labels, predict },
    losses: (u) =>
      labels === undefined
        ? loss.call(predict(u), targetScaling ? scaled(y, targetScaling) : y)
        : softmaxCrossEntropy(predict(u), labels),
    random: () => ({ key, stream: streamOf('attacks', draws++) }),
  };
}

/** Refuses a model that its input reaches only as numbers of rows, such as an embedding's. */
export function checkSlope(what: string, { x, losses }: Pick<Problem, 'x' | 'losses'>): void {
  const value = sum(losses(x));
  const { trace } = must(value.traced, 'a traced loss');
  const [found] = vjp(trace, [value], [tensor(1)], [x]);
  if (found !== undefined) return;
  throw new SaddlepointError(
    'option',
    `${what}: the model has no gradient to its input`,
    'its first layer picks rows by number, as an embedding does, or rounds: attack the layers behind it',
  );
}
