/**
 * @file Common subexpression elimination: equal ops on equal inputs are computed once. Draws of random numbers differ in
 * their streams, so two draws are never merged. Ops are equal if their records are the same: users' ops may share a name.
 */
import type { Attributes, Graph, Op } from '../graph/node.ts';
import type { Tensor } from '../graph/tensor.ts';
import { copy, rewrite } from './rewrite.ts';

/** Larger constants are not compared. */
const MAX_COMPARED = 64;

export function cse(graph: Graph): Graph {
  const known = new Map<Op, Map<string, readonly Tensor[]>>();
  return rewrite(graph, (node, inputs, trace) => {
    if (node.op.kind === 'loop') return undefined;
    const attributes = keyOf(node.attributes);
    if (attributes === undefined) return undefined;
    const key = inputs.map((input) => input.traced?.value.id).join() + attributes;
    const ofOp = known.get(node.op) ?? new Map<string, readonly Tensor[]>();
    known.set(node.op, ofOp);
    const found = ofOp.get(key);
    if (found !== undefined) return found;
    const outputs = copy(trace, node, inputs);
    ofOp.set(key, outputs);
    return outputs;
  });
}

/** All attributes as text; undefined for large constants. JSON alone would take −0 for 0, and NaN and infinities for one. */
function keyOf(attributes: Attributes): string | undefined {
  let isLarge = false;
  const key = JSON.stringify(attributes, (_, value: unknown) => {
    if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
    if (!ArrayBuffer.isView(value)) return value;
    const array = value as unknown as ArrayLike<number>;
    isLarge ||= array.length > MAX_COMPARED;
    return isLarge ? null : Array.from(array);
  });
  return isLarge ? undefined : key;
}
