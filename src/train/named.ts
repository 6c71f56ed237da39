/**
 * @file Models of several inputs or outputs in `fit`, `evaluate` and `predict`: their data are packed into rows, see
 * `nn/packed.ts`, and their answers are taken apart again.
 */
import { SaddlepointError, show, suggest } from '../core/errors.ts';
import { showShape, sizeOf } from '../core/shape.ts';
import type { ClassName } from '../data/labels.ts';
import { fitInputScaling, fitTargetScaling, type Scaling } from '../data/scaling.ts';
import { type Source, toSource } from '../data/source.ts';
import { splitRows } from '../data/split.ts';
import { encodeTargets, type Targets } from '../data/targets.ts';
import { tensor } from '../graph/tensor.ts';
import type { Layer } from '../nn/layer.ts';
import type { Loss } from '../nn/losses/loss.ts';
import { type NamedOutput, namedLoss, namedMetric } from '../nn/losses/named.ts';
import type { AnyMetric } from '../nn/metrics.ts';
import { initializeNamed } from '../nn/named.ts';
import { offsetsOf, type Part, packed } from '../nn/packed.ts';
import type { TrainedModel } from './model.ts';
import type { Data, FitOptions } from './options.ts';

/** Data by the names of inputs and outputs. */
export interface NamedData extends Omit<Data, 'x' | 'y'> {
  /** For each input its rows; or the rows of the only one. */
  readonly x: unknown;
  /** For each output its targets; or the targets of the only one. */
  readonly y: unknown;
}

type ByName<T> = T | Readonly<Record<string, T>>;

export interface NamedFitOptions extends Omit<FitOptions, 'loss' | 'metrics' | 'validation'> {
  /** Of each output. */
  readonly loss: ByName<Loss>;
  /** What the loss of each output counts in the sum; default 1. */
  readonly lossWeights?: Readonly<Record<string, number>>;
  /** Of each output; reported as `output.metric`, beside `output.loss`. */
  readonly metrics?: readonly AnyMetric[] | Readonly<Record<string, readonly AnyMetric[]>>;
  readonly validation?: number | NamedData;
}

/** What a model of several inputs or outputs knows of its rows. */
export interface NamedParts {
  readonly inputs: readonly (Part & { readonly kind: 'bytes' | 'vector' | 'other' })[];
  readonly outputs: readonly (NamedOutput & { readonly classes: readonly ClassName[] | undefined })[];
  /** Whether x, and y, come without names. */
  readonly single: { readonly x: boolean; readonly y: boolean };
}

/** The name of an input or output that has none. */
const ONLY = 'output';

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  value?.constructor === Object && !('call' in (value as object));

const byName = (value: unknown, only: string): Readonly<Record<string, unknown>> =>
  isRecord(value) ? value : { [only]: value };

/** Model, data and options as `fit` takes them for rows. */
export function packFit(
  model: Layer<never, unknown> | TrainedModel,
  data: NamedData,
  options: NamedFitOptions,
): { model: Layer | TrainedModel; data: Data; options: FitOptions } {
  if (options.scaling !== undefined)
    throw new SaddlepointError(
      'option',
      `fit: scaling: inputs by name are scaled each by its kind, got ${show(options.scaling)}`,
      'leave it out, or give standardize: false',
    );
  const { metrics, validation, lossWeights: _, loss: __, ...rest } = options;
  const known = 'state' in model ? model.state.named : undefined;
  const named = known ?? partsOf(model as Layer<never, unknown>, data, options);
  return {
    model: known === undefined ? packedModel(model as Layer<never, unknown>, named) : (model as TrainedModel),
    data: packData(data, named),
    options: {
      ...rest,
      loss: namedLoss(named.outputs),
      metrics: metricsOf(metrics, named.outputs),
      validation: typeof validation === 'object' ? packData(validation, named) : validation,
    } as FitOptions,
  };
}

const packedModel = (model: Layer<never, unknown>, { inputs, outputs, single }: NamedParts): Layer =>
  packed(model, {
    inputs: inputs.map(({ name, shape }) => ({ name, shape })),
    outputs: outputs.map(({ name, shape }) => ({ name, shape })),
    single: single.x,
  });

