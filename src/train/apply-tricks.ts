/** @file The option `tricks` of `fit`: checks the list, and brings each kind to where it acts. Loaded when a run has some. */
import { SaddlepointError, show } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { tensor } from '../graph/tensor.ts';
import { scalarsOf, type Transform } from '../optim/transform.ts';
import type { Callback } from './callback.ts';
import { targetSpec } from './describe.ts';
import { TrainedModel } from './model.ts';
import type { ResolvedOptions } from './options.ts';
import type { Prepared } from './prepare.ts';
import type { Hooks } from './training.ts';
import { KINDS, type SampledRows, type Trick } from './trick.ts';
import { ofKind, type Placed, TrickStep } from './trick-step.ts';

/** Rows that tricks of models look at. */
const SAMPLE = 256;

const HOOKS = ['onBegin', 'onStep', 'onEpoch', 'onEnd'] as const;

/** The tricks of a run, in the order in which they are applied. */
export interface Tricks {
  readonly placed: readonly Placed[];
  /** Those of the list. */
  readonly callbacks: readonly Callback[];
  /** What must be the same when a run goes on. */
  readonly settings: readonly JsonObject[];
}

/** @throws SaddlepointError `option` for what is neither trick nor callback, and for two that claim the same. */
export function readTricks(list: readonly (Trick | Callback)[]): Tricks {
  if (!Array.isArray(list))
    throw new SaddlepointError('option', `fit: tricks: expected a list, got ${show(list)}`, 'tricks: [mixup(0.2)]');
  const callbacks: Callback[] = [];
  const tricks: Trick[] = [];
  list.forEach((given: Trick | Callback, i) => {
    if (isTrick(given)) tricks.push(given);
    else callbacks.push(asCallback(given, i));
  });
  const active = tricks.filter(({ isNeutral }) => !isNeutral);
  const inOrder = KINDS.flatMap((kind) => active.filter((trick) => trick.kind === kind));
  refuseClashes(inOrder);
  const seen = new Map<string, number>();
  let at = 0;
  const placed = inOrder.map((trick) => {
    const count = (seen.get(trick.name) ?? 0) + 1;
    seen.set(trick.name, count);
    const scalarsAt = at;
    at += trick.scalarCount ?? 0;
    return { trick, id: count === 1 ? trick.name : `${trick.name} ${count}`, scalarsAt };
  });
  return { placed, callbacks, settings: inOrder.map(({ name, options }) => ({ name, options })) };
}

function isTrick(given: Trick | Callback): given is Trick {
  const { kind, name } = Object(given) as Partial<Trick>;
  return typeof name === 'string' && KINDS.includes(kind as Trick['kind']);
}

function asCallback(given: unknown, i: number): Callback {
  if (given !== null && typeof given === 'object' && HOOKS.some((hook) => hook in given)) return given as Callback;
  const isFunction = typeof given === 'function';
  throw new SaddlepointError(
    'option',
    `fit: tricks[${i}]: expected a trick or a callback object, got ${isFunction ? `the function ${given.name}` : show(given)}`,
    isFunction ? `call it: ${given.name || 'trick'}(…); functions of epochs go into callbacks` : 'such as mixup(0.2)',
  );
}

function refuseClashes(tricks: readonly Trick[]): void {
  const holders = new Map<string, Trick>();
  for (const trick of tricks)
    for (const claim of [...(trick.claims ?? []), ...(trick.kind === 'sampler' ? ['order of the rows'] : [])]) {
      const other = holders.get(claim);
      if (other !== undefined)
        throw new SaddlepointError(
          'option',
          `fit: tricks: ${other.name} and ${trick.name} clash: both set the ${claim}`,
          'leave one of them out',
        );
      holders.set(claim, trick);
    }
  const [first, ...others] = tricks.filter((trick) => trick.kind === 'gradient');
  const misplaced = others.find(({ isInnermost }) => isInnermost);
  if (misplaced !== undefined)
    throw new SaddlepointError(
      'option',
      `fit: tricks: ${misplaced.name} computes the gradient itself, and would undo ${first?.name}`,
      `put it first: tricks: [${misplaced.name}(…), ${first?.name}(…)]`,
    );
}

/** The optimizer with the transforms of the list around it: the first is the innermost. */
export const wrapOptimizer = ({ placed }: Tricks, optimizer: Transform): Transform =>
  ofKind(placed, 'transform').reduce((inner, { trick }) => trick.wrap(inner), optimizer);

/** How many gradients of its minibatch a step takes; undefined: one. */
export function gradientsOf({ placed }: Tricks, stepsPerEpoch: number): ((step: number) => number) | undefined {
  const counts = placed.flatMap(({ trick }) => trick.gradientsPerStep ?? []);
  if (counts.length === 0) return undefined;
  return (step) => counts.reduce((product, count) => product * count(step, stepsPerEpoch), 1);
}

