/** @file An ONNX file as a trained model. */
import { checkKnownOptions, SaddlepointError, show } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import { type Shape, showShape } from '../../core/shape.ts';
import type { ClassName } from '../../data/labels.ts';
import { noScaling } from '../../data/scaling.ts';
import { type ReadSource, readBytes } from '../../io/place.ts';
import { initialize } from '../../nn/layer.ts';
import type { Loss } from '../../nn/losses/loss.ts';
import { meanSquaredError } from '../../nn/losses/regression.ts';
import { TrainedModel } from '../../train/model.ts';
import { type Parameter, unitsOf } from '../../train/state.ts';
import { CLASSES_KEY } from '../export/export.ts';
import { PARAMETERS_KEY } from '../export/graph.ts';
import { permuted } from '../permuted.ts';
import { decodeModel } from '../protobuf.ts';
import type { Message } from '../schema.ts';
import { constantToJson, dtypeOfElement, elementName } from '../tensors.ts';
import { type GraphJson, type LeafJson, onnxGraph } from './layer.ts';
import { checkSupport, graphJson, type Weight, weightsOf } from './read.ts';
import { OPSETS } from './table.ts';

export interface OnnxImportOptions {
  /** The shape of one row, without the batch; needed where the file leaves sizes open. */
  readonly inputShape?: Shape;
  /**
   * What it will be trained with, and how its answers are read; default `meanSquaredError()`: answers are the graph's numbers.
   * With `crossEntropy()` or `binaryCrossEntropy()` a softmax or sigmoid at the end of the graph is taken off, since these
   * losses want logits, and answers are probabilities all the same.
   */
  readonly loss?: Loss;
  /** Names of the classes; default: those in a file of ours, else 0, 1, …. Only with a loss of classes. */
  readonly classes?: readonly ClassName[];
  /** Which initializers are trained, by name; default: all floats of rank 1 or more that are no settings of operators. */
  readonly trainable?: (name: string) => boolean;
}

/** The order that makes our filters of [out, in, height, width]. */
const TO_FILTER = [2, 3, 1, 0];

/**
 * The model in an ONNX file (operator sets 9 to 21): one float or integer input, and the first of its outputs. It predicts,
 * can be trained on by `fit`, and saved; `loadModel` reads it with `{ layers: onnxLayers }`.
 *
 * Axes are as the file has them: most tools write images [batch, channels, height, width]. Parameters are called by the file's
 * names; filters are kept [height, width, in, out]. The mean and variance of batch normalization are states.
 *
 * @param source a path (Node), URL, key of IndexedDB, file, blob, answer of a server, stream, or the bytes.
 * @throws SaddlepointError `file` that lists all nodes which are not supported, for data outside of the file, and for anything
 *   that is no whole ONNX model; `option` if the shape of a row is open and not given.
 * @example const base = await importOnnx('resnet.onnx', { loss: crossEntropy() });
 */
export async function importOnnx(source: ReadSource, options: OnnxImportOptions = {}): Promise<TrainedModel> {
  return importBytes(await readBytes(source), options);
}

function importBytes(bytes: Uint8Array, options: OnnxImportOptions): TrainedModel {
  checkKnownOptions('importOnnx', options, ['inputShape', 'loss', 'classes', 'trainable']);
  const { loss = meanSquaredError() as Loss } = options;
  const model = decodeModel(bytes);
  const graph = model.graph as Message<'Graph'>;
  const opset = opsetOf(model);
  checkSupport(graph, opset);
  const metadata = new Map(model.metadata.map(({ key = '', value = '' }) => [key, value]));
  const listed = listFrom(metadata.get(PARAMETERS_KEY));
  const { trainable = (name) => listed?.includes(name) ?? true } = options;
  const weights = weightsOf(graph, trainable);
  const input = inputOf(graph, weights, options.inputShape);
  const constants: Record<string, Json> = Object.create(null);
  for (const [name, { kind, constant }] of weights) if (kind === 'constant') constants[name] = constantToJson(constant);
  const json = withoutLast(graphJson(graph, constants), loss);
  const layer = onnxGraph({ opset, graph: json, leaves: leavesOf(weights), takesIntegers: input.takesIntegers });
  const { parameters: leaves, output } = initialize(layer, { shape: [1, ...input.shape], dtype: 'f32' }, 0);
  const parameters = new Map(
    leaves.map(({ path, kind, shape }): [string, Parameter] => {
      const { constant, isFilter } = weights.get(path) as Weight;
      const { data } = isFilter ? permuted(constant, TO_FILTER) : constant;
      return [path, { kind, shape, data: Float32Array.from(data) }];
    }),
  );
  const outputShape = output.shape.slice(1);
  return new TrainedModel({
    ...{
      layer,
      parameters,
      inputShape: input.shape,
      inputScaling: noScaling,
      targetScaling: undefined,
      outputShape,
      loss,
    },
    classes: classesOf(options.classes ?? listFrom(metadata.get(CLASSES_KEY)), loss, unitsOf({ outputShape, loss })),
    metrics: [],
  });
}

