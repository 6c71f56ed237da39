/** @file An ONNX graph as a layer: its nodes are run with our ops, so that it trains, saves and loads as any other. */
import { SaddlepointError, show } from '../../core/errors.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import type { Shape } from '../../core/shape.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { zeros } from '../../nn/initializers.ts';
import { type Context, type Layer, layer, layerError } from '../../nn/layer.ts';
import type { LayerFactory } from '../../nn/serialize.ts';
import { cast } from '../../ops/cast.ts';
import { float } from '../../ops/elementwise.ts';
import { transpose } from '../../ops/movement.ts';
import { type Constant, constantFromJson } from '../tensors.ts';
import { Held, held } from './held.ts';
import { constantTensor, type NodeJson, NodeView, type Surroundings } from './node.ts';
import { OPERATORS } from './table.ts';

/** A graph as plain JSON, without its parameters. */
export interface GraphJson extends JsonObject {
  readonly nodes: readonly NodeJson[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** By name; see tensors.ts. */
  readonly constants: JsonObject;
}

/** A parameter of the graph, by the name of its initializer. */
export interface LeafJson extends JsonObject {
  readonly name: string;
  readonly kind: 'trainable' | 'state';
  /** As it is kept; filters are [height, width, in, out]. */
  readonly shape: readonly number[];
  /** Whether it is the filter of a convolution, kept in our order of axes. */
  readonly isFilter: boolean;
}

export interface ModelJson extends JsonObject {
  readonly opset: number;
  readonly graph: GraphJson;
  readonly leaves: readonly LeafJson[];
  /** Whether the input takes whole numbers. */
  readonly takesIntegers: boolean;
}

/** The order that makes [out, in, height, width] of our filters. */
const FILTER_ORDER = [3, 2, 0, 1];

/** The layer of type 'onnxGraph'. Constants are decoded once. */
export function onnxGraph(model: ModelJson, options: { readonly name?: string } = {}): Layer {
  const constants = new Map<GraphJson, ReadonlyMap<string, Constant>>();
  const constantsOf = (graph: GraphJson): ReadonlyMap<string, Constant> => {
    const found =
      constants.get(graph) ??
      new Map(
        Object.entries(graph.constants).map(([name, json]) => [name, constantFromJson(json, `constant '${name}'`)]),
      );
    constants.set(graph, found);
    return found;
  };
  const call = (x: Tensor, context: Context): Tensor => {
    const leaves = new Map<string, Held>();
    for (const { name, kind, shape, isFilter } of model.leaves) {
      const create = kind === 'state' ? context.state : context.parameter;
      const leaf = create(name, shape as Shape, zeros());
      leaves.set(name, Held.of(isFilter ? transpose(leaf, FILTER_ORDER) : leaf));
    }
    const [name = ''] = model.graph.inputs;
    leaves.set(name, model.takesIntegers ? Held.of(cast(x, 'i32'), true) : Held.of(x));
    const [output] = runGraph(model.graph, leaves, { opset: model.opset, context, constantsOf });
    if (output === undefined) throw layerError('file', context, 'onnx: the graph has no output');
    return float(output.tensor);
  };
  return layer('onnxGraph', model, call, options.name);
}

interface Setting {
  readonly opset: number;
  readonly context: Context;
  constantsOf(graph: GraphJson): ReadonlyMap<string, Constant>;
}

/** The outputs of a graph; `outer` holds its inputs and what it may see around it. */
function runGraph(graph: GraphJson, outer: ReadonlyMap<string, Held>, setting: Setting): Held[] {
  const known = new Map(outer);
  for (const [name, constant] of setting.constantsOf(graph)) known.set(name, constantTensor(constant));
  const around: Surroundings = {
    ...{ opset: setting.opset, context: setting.context },
    run: (inner, inputs) => runGraph(inner as GraphJson, new Map([...known, ...inputs]), setting),
  };
  const read = (name: string, by: string): Held => {
    const found = known.get(name);
    if (found !== undefined) return found;
    throw new SaddlepointError('file', `onnx: ${by} reads '${name}', which nothing before it makes`);
  };
  for (const json of graph.nodes) {
    const operator = Object.hasOwn(OPERATORS, json.op) ? OPERATORS[json.op] : undefined;
    if (operator === undefined) throw new SaddlepointError('file', `onnx: the operator '${json.op}' is not supported`);
    const where = `${json.op} '${json.name}'`;
    const inputs = json.inputs.map((name) => (name === '' ? undefined : read(name, where)));
    const made = located(where, () => operator.run(new NodeView(json, inputs, around)));
    const results = Array.isArray(made) ? (made as readonly (Tensor | Held)[]) : [made as Tensor | Held];
    json.outputs.forEach((name, i) => {
      const result = results[i];
      if (name !== '' && result !== undefined) known.set(name, held(result));
    });
  }
  return graph.outputs.map((name) => read(name, 'the graph'));
}

/** Errors of our ops with the node that they arose in. */
function located<T>(where: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    if (!(cause instanceof SaddlepointError) || cause.message.includes('onnx: ')) throw cause;
    const message = cause.message.split('\n  help: ')[0] as string;
    throw new SaddlepointError(cause.code, `onnx: ${where}: ${message}`, cause.help, { cause });
  }
}

/**
 * What `loadModel` needs to read a saved model that was imported.
 * @example await loadModel('tuned.safetensors', { layers: onnxLayers });
 */
export const onnxLayers: Readonly<Record<string, LayerFactory>> = {
  onnxGraph: (options, name) => onnxGraph(checkedModel(options), name),
};

/** @throws SaddlepointError `file` for options that are no graph; values inside are checked when they are used. */
function checkedModel(options: JsonObject): ModelJson {
  const { opset, graph, leaves } = options as Partial<ModelJson>;
  const isTexts = (list: unknown): boolean => Array.isArray(list) && list.every((item) => typeof item === 'string');
  const isGraph = (value: unknown): boolean => {
    const { nodes, inputs, outputs, constants } = Object(value) as Partial<GraphJson>;
    return (
      Array.isArray(nodes) &&
      nodes.every(
        (node) =>
          typeof node?.op === 'string' &&
          isTexts(node.inputs) &&
          isTexts(node.outputs) &&
          Object(node.attributes) === node.attributes,
      ) &&
      isTexts(inputs) &&
      isTexts(outputs) &&
      Object(constants) === constants
    );
  };
  const areLeaves =
    Array.isArray(leaves) &&
    (leaves as readonly LeafJson[]).every(({ name, shape }) => typeof name === 'string' && isShape(shape));
  if (typeof opset === 'number' && isGraph(graph) && areLeaves) return options as ModelJson;
  throw new SaddlepointError('file', `onnxGraph: expected { opset, graph, leaves }, got ${show(options)}`);
}

const isShape = (value: Json): boolean =>
  Array.isArray(value) && value.every((dimension) => Number.isInteger(dimension) && (dimension as number) >= 0);
