/** @file State dicts of PyTorch as parameters of our layers, and back: names, orders of axes, and the order of flattened images. */
import { checkKnownOptions, must, SaddlepointError } from '../core/errors.ts';
import { type Shape, sameShape, showShape } from '../core/shape.ts';
import type { ClassName } from '../data/labels.ts';
import { noScaling } from '../data/scaling.ts';
import type { HostTensor } from '../graph/node.ts';
import { readSafetensors, type StoredTensor, writeSafetensors } from '../io/safetensors.ts';
import { initialize, type Layer } from '../nn/layer.ts';
import type { Loss } from '../nn/losses/loss.ts';
import { meanSquaredError } from '../nn/losses/regression.ts';
import { traceModel } from '../nn/named.ts';
import { TrainedModel } from '../train/model.ts';
import { type Parameter, unitsOf } from '../train/state.ts';
import { flattenedRows, type Pairing, pairingsOf, pickedRows } from './torch-layouts.ts';

export interface TorchNames {
  /**
   * PyTorch's module for each layer of ours that has parameters, by path: `{ '0': 'conv1', 'encoder/1': 'fc' }`. A recurrent layer
   * may say which of a module's layers and directions it is: `'rnn:l1_reverse'`; default `:l0`. Default for a path: the same,
   * with dots.
   */
  readonly names?: Readonly<Record<string, string>>;
}

export interface FromTorchOptions extends TorchNames {
  /** The shape of one row as our layer takes it: images are [height, width, channels]. */
  readonly inputShape: Shape;
  /** Default `meanSquaredError()`. */
  readonly loss?: Loss;
  /** Names of the classes, for a loss of classes; default 0, 1, …. */
  readonly classes?: readonly ClassName[];
}

interface Row extends Pairing {
  /** Of our leaf and of their tensor. */
  readonly path: string;
  readonly name: string;
  readonly own: Shape;
  /** Of a dense kernel behind flattened images: see `flattenedRows`. */
  readonly rows: Int32Array | undefined;
}

/** What modules keep that no layer of ours needs. */
const IGNORED = /(^|\.)num_batches_tracked$/;

/**
 * One of our layers with the weights of a PyTorch module. Layouts are exchanged (linear and recurrent weights, filters), gates and
 * running statistics matched, and the rows of a dense layer behind flattened images reordered from channels first to last.
 *
 * @param model the layer; its paths and the module's names are matched by `names`.
 * @param stateDict the bytes of a safetensors file: `safetensors.torch.save({k: v.float() for k, v in module.state_dict().items()})`.
 * @throws SaddlepointError `file` that lists what is missing, unexpected, or of another shape.
 * @example
 * const layer = sequential([conv2d(8, 3), activation('relu'), flatten(), dense(10)]);
 * fromTorch(layer, bytes, { inputShape: [28, 28, 1], names: { 0: 'conv', 3: 'fc' }, loss: crossEntropy() });
 */
export function fromTorch(model: Layer, stateDict: Uint8Array, options: FromTorchOptions): TrainedModel {
  checkKnownOptions('fromTorch', options, ['names', 'inputShape', 'loss', 'classes']);
  const { inputShape, loss = meanSquaredError() as Loss, names = {} } = options;
  const { tensors } = readSafetensors(stateDict);
  const { parameters: leaves, output } = initialize(model, { shape: [1, ...inputShape], dtype: 'f32' }, 0);
  const rows = rowsOf(model, inputShape, names);
  const taken = new Set(rows.map(({ name }) => name));
  const problems = rows.flatMap(({ name, path, own, ...row }) => {
    const found = tensors.get(name);
    if (found === undefined) return [`missing ${name} (for ${path})`];
    const expected = row.shape(own);
    return sameShape(found.shape, expected)
      ? []
      : [`${name}: expected ${showShape(expected)} (for ${path}), the file has ${showShape(found.shape)}`];
  });
  const more = new Map<string, StoredTensor>();
  for (const [name, tensor] of tensors) {
    if (taken.has(name) || IGNORED.test(name)) continue;
    // Two biases that are only ever added: ours is their sum.
    const twin = name.replace('bias_hh_', 'bias_ih_');
    if (twin !== name && taken.has(twin)) more.set(twin, tensor);
    else problems.push(`unexpected ${name}`);
  }
  if (problems.length > 0)
    throw new SaddlepointError(
      'file',
      `fromTorch: ${problems.length} tensors do not fit: ${problems.slice(0, 20).join('; ')}${problems.length > 20 ? '; …' : ''}`,
      "match paths and modules by names: { '0': 'conv1' }",
    );
  const parameters = new Map<string, Parameter>();
  for (const { path, kind, shape } of leaves) {
    const row = must(
      rows.find((one) => one.path === path),
      `a pairing for ${path}`,
    );
    const added = more.get(row.name);
    const theirs = must(tensors.get(row.name), row.name);
    const data = added === undefined ? theirs.data : theirs.data.map((value, i) => value + (added.data[i] as number));
    const own = row.fromTorch({ ...theirs, data }, shape);
    const placed = row.rows === undefined ? own : pickedRows(own, row.rows);
    parameters.set(path, { kind, shape, data: Float32Array.from(placed.data) });
  }
  const outputShape = output.shape.slice(1);
  const units = unitsOf({ outputShape, loss });
  const classes = options.classes ?? (loss.target === 'class' ? Array.from({ length: units }, (_, i) => i) : undefined);
  return new TrainedModel({
    ...{ layer: model, parameters, inputShape, inputScaling: noScaling, targetScaling: undefined, outputShape },
    ...{ classes, loss, metrics: [] },
  });
}