/** What a model's data show of its inputs and outputs. */
function partsOf(model: Layer<never, unknown>, data: NamedData, options: NamedFitOptions): NamedParts {
  const { lossWeights = {}, loss } = options;
  const sources = readInputs(data);
  const rows = Object.values(sources)[0]?.rows as number;
  const { validation, seed = 0, split = 'shuffle' } = options;
  // The same rows as those that `prepare` will hold out: nothing of them may be in the scaling.
  const training =
    typeof validation === 'number'
      ? splitRows(rows, validation, { seed, order: split }).train
      : Int32Array.from({ length: rows }, (_, row) => row);
  const single = { x: !isRecord(data.x), y: !isRecord(data.y) };
  const inputs = Object.entries(sources).map(([name, { rowShape, dtype }]) => ({
    name,
    shape: rowShape.length === 0 ? [1] : rowShape,
    kind:
      dtype === 'u8'
        ? ('bytes' as const)
        : dtype === 'f32' && rowShape.length < 2
          ? ('vector' as const)
          : ('other' as const),
  }));
  const specs = Object.fromEntries(
    inputs.map(({ name, shape }) => [name, { shape: [1, ...shape], dtype: 'f32' as const }]),
  );
  const only = single.x ? (Object.values(specs)[0] as (typeof specs)[string]) : specs;
  const made = initializeNamed(model, only as never, options.seed ?? 0).output;
  const shapes = Array.isArray(made.shape)
    ? { [ONLY]: made }
    : (made as Readonly<Record<string, { shape: readonly number[] }>>);
  const losses = byName(loss, Object.keys(shapes)[0] as string) as Readonly<Record<string, Loss>>;
  const targets = byName(data.y, Object.keys(shapes)[0] as string);
  checkNames('loss', losses, Object.keys(shapes));
  checkNames('y', targets, Object.keys(shapes));
  checkNames('lossWeights', lossWeights, Object.keys(shapes), true);
  const parts = Object.entries(shapes).map(([name, { shape }]): Part => ({ name, shape: shape.slice(1) }));
  const offsets = offsetsOf(parts);
  let targetOffset = 0;
  const outputs = parts.map(({ name, shape }, i) => {
    const own = losses[name] as Loss;
    const read = readTarget(name, targets[name], own, shape, rows);
    const scaling = fitTargetScaling(read, training, options).scaling;
    const isScaled = own.target === 'value' && scaling.kind !== 'none';
    const output = {
      ...{
        name,
        loss: own,
        shape,
        offset: offsets[i] as number,
        targetOffset,
        classes: own.comparesRows ? undefined : read.classes,
      },
      targetWidth: read.data.length / rows,
      weight: lossWeights[name] ?? 1,
      shift: isScaled ? [...scaling.shift] : undefined,
      scale: isScaled ? [...scaling.scale] : undefined,
    };
    targetOffset += output.targetWidth;
    return output;
  });
  return { inputs, outputs, single };
}

/** Data as rows. */
export function packData(data: NamedData, named: NamedParts): Data {
  const sources = readInputs(data);
  checkNames('x', sources, named.single.x ? Object.keys(sources) : named.inputs.map(({ name }) => name));
  const rows = Object.values(sources)[0]?.rows as number;
  const targets = byName(data.y, (named.outputs[0] as NamedOutput).name);
  const read = named.outputs.map(({ name, loss, shape, classes }) =>
    readTarget(name, targets[name], loss, shape, rows, classes),
  );
  const y = packRows(read, rows);
  return {
    ...data,
    x: packInputs(sources, named),
    // Of rank 3, so that its width need not be the model's.
    y: tensor(y, [rows, 1, y.length / rows]),
    named,
  };
}

/** The inputs of rows that are to be predicted. */
export const packInputs = (sources: Readonly<Record<string, Source>>, named: NamedParts) => {
  const list = named.single.x ? Object.values(sources) : named.inputs.map(({ name }) => sources[name] as Source);
  named.inputs.forEach(({ name, shape }, i) => {
    const { rowShape } = list[i] as Source;
    if (sizeOf(rowShape) === sizeOf(shape)) return;
    throw new SaddlepointError(
      'data',
      `x.${name}: rows of shape ${showShape(rowShape)}, the model takes ${showShape(shape)}`,
    );
  });
  const rows = (list[0] as Source).rows;
  const data = packRows(list, rows);
  return tensor(data, [rows, data.length / rows]);
};

