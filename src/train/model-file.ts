/** @file A model as the bytes of a safetensors archive: leaves as tensors, everything else as JSON in the metadata. */
import { SaddlepointError } from '../core/errors.ts';
import { inOrder } from '../core/in-order.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { type Shape, sizeOf } from '../core/shape.ts';
import type { ClassName } from '../data/labels.ts';
import { scalingFromJson, scalingToJson } from '../data/scaling.ts';
import { readSafetensors, writeSafetensors } from '../io/safetensors.ts';
import { type Context, initialize, type Layer } from '../nn/layer.ts';
import { lossFromJson, metricFromName } from '../nn/losses/table.ts';
import { type LayerFactory, layerFromJson, layerToJson } from '../nn/serialize.ts';
import { type MatchOptions, matchLeaves } from './match-leaves.ts';
import { namedFrom, namedToJson } from './named-file.ts';
import type { Columns } from './records.ts';
import { type ModelState, type Parameter, unitsOf } from './state.ts';

/** Raised when older readers could no longer read what is written. */
export const FORMAT = 1;
const KEY = 'saddlepoint';

/** All of a model but its tensors. */
export function modelToJson(state: ModelState): object {
  const { layer, inputShape, inputScaling, targetScaling, classes, loss, metrics } = state;
  return {
    layer: layerToJson(layer),
    inputShape,
    inputScaling: scalingToJson(inputScaling),
    targetScaling: targetScaling === undefined ? null : scalingToJson(targetScaling),
    units: unitsOf(state),
    classes: classes ?? null,
    loss: { name: loss.name, options: loss.options },
    metrics: metrics.map(({ name }) => name),
    ...(state.hasNewHead && { hasNewHead: true }),
    ...(state.named && { named: namedToJson(state.named) }),
    ...(state.columns && { columns: { ...state.columns, encoder: state.columns.encoder.toJSON() } }),
  };
}

/** The leaves by path, as an archive holds them. */
export const tensorsOf = ({ parameters }: ModelState) =>
  new Map([...parameters].map(([path, { shape, data }]) => [path, { shape, data, dtype: 'f32' as const }]));

/** The metadata of an archive of one model or several. */
export const writeDescription = (json: object): Record<string, string> => ({
  format: 'saddlepoint',
  [KEY]: JSON.stringify(json),
});

export function modelToBytes(state: ModelState): Uint8Array {
  return writeSafetensors(tensorsOf(state), writeDescription({ format: FORMAT, ...modelToJson(state) }));
}

/** How a model is read: what a custom layer's type is built by, and what of a file that does not fit is refused. */
export interface LoadOptions extends MatchOptions {
  /** For layers of your own: their type → a factory from their options. */
  readonly layers?: Readonly<Record<string, LayerFactory>>;
}

/** @throws SaddlepointError `file` for anything that is not a whole model of a known format. */
export async function modelFromBytes(bytes: Uint8Array, options: LoadOptions = {}): Promise<ModelState> {
  const { tensors, metadata } = readSafetensors(bytes);
  const json = readDescription(metadata);
  if (json.models !== undefined) {
    const names = Object.keys(Object(json.models)).join(', ');
    throw new SaddlepointError('file', `the file holds several models (${names})`, 'read it with loadModels');
  }
  return modelFromJson(json, tensors, options);
}

/** What the metadata of an archive say of its model or models. */
export function readDescription(metadata: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
  const text = metadata[KEY];
  if (text === undefined) {
    throw new SaddlepointError(
      'file',
      'this safetensors file holds no saddlepoint model',
      'only files written by save() carry a model; this one has tensors alone',
    );
  }
  const json = parse(text);
  if (json.format === FORMAT) return json;
  throw new SaddlepointError(
    'file',
    `the model has format ${String(json.format)}, this version reads ${FORMAT}`,
    'read it with a newer version of saddlepoint',
  );
}

