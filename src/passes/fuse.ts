/**
 * @file Makes composites of chains that a backend runs whole: product + bias + activation becomes `linear` (`convLinear`), an optimizer's
 * update + the addition to the parameters becomes its `…Step`. Only where nothing else uses what is in between.
 */
import { sameShape } from '../core/shape.ts';
import type { Graph, Node, Value } from '../graph/node.ts';
import type { Tensor } from '../graph/tensor.ts';
import { apply } from '../graph/trace.ts';
import type { LinearActivation } from '../ops/matmul.ts';
import { dce } from './dce.ts';
import { countUses, type FusedOps, producer, rewrite } from './rewrite.ts';

export function fuse(graph: Graph, fused: FusedOps): Graph {
  const uses = countUses(graph);
  const once = (value: Value | undefined): boolean => value !== undefined && uses.get(value) === 1;
  const read = new Set(graph.nodes.flatMap((node) => node.inputs));
  /** The slots that an update would have returned, and that its step returns in their place. */
  const moved = new Map<Value, Value>();
  const rewritten = rewrite(graph, (node, inputs) => {
    if (isActivation(node.op.name))
      return once(node.inputs[0]) ? activated(node.op.name, inputs[0] as Tensor) : undefined;
    if (node.op.name !== 'add') return undefined;
    const update = node.inputs[1];
    const slotsAreResults = update?.node?.outputs.every((slot) => slot === update || !read.has(slot)) ?? false;
    return (
      linear(node, inputs, once, fused) ?? (once(update) && slotsAreResults ? step(inputs, fused, moved) : undefined)
    );
  });
  // What was fused is dead now: decomposing it would cost more than all passes on the rest.
  return dce({ ...rewritten, outputs: rewritten.outputs.map((output) => moved.get(output) ?? output) });
}

function isActivation(name: string): name is LinearActivation {
  return name === 'relu' || name === 'tanh' || name === 'sigmoid';
}

function linear(
  node: Node,
  inputs: readonly Tensor[],
  once: (value: Value | undefined) => boolean,
  fused: FusedOps,
): Tensor[] | undefined {
  for (const [i, j] of [
    [0, 1],
    [1, 0],
  ] as const) {
    const made = producer(inputs[i]);
    const bias = inputs[j] as Tensor;
    const whole = made?.op.biased;
    const product = made?.outputs[0];
    if (made === undefined || whole === undefined || product === undefined) continue;
    if (!fused.has(whole.name) || !once(node.inputs[i])) continue;
    if (bias.shape.length !== 1 || !sameShape(bias.shape, product.shape.slice(-1))) continue;
    const trace = inputs[i]?.traced?.trace;
    const factors = made.inputs.map((input) => trace?.tensor(input) as Tensor);
    return apply(whole, [...factors, bias], { ...made.attributes, activation: 'none' });
  }
  return undefined;
}

function activated(name: LinearActivation, x: Tensor): Tensor[] | undefined {
  const made = producer(x);
  if (made?.attributes.activation !== 'none') return undefined;
  const inputs = made.inputs.map((input) => x.traced?.trace.tensor(input) as Tensor);
  return apply(made.op, inputs, { ...made.attributes, activation: name });
}

function step(inputs: readonly Tensor[], fused: FusedOps, moved: Map<Value, Value>): Tensor[] | undefined {
  const [parameters, update] = inputs as [Tensor, Tensor];
  const made = producer(update);
  if (made === undefined || update.traced?.value !== made.outputs[0] || !sameShape(parameters.shape, update.shape))
    return undefined;
  const rest = made.inputs.map((input) => update.traced?.trace.tensor(input) as Tensor);
  const whole = made.op.step;
  if (whole === undefined || !fused.has(whole.name)) return undefined;
  const stepped = apply(whole, [parameters, ...rest], made.attributes);
  stepped.slice(1).forEach((slot, i) => {
    moved.set(made.outputs[i + 1] as Value, (slot.traced as NonNullable<Tensor['traced']>).value);
  });
  return stepped.slice(0, 1);
}