/** The rows of each input; all of one count. */
export function readInputs({ x }: Pick<NamedData, 'x'>, count?: number): Record<string, Source> {
  const given = Object.entries(byName(x, 'x'));
  // A flat typed array is cut into as many rows as the other inputs have.
  const rows = count ?? given.map(([, values]) => countOf(values)).find((found) => found !== undefined);
  return Object.fromEntries(given.map(([name, values]) => [name, toSource(values, { name: `x.${name}`, rows })]));
}

function countOf(values: unknown): number | undefined {
  if (Array.isArray(values)) return values.length;
  const { shape } = Object(values) as { shape?: readonly number[] };
  return Array.isArray(shape) ? shape[0] : undefined;
}

function packRows(parts: readonly { readonly data: ArrayLike<number> }[], rows: number): Float32Array {
  const widths = parts.map(({ data }) => data.length / rows);
  const width = widths.reduce((total, one) => total + one, 0);
  const packedRows = new Float32Array(rows * width);
  let offset = 0;
  parts.forEach(({ data }, i) => {
    const own = widths[i] as number;
    for (let row = 0; row < rows; row++)
      for (let j = 0; j < own; j++) packedRows[row * width + offset + j] = data[row * own + j] as number;
    offset += own;
  });
  return packedRows;
}

function readTarget(
  name: string,
  y: unknown,
  loss: Loss,
  shape: readonly number[],
  rows: number,
  classes?: readonly ClassName[],
): Targets {
  // Losses that compare rows take any number of groups: no unit stands for one.
  const units = loss.comparesRows ? undefined : loss.target === 'class' ? shape.at(-1) : sizeOf(shape);
  try {
    return encodeTargets(y, loss.target, { name: 'y', rows, units, classes });
  } catch (cause) {
    if (!(cause instanceof SaddlepointError)) throw cause;
    const [message = ''] = cause.message.split('\n  help: ');
    throw new SaddlepointError(cause.code, message.replace(/^y\b/, `y.${name}`), cause.help, { cause });
  }
}

function metricsOf(given: NamedFitOptions['metrics'], outputs: readonly NamedOutput[]): AnyMetric[] {
  const own = Array.isArray(given) ? { [(outputs[0] as NamedOutput).name]: given } : (given ?? {});
  checkNames(
    'metrics',
    own,
    outputs.map(({ name }) => name),
    true,
  );
  return outputs.flatMap((output) => [
    ...(outputs.length === 1 ? [] : [namedMetric(output, output.loss)]),
    ...((own as Readonly<Record<string, readonly AnyMetric[]>>)[output.name] ?? []).map((metric) =>
      namedMetric(output, metric),
    ),
  ]);
}

/** Every name is one of the known ones, and unless some may lack, all are there. */
function checkNames(where: string, given: object, known: readonly string[], someLack = false): void {
  for (const name of Object.keys(given))
    if (!known.includes(name))
      throw new SaddlepointError('option', `fit: ${where}: there is no '${name}'`, suggest(name, known));
  const missing = known.find((name) => !(name in given));
  if (missing !== undefined && !someLack)
    throw new SaddlepointError(
      'option',
      `fit: ${where}: nothing for '${missing}', got ${show(given)}`,
      `give one for each of ${known.join(', ')}`,
    );
}

/** The scaling of packed rows: bytes are divided by 255, columns standardized, all else as it is. */
export function namedScaling(
  source: Source,
  rows: Int32Array,
  options: { standardize?: boolean },
  { inputs }: NamedParts,
): Scaling {
  const { scaling } = fitInputScaling(source, rows, options);
  const width = sizeOf(source.rowShape);
  const of = (values: Float32Array, at: number): number => values[values.length === 1 ? 0 : at] as number;
  const shift = Float32Array.from({ length: width }, (_, i) => of(scaling.shift, i));
  const scale = Float32Array.from({ length: width }, (_, i) => of(scaling.scale, i));
  const offsets = offsetsOf(inputs);
  inputs.forEach(({ kind, shape }, i) => {
    if (kind === 'vector') return;
    const [from, to] = [offsets[i] as number, (offsets[i] as number) + sizeOf(shape)];
    shift.fill(0, from, to);
    scale.fill(kind === 'bytes' ? 1 / 255 : 1, from, to);
  });
  return { kind: 'standardize', shift, scale };
}