function opsetOf({ opsets, functions }: Message<'Model'>): number {
  const version = opsets.find(({ domain = '' }) => domain === '' || domain === 'ai.onnx')?.version;
  if (functions.length > 0)
    throw new SaddlepointError(
      'file',
      `importOnnx: the model defines functions of its own: ${functions.map(({ name }) => name).join(', ')}`,
      'inline them before: onnx.inliner.inline_local_functions',
    );
  if (version !== undefined && version >= OPSETS.first && version <= OPSETS.last) return version;
  throw new SaddlepointError(
    'file',
    `importOnnx: the model is of operator set ${version ?? 'unknown'}, ${OPSETS.first} … ${OPSETS.last} can be read`,
    'convert it before: onnx.version_converter.convert_version(model, 17)',
  );
}

function inputOf(graph: Message<'Graph'>, weights: ReadonlyMap<string, Weight>, given: Shape | undefined) {
  const inputs = graph.inputs.filter(({ name = '' }) => !weights.has(name));
  const [input] = inputs;
  if (input === undefined || inputs.length > 1) {
    const names = inputs.map(({ name }) => `'${name}'`).join(', ');
    throw new SaddlepointError('file', `importOnnx: the graph has ${inputs.length} inputs (${names}), one is expected`);
  }
  const { elementType, shape } = input.type?.tensor ?? {};
  const dtype = dtypeOfElement(elementType);
  if (dtype === undefined)
    throw new SaddlepointError('file', `importOnnx: the input '${input.name}' is of type ${elementName(elementType)}`);
  const named = shape?.dims.slice(1).map(({ value }) => value ?? 0) ?? [];
  const row = given ?? named;
  if (row.every((dimension) => Number.isInteger(dimension) && dimension >= 1) && (given ?? shape) !== undefined)
    return { shape: row, takesIntegers: dtype !== 'f32' };
  throw new SaddlepointError(
    'option',
    `importOnnx.inputShape: the file leaves the shape of a row of '${input.name}' open: ${showShape(named)}`,
    'give it: importOnnx(source, { inputShape: [3, 224, 224] })',
  );
}

function leavesOf(weights: ReadonlyMap<string, Weight>): LeafJson[] {
  return [...weights].flatMap(
    ([
      name,
      {
        kind,
        isFilter,
        constant: { shape },
      },
    ]) =>
      kind === 'constant'
        ? []
        : [{ name, kind, shape: isFilter ? TO_FILTER.map((axis) => shape[axis] as number) : shape, isFilter }],
  );
}

/** The graph without the softmax or sigmoid at its end, for losses that apply it themselves. */
function withoutLast(graph: GraphJson, loss: Loss): GraphJson {
  const ends = loss.target === 'class' ? 'Softmax' : loss.target === 'binary' ? 'Sigmoid' : undefined;
  if (ends === undefined || loss.options.fromProbabilities === true) return graph;
  let [output] = graph.outputs as [string];
  for (;;) {
    const node = graph.nodes.find(({ outputs }) => outputs[0] === output);
    if (node?.op !== 'Identity' && node?.op !== ends) return graph;
    output = node.inputs[0] as string;
    if (node.op === ends) return { ...graph, outputs: [output] };
  }
}

function listFrom(text: string | undefined): (string | number)[] | undefined {
  try {
    const list: unknown = text === undefined ? undefined : JSON.parse(text);
    if (Array.isArray(list) && list.every((item) => typeof item === 'string' || typeof item === 'number')) return list;
  } catch {
    // Metadata of others, under our name: as if there were none.
  }
  return undefined;
}

function classesOf(
  given: readonly ClassName[] | undefined,
  loss: Loss,
  units: number,
): readonly ClassName[] | undefined {
  if (loss.target === 'value') return undefined;
  const count = loss.target === 'binary' && units === 1 ? 2 : units;
  if (given === undefined) return loss.target === 'class' ? Array.from({ length: count }, (_, i) => i) : undefined;
  if (given.length === count) return given;
  throw new SaddlepointError('option', `importOnnx.classes: the model has ${count} classes, got ${show(given)}`);
}