/**
 * The parameters of a model as a state dict of PyTorch, in a safetensors file.
 *
 * @param options names: as for `fromTorch`.
 * @returns for `module.load_state_dict(safetensors.torch.load(bytes), strict=False)` (without `num_batches_tracked`, which only
 *   counts). What scales inputs and targets is not part of it.
 * @throws SaddlepointError `option` for layers that PyTorch has no counterpart of.
 */
export function toTorch(model: TrainedModel, options: TorchNames = {}): Uint8Array {
  checkKnownOptions('toTorch', options, ['names']);
  const { layer, inputShape, parameters } = model.state;
  const rows = rowsOf(layer, inputShape, options.names ?? {});
  const tensors = new Map<string, StoredTensor>();
  const put = (name: string, { shape, data }: HostTensor): void => {
    tensors.set(name, { shape, dtype: 'f32', data: Float32Array.from(data) });
  };
  for (const { path, name, own, rows: places, toTorch } of rows) {
    const { data } = must(parameters.get(path), path);
    const leaf: HostTensor = { shape: own, dtype: 'f32', data };
    put(name, toTorch(places === undefined ? leaf : pickedRows(leaf, inverse(places))));
    const twin = name.replace('bias_ih_', 'bias_hh_');
    if (twin !== name && !rows.some((row) => row.name === twin))
      put(twin, { ...leaf, data: new Float32Array(data.length) });
  }
  return writeSafetensors(tensors, { format: 'pt' });
}

function inverse(places: Int32Array): Int32Array {
  const result = new Int32Array(places.length);
  places.forEach((from, to) => {
    result[from] = to;
  });
  return result;
}

/** Every leaf of a model beside its tensor. */
function rowsOf(model: Layer, inputShape: Shape, names: Readonly<Record<string, string>>): Row[] {
  const { calls, leaves } = traceModel(model, { shape: [1, ...inputShape], dtype: 'f32' });
  const modules = new Map<string, Map<string, Shape>>();
  for (const { path, shape } of leaves) {
    const at = path.lastIndexOf('/');
    const parent = path.slice(0, Math.max(at, 0));
    modules.set(parent, (modules.get(parent) ?? new Map<string, Shape>()).set(path.slice(at + 1), shape));
  }
  for (const path of Object.keys(names)) {
    if (modules.has(path)) continue;
    const known = [...modules.keys()].join(', ');
    throw new SaddlepointError('option', `names: no layer with parameters has the path '${path}'`, `legal: ${known}`);
  }
  return [...modules].flatMap(([parent, own]) => {
    const type = calls.find(({ path }) => path === parent)?.type ?? '';
    const [module = '', suffix] = (names[parent] ?? parent.replaceAll('/', '.')).split(':');
    const pairings = pairingsOf(type, own, suffix);
    if (pairings === undefined)
      throw new SaddlepointError('option', `torch: the layer '${parent}' (${type}) has no counterpart that is known`);
    return pairings.map((pairing) => ({
      ...pairing,
      path: parent === '' ? pairing.leaf : `${parent}/${pairing.leaf}`,
      name: module === '' ? pairing.tensor : `${module}.${pairing.tensor}`,
      own: own.get(pairing.leaf) as Shape,
      rows: pairing.leaf === 'kernel' && type === 'dense' ? rowsBehind(calls, parent, inputShape) : undefined,
    }));
  });
}

type Calls = ReturnType<typeof traceModel>['calls'];

/** How the rows of a dense kernel move if what comes in are flattened images. */
function rowsBehind(calls: Calls, path: string, inputShape: Shape): Int32Array | undefined {
  const flattened = before(calls, path, ({ type }) => type === 'flatten');
  if (flattened === undefined) return undefined;
  const source = (before(calls, flattened.path, () => true)?.output as Shape | undefined)?.slice(1) ?? inputShape;
  return source.length === 3 ? flattenedRows(source as [number, number, number]) : undefined;
}

/** Layers that change no place. */
const PASSING: ReadonlySet<string> = new Set(['activation', 'dropout', 'identity']);

/** The layer whose output a layer gets, past those that change no place; undefined if it gets the model's input. */
function before(calls: Calls, path: string, isWanted: (call: Calls[number]) => boolean): Calls[number] | undefined {
  const parent = path.slice(0, Math.max(path.lastIndexOf('/'), 0));
  const at = calls.findIndex((call) => call.path === path);
  const siblings = calls
    .slice(0, at)
    .filter((call) => call.path !== parent && call.path.slice(0, Math.max(call.path.lastIndexOf('/'), 0)) === parent);
  for (const call of siblings.reverse()) {
    if (isWanted(call)) return call;
    if (!PASSING.has(call.type)) return undefined;
  }
  return parent === '' ? undefined : before(calls, parent, isWanted);
}
