/** @file An ONNX message as plain JSON and parameters: which initializers are learnt, which are constants; what is not supported. */
import { SaddlepointError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import { ATTRIBUTE, type Message } from '../schema.ts';
import { type Constant, constantToJson, fromTensorProto } from '../tensors.ts';
import type { GraphJson } from './layer.ts';
import type { NodeJson } from './node.ts';
import { OPERATORS } from './table.ts';

/** Inputs that say how something is done, by operator: constants, even if they are floats. */
const SETTINGS: Readonly<Record<string, readonly number[]>> = {
  Clip: [1, 2],
  Pad: [2],
  OneHot: [1, 2],
  Range: [0, 1, 2],
};
/** Inputs that training renews by itself. */
const STATES: Readonly<Record<string, readonly number[]>> = { BatchNormalization: [3, 4] };
/** Operators whose second input is a filter. */
const FILTERED: ReadonlySet<string> = new Set(['Conv', 'ConvTranspose']);

export interface Weight {
  readonly constant: Constant;
  readonly kind: 'trainable' | 'state' | 'constant';
  readonly isFilter: boolean;
}

/** Each initializer, by how the graph uses it. @param isTrainable may rule some out. */
export function weightsOf(graph: Message<'Graph'>, isTrainable: (name: string) => boolean): Map<string, Weight> {
  const uses = new Map<string, { op: string; i: number }[]>();
  const visit = ({ nodes, outputs }: Message<'Graph'>): void => {
    for (const { opType = '', inputs, attributes } of nodes) {
      inputs.forEach((name, i) => {
        uses.set(name, [...(uses.get(name) ?? []), { op: opType, i }]);
      });
      for (const { g } of attributes) if (g !== undefined) visit(g);
    }
    for (const { name = '' } of outputs) uses.set(name, [...(uses.get(name) ?? []), { op: '', i: 0 }]);
  };
  visit(graph);
  return new Map(
    graph.initializers.map((tensor): [string, Weight] => {
      const { name = '' } = tensor;
      const constant = fromTensorProto(tensor, `initializer '${name}'`);
      const own = uses.get(name) ?? [];
      const isOf = (table: Readonly<Record<string, readonly number[]>>): boolean =>
        own.some(({ op, i }) => table[op]?.includes(i));
      const isFloat = constant.dtype === 'f32' && constant.shape.length > 0;
      const isFilter =
        constant.shape.length === 4 && own.length > 0 && own.every(({ op, i }) => FILTERED.has(op) && i === 1);
      const kind =
        !isFloat || isOf(SETTINGS) ? 'constant' : isOf(STATES) ? 'state' : isTrainable(name) ? 'trainable' : 'constant';
      return [name, { constant, kind, isFilter }];
    }),
  );
}

/** @throws SaddlepointError `file` that lists all nodes which cannot be read, with operator set and place. */
export function checkSupport(graph: Message<'Graph'>, opset: number): void {
  const problems: string[] = [];
  const visit = ({ nodes, sparseInitializers }: Message<'Graph'>, place: string): void => {
    if (sparseInitializers.length > 0) problems.push(`sparse initializers${place}`);
    nodes.forEach((node, i) => {
      const { opType = '', domain = '', attributes, outputs } = node;
      const name = `node '${node.name === undefined || node.name === '' ? (outputs[0] ?? i) : node.name}'${place}`;
      const isOwn = domain === '' || domain === 'ai.onnx';
      const operator = isOwn && Object.hasOwn(OPERATORS, opType) ? OPERATORS[opType] : undefined;
      if (operator === undefined) problems.push(`${isOwn ? '' : `${domain}.`}${opType} at ${name}`);
      else {
        const why = operator.check?.(nodeJson(node, i));
        if (why !== undefined) problems.push(`${opType} ${why} at ${name}`);
      }
      for (const { g } of attributes) if (g !== undefined) visit(g, ` in the body of ${name}`);
    });
  };
  visit(graph, '');
  if (problems.length === 0) return;
  const shown = problems.slice(0, 50).join('; ');
  const more = problems.length > 50 ? `; and ${problems.length - 50} more` : '';
  throw new SaddlepointError(
    'file',
    `importOnnx: ${problems.length === 1 ? 'one node is' : `${problems.length} nodes are`} not supported (operator set ${opset}): ${shown}${more}`,
    'docs/onnx.md lists the operators that are; export the part of the model that uses them, or simplify the model before',
  );
}

/** A graph as plain JSON; `constants` are given for the outermost, whose initializers were sorted. */
export function graphJson(
  { nodes, inputs, outputs, initializers }: Message<'Graph'>,
  constants: Readonly<Record<string, Json>> = Object.fromEntries(
    initializers.map((tensor) => [tensor.name ?? '', constantToJson(fromTensorProto(tensor, `'${tensor.name}'`))]),
  ),
): GraphJson {
  const isInitializer = new Set(initializers.map(({ name }) => name));
  return {
    nodes: nodes.map(nodeJson),
    inputs: inputs.flatMap(({ name = '' }) => (isInitializer.has(name) ? [] : [name])),
    outputs: outputs.map(({ name = '' }) => name),
    constants,
  };
}

function nodeJson({ opType = '', name = '', inputs, outputs, attributes }: Message<'Node'>, i: number): NodeJson {
  const entries = attributes.flatMap((attribute): [string, Json][] => {
    const value = attributeJson(attribute);
    return value === undefined ? [] : [[attribute.name ?? '', value]];
  });
  return {
    op: opType,
    name: name === '' ? (outputs[0] ?? String(i)) : name,
    inputs: [...inputs],
    outputs: [...outputs],
    attributes: Object.fromEntries(entries),
  };
}

function attributeJson({ name, type, f, i, s, t, g, floats, ints, strings }: Message<'Attribute'>): Json | undefined {
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  if (type === ATTRIBUTE.float || (type === undefined && f !== undefined)) return f ?? 0;
  if (type === ATTRIBUTE.int || (type === undefined && i !== undefined)) return i ?? 0;
  if (type === ATTRIBUTE.string || (type === undefined && s !== undefined)) return text(s ?? new Uint8Array(0));
  if (t !== undefined) return constantToJson(fromTensorProto(t, `attribute '${name}'`));
  if (g !== undefined) return graphJson(g);
  if (type === ATTRIBUTE.floats || floats.length > 0) return [...floats];
  if (type === ATTRIBUTE.ints || ints.length > 0) return [...ints];
  return strings.length > 0 ? strings.map(text) : undefined;
}
