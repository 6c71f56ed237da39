/**
 * @file Models as graphs of layers: several inputs, several outputs, layers that are shared. Symbols are plain data; a graph is
 * a list of steps, which `graph-plan.ts` runs, and which is its JSON.
 */
import { checkKnownOptions, SaddlepointError, show } from '../core/errors.ts';
import type { Tensor } from '../graph/tensor.ts';
import { type GraphPlan, layerOfPlan, type Refs, type Step } from './graph-plan.ts';
import type { Layer, Tensors } from './layer.ts';
import { checkLayer, type NamedOption } from './options.ts';

/** What stands for a tensor while a graph is drawn. */
export type GraphNode =
  | { readonly kind: 'input'; readonly name: string; readonly shape: readonly number[] | undefined }
  | { readonly kind: 'layer'; readonly layer: Layer<never, unknown>; readonly from: GraphArguments }
  | { readonly kind: 'output'; readonly name: string; readonly from: GraphNode };

/** What a layer is applied to: one node, a list for layers that merge, a record for graphs of several inputs. */
export type GraphArguments = GraphNode | readonly GraphNode[] | Readonly<Record<string, GraphNode>>;

const isNode = (value: unknown): value is GraphNode =>
  ['input', 'layer', 'output'].includes(Object(value).kind) && typeof Object(value).kind === 'string';

function checkNode(where: string, given: unknown): void {
  if (isNode(given)) return;
  const help = "nodes come from input('name') and apply(layer, node)";
  throw new SaddlepointError('option', `${where}: expected a node of a graph, got ${show(given)}`, help);
}

function checkArguments(where: string, given: unknown): void {
  if (isNode(given)) return;
  const parts = typeof given === 'object' && given !== null ? Object.entries(given) : [];
  if (parts.length === 0) checkNode(where, given);
  for (const [key, part] of parts) checkNode(`${where}.${key}`, part);
}

/**
 * An input of a graph.
 *
 * @param name by which data are given to it.
 * @param options shape: of one row; inferred from the data, a stated one is checked.
 * @example input('image', { shape: [28, 28, 1] })
 */
export function input(name: string, options: { readonly shape?: readonly number[] } = {}): GraphNode {
  checkKnownOptions('input', options, ['shape']);
  if (typeof name !== 'string' || name === '')
    throw new SaddlepointError('option', `input.name: expected a name, got ${show(name)}`);
  const { shape } = options;
  if (shape !== undefined && !(Array.isArray(shape) && shape.every((size) => Number.isInteger(size) && size >= 1))) {
    const help = 'the shape of one row, without the batch';
    throw new SaddlepointError('option', `input.shape: expected whole numbers ≥ 1, got ${show(shape)}`, help);
  }
  return { kind: 'input', name, shape };
}

/**
 * A layer applied to nodes. The same layer applied twice has its parameters once, and draws random numbers of its own each time;
 * its states are those of the last application.
 *
 * @param layer any layer; to a list those that merge (`mergeConcat()` …), to a record a graph of several inputs.
 * @param from a node, a list or a record of such.
 * @throws SaddlepointError `option` for what is no layer or no node.
 * @example apply(dense(32, { activation: 'relu' }), input('features'))
 */
export function apply<In, Out>(layer: Layer<In, Out>, from: GraphArguments): GraphNode {
  checkLayer('apply.layer', layer);
  checkArguments('apply', from);
  return { kind: 'layer', layer: layer as unknown as Layer<never, unknown>, from };
}

/** One of the outputs of a graph of several that is part of another: `outputOf(apply(inner, x), 'label')`. */
export function outputOf(node: GraphNode, name: string): GraphNode {
  checkNode('outputOf', node);
  return { kind: 'output', name, from: node };
}

