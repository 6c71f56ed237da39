/**
 * @file Makes `gatherLogistic` of the dots with rows of a table, their logistic loss, its gradient, and the weighted sums of the
 * same rows: what a step of negative sampling consists of. Loaded when a program has such sums.
 */
import { sizeOf } from '../core/shape.ts';
import type { Graph, Node, Value } from '../graph/node.ts';
import type { Tensor } from '../graph/tensor.ts';
import { Trace } from '../graph/trace.ts';
import { gatherLogistic } from '../ops/gather-logistic.ts';
import { reshape } from '../ops/movement.ts';
import { dce } from './dce.ts';
import type { LoopPasses } from './loops.ts';
import { copy } from './rewrite.ts';
import { simplify } from './simplify.ts';

/** Dots, and what stands in for the values that are made of them. */
interface Match {
  readonly targets: Value;
  readonly scale: Value;
  readonly weights: Value;
  readonly sums: Value;
}

const made = (value: Value | undefined, op: string): Node | undefined =>
  value?.node?.op.name === op ? value.node : undefined;

/** The dots of the sums' rows whose logistic loss has the sums' weights as its gradient, times one number. */
function match(sums: Node): readonly [dots: Value, Match] | undefined {
  const [table, index, weights] = sums.inputs as [Value, Value, Value];
  const product = made(weights, 'mul');
  for (const i of [0, 1]) {
    const [scale, factor] = [product?.inputs[i], product?.inputs[1 - i]];
    const difference = made(factor, 'sub');
    const dots = made(difference?.inputs[0], 'sigmoid')?.inputs[0];
    const targets = difference?.inputs[1];
    const rows = made(dots, 'gatherDot')?.inputs;
    if (scale === undefined || dots === undefined || targets === undefined) continue;
    if (sizeOf(scale.shape) !== 1 || rows?.[0] !== table || rows[1] !== index) continue;
    if (sizeOf(targets.shape) !== sizeOf(dots.shape) || dependsOn([targets, scale], dots)) continue;
    return [dots, { targets, scale, weights, sums: sums.outputs[0] as Value }];
  }
  return undefined;
}

function dependsOn(values: readonly Value[], cause: Value): boolean {
  const seen = new Set<Node>();
  const visit = (value: Value): boolean => {
    if (value === cause) return true;
    if (value.node === undefined || seen.has(value.node)) return false;
    seen.add(value.node);
    return value.node.inputs.some(visit);
  };
  return values.some(visit);
}

/** The graph with such parts as one node, which stands where the dots did: what it needs comes before. */
export function fuseLogistic(graph: Graph, loops: LoopPasses | undefined): Graph {
  const simple = simplify(dce(graph, loops));
  const matches = new Map<Value, Match>();
  for (const node of simple.nodes) {
    const found = node.op.name === 'gatherSum' ? match(node) : undefined;
    if (found !== undefined && !matches.has(found[0])) matches.set(...found);
  }
  if (matches.size === 0) return graph;
  const trace = new Trace();
  const renewed = new Map<Value, Tensor>();
  for (const input of simple.inputs) renewed.set(input, trace.input(input));
  const read = (value: Value): Tensor => {
    if (!renewed.has(value) && value.node !== undefined) emit(value.node);
    return renewed.get(value) as Tensor;
  };
  const losses = new Map<Value, { targets: Value; losses: Tensor }>();
  function emit(node: Node): void {
    const [output] = node.outputs as [Value];
    if (renewed.has(output)) return;
    const found = matches.get(output);
    const inputs = [...node.inputs, ...(found ? [found.targets, found.scale] : [])].map(read);
    trace.within(node.path, () => {
      if (found !== undefined) {
        const [table, index, vectors, targets, scale] = inputs as [Tensor, Tensor, Tensor, Tensor, Tensor];
        const all = gatherLogistic(table, index, vectors, targets, reshape(scale, []));
        renewed.set(output, all[0]).set(found.weights, all[2]).set(found.sums, all[3]);
        losses.set(output, { targets: found.targets, losses: all[1] });
        return;
      }
      const known = node.op.name === 'sigmoidCrossEntropy' ? losses.get(node.inputs[0] as Value) : undefined;
      if (known !== undefined && known.targets === node.inputs[1]) {
        renewed.set(output, known.losses);
        return;
      }
      copy(trace, node, inputs).forEach((tensor, i) => {
        renewed.set(node.outputs[i] as Value, tensor);
      });
    });
  }
  for (const node of simple.nodes) emit(node);
  return dce(trace.finish(simple.outputs.map(read)), loops);
}