/** Runs the tricks of models, on the first rows that are trained on. */
export async function prepareModel({ placed }: Tricks, prepared: Prepared, seed: number): Promise<Prepared> {
  const tricks = ofKind(placed, 'model');
  if (tricks.length === 0) return prepared;
  const { source, targets, trainRows } = prepared;
  const rows = trainRows.subarray(0, SAMPLE);
  const { shape } = targetSpec(targets, source.rows);
  const sample = {
    x: tensor(pickRows(source.data, rows, source.rows), [rows.length, ...source.rowShape]),
    y: tensor(pickRows(targets.data, rows, source.rows), [rows.length, ...shape.slice(1)]),
  };
  let model = new TrainedModel(prepared.state);
  for (const { trick } of tricks) model = await trick.prepare(model, sample, seed);
  return { ...prepared, state: model.state };
}

function pickRows(data: ArrayLike<number>, rows: Int32Array, count: number): Float32Array {
  const width = data.length / count;
  return Float32Array.from(
    { length: rows.length * width },
    (_, i) => data[(rows[Math.floor(i / width)] as number) * width + (i % width)] as number,
  );
}

/** What the training is told of the tricks that are traced. */
export function trickHooks(
  { placed }: Tricks,
  prepared: Prepared,
  { optimizer, seed, shuffle }: Pick<ResolvedOptions<string>, 'optimizer' | 'seed' | 'shuffle'>,
  { epochRows, largest }: { readonly epochRows: number | undefined; readonly largest: number },
): Hooks {
  const traced = placed.filter(({ trick }) => !['sampler', 'model', 'transform'].includes(trick.kind));
  const isScheduled = largest !== prepared.batchSize;
  const order = orderOf(placed, prepared, { seed, shuffle, isScheduled });
  const counting = placed.find(({ trick }) => trick.countsEpochs);
  if (isScheduled && counting !== undefined)
    throw new SaddlepointError(
      'option',
      `fit: tricks: ${counting.id} counts epochs by their steps, which a schedule of batch sizes changes`,
      'give batchSize a number, or leave the trick out',
    );
  if (prepared.state.named !== undefined && ofKind(placed, 'augmentation').length > 0)
    throw new SaddlepointError(
      'option',
      `fit: tricks: ${ofKind(placed, 'augmentation')[0]?.id} changes rows, but the model takes several inputs by name`,
      'put an augmenting layer behind the input it is meant for',
    );
  const stepsPerEpoch = Math.ceil((epochRows ?? prepared.trainRows.length) / prepared.batchSize);
  const scaled = withScalars(optimizer, placed, stepsPerEpoch);
  if (traced.length === 0) return { ...order, ...(scaled !== optimizer && { optimizer: scaled }) };
  const { describe, method, readings } = new TrickStep(traced, largest, optimizer.scalarCount);
  return { ...order, describe, method, readings, ...(scaled !== optimizer && { optimizer: scaled }) };
}

/** The order of the sampler, if there is one. */
function orderOf(
  placed: readonly Placed[],
  { source, targets, trainRows: rows, batchSize }: Prepared,
  options: Pick<SampledRows, 'seed' | 'shuffle' | 'isScheduled'>,
): Pick<Hooks, 'order'> {
  const [first] = ofKind(placed, 'sampler');
  if (first === undefined) return {};
  const labels =
    targets.classes !== undefined && targets.data instanceof Int32Array && targets.data.length === source.rows
      ? targets.data
      : undefined;
  return { order: first.trick.open({ rows, labels, count: source.rows, batchSize, ...options }) };
}

/** The optimizer with the tricks' scalars behind its own. */
function withScalars(optimizer: Transform, placed: readonly Placed[], stepsPerEpoch: number): Transform {
  const count = placed.reduce((total, { trick }) => total + (trick.scalarCount ?? 0), 0);
  if (count === 0) return optimizer;
  const own = optimizer.scalarCount;
  return {
    ...optimizer,
    scalarCount: own + count,
    scalars: (step, rateScale) => [
      ...optimizer.scalars(step, rateScale),
      ...placed.flatMap(({ trick }) => trick.scalars?.(step, stepsPerEpoch) ?? []),
    ],
    update: (input) => optimizer.update({ ...input, scalars: scalarsOf(input.scalars, 0, own) }),
    ...(optimizer.updateRows && {
      updateRows: (input) =>
        optimizer.updateRows?.({ ...input, scalars: scalarsOf(input.scalars, 0, own) }) as ReturnType<
          NonNullable<Transform['updateRows']>
        >,
    }),
  };
}