/** What the description names (layers, the loss, metrics, encoders) is loaded by it. */
export async function modelFromJson(
  given: unknown,
  tensors: ReturnType<typeof readSafetensors>['tensors'],
  options: LoadOptions = {},
): Promise<ModelState> {
  const json = Object(given) as Readonly<Record<string, unknown>>;
  const inputShape = shapeFrom(json.inputShape);
  const { layer, parameters: expected, output } = await layerFrom(json.layer as Json, inputShape, options);
  const { parameters: found, differences } = matchLeaves(expected, tensors, options);
  const parameters = differences.length === 0 ? found : completed(layer, inputShape, found);
  const loss = await lossFromJson(json.loss as JsonObject);
  const metrics = await inOrder(listOf(json.metrics).map((name) => metricFromName(String(name))));
  const outputShape = output.shape.slice(1);
  return {
    layer,
    parameters,
    inputShape,
    inputScaling: scalingFromJson(json.inputScaling, sizeOf(inputShape)),
    targetScaling: json.targetScaling === null ? undefined : scalingFromJson(json.targetScaling, sizeOf(outputShape)),
    outputShape,
    classes: classesFrom(json.classes, unitsOf({ outputShape, loss }), loss.target),
    loss,
    ...(await columnsFrom(json.columns, sizeOf(inputShape))),
    ...namedFrom(json.named, loss),
    metrics: metrics.filter((metric) => metric !== undefined),
    ...(json.hasNewHead === true && { hasNewHead: true }),
    ...(differences.length > 0 && { notes: differences }),
  };
}

/** All leaves of a layer: those found, and for the rest those that a new model would have. */
function completed(
  layer: Layer,
  inputShape: Shape,
  found: ReadonlyMap<string, Parameter>,
): ReadonlyMap<string, Parameter> {
  const { parameters } = initialize(layer, { shape: [1, ...inputShape], dtype: 'f32' }, 0);
  return new Map(parameters.map(({ path, ...leaf }) => [path, found.get(path) ?? leaf]));
}

/** The layer that a file describes, with the shapes of its parameters: nothing is allocated by what it claims. */
async function layerFrom(json: Json, inputShape: readonly number[], { layers }: LoadOptions) {
  try {
    const layer = await layerFromJson(json, layers);
    return { layer, ...initialize(shapesOnly(layer), { shape: [1, ...inputShape], dtype: 'f32' }, 0) };
  } catch (cause) {
    // A type that is unknown, options that are not legal, a factory of the user's that fails, nesting until the stack ends.
    if (cause instanceof SaddlepointError) {
      throw new SaddlepointError('file', cause.message.split('\n  help: ')[0] as string, cause.help, { cause });
    }
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SaddlepointError('file', `the model cannot be built from its description: ${reason}`, undefined, {
      cause,
    });
  }
}

const nothing = new Float32Array(0);

/** The layer with parameters that have shapes but no values. */
function shapesOnly<In, Out>(layer: Layer<In, Out>): Layer<In, Out> {
  return {
    ...layer,
    call(x, context) {
      const without =
        (create: Context['parameter']): Context['parameter'] =>
        (name, shape, initializer) =>
          create(name, shape, { ...initializer, draw: () => nothing });
      return layer.call(x, {
        ...context,
        parameter: without(context.parameter),
        table: without(context.table),
        state: without(context.state),
        child: (part, index, input) => context.child(shapesOnly(part), index, input),
      });
    },
  };
}

/** What a model of records knows of its columns. */
async function columnsFrom(value: unknown, width: number): Promise<{ columns?: Columns }> {
  if (value === undefined) return {};
  const { encoderFromJson } = await import('../data/encode/fit-encoder.ts');
  const { encoder: json, target } = Object(value) as { encoder?: unknown; target?: unknown };
  const encoder = encoderFromJson(json);
  if (encoder.width === width) return { columns: { encoder, ...(typeof target === 'string' && { target }) } };
  throw new SaddlepointError('file', `columns: ${encoder.width} numbers a row, the model takes ${width}`);
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function parse(text: string): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  } catch {
    // Reported below, as any other text that is no object.
  }
  throw new SaddlepointError(
    'file',
    "the model's description is no JSON object",
    'the file was damaged or written by another program',
  );
}

function shapeFrom(value: unknown): number[] {
  const legal =
    Array.isArray(value) &&
    value.length <= 8 &&
    value.every((dimension) => Number.isInteger(dimension) && dimension >= 1);
  if (!legal || sizeOf(value) > 2 ** 28)
    throw new SaddlepointError('file', `inputShape: ${JSON.stringify(value)} is no shape`);
  return value;
}

function classesFrom(value: unknown, units: number, target: string): readonly ClassName[] | undefined {
  if (value === null || value === undefined) return undefined;
  const count = target === 'binary' && units === 1 ? 2 : units;
  const legal =
    Array.isArray(value) &&
    value.length === count &&
    value.every((name) => typeof name === 'string' || typeof name === 'number');
  if (!legal) throw new SaddlepointError('file', `classes: expected ${count} names`);
  return value;
}