/**
 * A model of any number of inputs and outputs.
 *
 * With one node as `inputs` it takes a tensor, with a list a record of tensors by the inputs' names; with one node as `outputs` it
 * gives a tensor, with a record a record. A layer's path is its name, or else its index in order of application, outputs first to
 * last; so another output at the end changes no other layer's first weights. Masks travel from input to output by themselves.
 *
 * @throws SaddlepointError `option` for inputs that are none, repeat a name, are missing in the list or lead nowhere.
 * @example
 * const image = input('image');
 * const meta = input('meta');
 * const encoded = apply(sequential([conv2d(8, 3), flatten(), dense(32)]), image);
 * const both = apply(mergeConcat(), [encoded, meta]);
 * const model = graph({ inputs: [image, meta], outputs: { label: apply(dense(10), both), price: apply(dense(1), both) } });
 */
export function graph(parts: { inputs: GraphNode; outputs: GraphNode }, options?: NamedOption): Layer;
export function graph(
  parts: { inputs: readonly GraphNode[]; outputs: GraphNode },
  options?: NamedOption,
): Layer<Tensors, Tensor>;
export function graph(
  parts: { inputs: GraphNode; outputs: Readonly<Record<string, GraphNode>> },
  options?: NamedOption,
): Layer<Tensor, Tensors>;
export function graph(
  parts: { inputs: readonly GraphNode[]; outputs: Readonly<Record<string, GraphNode>> },
  options?: NamedOption,
): Layer<Tensors, Tensors>;
export function graph(
  parts: { inputs: GraphNode | readonly GraphNode[]; outputs: GraphNode | Readonly<Record<string, GraphNode>> },
  options: NamedOption = {},
): Layer<never, unknown> {
  checkKnownOptions('graph', parts, ['inputs', 'outputs']);
  checkKnownOptions('graph', options, ['name']);
  checkArguments('graph.inputs', parts.inputs);
  checkArguments('graph.outputs', parts.outputs);
  const inputs = (isNode(parts.inputs) ? [parts.inputs] : parts.inputs) as readonly GraphNode[];
  const names = inputs.map((node) => {
    if (node.kind === 'input') return node.name;
    throw new SaddlepointError('option', 'graph.inputs: expected nodes made by input(…), got the result of a layer');
  });
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new SaddlepointError('option', `graph.inputs: two inputs have the name '${twice}'`);

  const layers: Layer<never, unknown>[] = [];
  const steps: Step[] = [];
  const places = new Map<GraphNode, number>(inputs.map((node, i) => [node, i]));
  const used = new Set<number>();
  const refs = (from: GraphArguments): Refs => {
    if (isNode(from)) return place(from);
    if (Array.isArray(from)) return from.map(place);
    return Object.fromEntries(Object.entries(from).map(([key, node]) => [key, place(node)]));
  };
  const place = (node: GraphNode): number => {
    const known = places.get(node);
    if (known !== undefined) {
      used.add(known);
      return known;
    }
    if (node.kind === 'input') {
      const help = `inputs: ${names.join(', ')}; another node of the same name is another input`;
      throw new SaddlepointError(
        'option',
        `graph: the outputs need the input '${node.name}', which is not listed`,
        help,
      );
    }
    const from = refs(node.from);
    if (node.kind === 'layer' && !layers.includes(node.layer)) layers.push(node.layer);
    steps.push(node.kind === 'layer' ? { layer: layers.indexOf(node.layer), from } : { output: node.name, from });
    places.set(node, inputs.length + steps.length - 1);
    return inputs.length + steps.length - 1;
  };
  const outputs = refs(parts.outputs);
  const idle = names.find((_, i) => !used.has(i));
  if (idle !== undefined)
    throw new SaddlepointError('option', `graph.inputs: no output needs '${idle}'`, 'leave it out');
  const plan: GraphPlan = {
    inputs: inputs.map((node) => ({
      name: (node as { name: string }).name,
      shape: (node as { shape?: number[] }).shape,
    })),
    single: isNode(parts.inputs),
    steps,
    outputs,
  };
  return layerOfPlan(plan, layers, options);
}
