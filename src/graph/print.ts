/** @file A graph as text, stable across runs: one line a node, values numbered in order of definition. */
import { showShape } from '../core/shape.ts';
import type { Attributes, Graph, Spec, Value } from './node.ts';

/** The type of a value, such as `f32[32,128]`. */
export function printSpec(spec: Spec): string {
  return `${spec.dtype}${showShape(spec.shape)}`;
}

/**
 * The graph as text.
 * @example
 * print(graph)
 * // inputs: %0: f32[4,3], %1: f32[3,2]
 * // %2: f32[4,2] = matmul(%0, %1) {transposeLhs: false, transposeRhs: false}  # 0
 * // outputs: %2
 */
export function print(graph: Graph): string {
  const names = new Map<Value, string>();
  const nameOf = (value: Value): string => {
    let name = names.get(value);
    if (name === undefined) {
      name = `%${names.size}`;
      names.set(value, name);
    }
    return name;
  };
  const typed = (value: Value): string => `${nameOf(value)}: ${printSpec(value)}`;
  const lines = [`inputs: ${graph.inputs.map(typed).join(', ')}`];
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(nameOf).join(', ');
    const outputs = node.outputs.map(typed).join(', ');
    const path = node.path === '' ? '' : `  # ${node.path}`;
    const { body, ...attributes } = node.attributes;
    const shown = node.op.kind === 'loop' ? attributes : node.attributes;
    lines.push(`${outputs} = ${node.op.name}(${inputs})${printAttributes(shown)}${path}`);
    if (node.op.kind === 'loop') lines.push(print(body as Graph).replace(/^/gm, '  | '));
  }
  lines.push(`outputs: ${graph.outputs.map(nameOf).join(', ')}`);
  return lines.join('\n');
}

function printAttributes(attributes: Attributes): string {
  const shown = Object.entries(attributes).map(([key, value]) => `${key}: ${printAttribute(value)}`);
  return shown.length === 0 ? '' : ` {${shown.join(', ')}}`;
}

function printAttribute(value: unknown): string {
  if (ArrayBuffer.isView(value)) {
    const array = value as unknown as ArrayLike<number>;
    const shown = Array.from({ length: Math.min(4, array.length) }, (_, i) => String(array[i]));
    return `<${shown.join(' ')}${array.length > 4 ? ' …' : ''}>`;
  }
  if (Array.isArray(value)) return showShape(value);
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}
