/** @file What goes through a model's layers on given rows, forwards and backwards: the values that LSUV and the signal report are of. */
import { vjp } from '../autodiff/grad.ts';
import { must } from '../core/errors.ts';
import { sizeOf } from '../core/shape.ts';
import { compile } from '../engine/compile.ts';
import { BLOCKS, scaled, weighed } from '../engine/step.ts';
import type { Node, Value } from '../graph/node.ts';
import { type Tensor, tensor } from '../graph/tensor.ts';
import type { Trace } from '../graph/trace.ts';
import { applyModel, type Layer } from '../nn/layer.ts';
import { float, mul } from '../ops/elementwise.ts';
import { reshape } from '../ops/movement.ts';
import { describeStep } from './describe.ts';
import { groupsOf, type ModelState } from './state.ts';

/** Of a layer with weights. */
export interface LayerSignal {
  /** Of the layer, such as '0'. */
  readonly path: string;
  /** The leaf that is multiplied with, such as '0/kernel'. */
  readonly kernel: string;
  /** The product with the kernel, before bias and activation: rows first. */
  readonly product: Float64Array;
  /** What the layer gives. */
  readonly activation: Float64Array;
  /** Numbers of one unit (or channel) lie so far apart in both. */
  readonly units: number;
  /** The loss' gradient by the product, by what the layer gives, and by the kernel. Empty without targets. */
  readonly gradient: Float64Array;
  readonly outputGradient: Float64Array;
  readonly kernelGradient: Float64Array;
}

/** Steps that only change how a leaf lies. */
const VIEWS = ['identity', 'reshape', 'transpose', 'segment', 'slice', 'broadcastTo'];

/**
 * @param rows x as the data gave them, [n, …]; y as it is stored; in one pass, in train mode without noise being drawn.
 * @returns the layers with a kernel (a trained leaf of rank 2 or more that is multiplied with), in the order of their calls.
 */
export async function layerSignals(
  state: ModelState,
  rows: { readonly x: Tensor; readonly y?: Tensor | undefined },
): Promise<LayerSignal[]> {
  const kernels = [...state.parameters].filter(([, { kind, shape }]) => kind === 'trainable' && shape.length >= 2);
  const leaves = Object.fromEntries(
    [...state.parameters].map(([path, { shape, data }]) => [path, tensor(data, shape)]),
  );
  // Names are no tensors: the trace, which is made by the call, leaves them here.
  const paths: { path: string; kernel: string }[] = [];
  const run = compile((given: Record<string, Tensor>, x: Tensor, y: Tensor) => {
    const seen = look(state, kernels, given, x, y);
    paths.push(...seen);
    return seen.map(({ tensors }) => tensors);
  });
  const found = (await run(leaves, rows.x, rows.y ?? tensor(0))) as unknown as Record<string, Tensor>[];
  return found.map((seen, i): LayerSignal => {
    const { kernel, path } = must(paths[i], 'a layer');
    const read = (name: string): Float64Array => Float64Array.from(seen[name]?.data ?? []);
    return {
      ...{ path, kernel, units: must(seen.activation, 'an activation').shape.at(-1) ?? 1 },
      ...{ product: read('product'), activation: read('activation') },
      ...{ gradient: read('gradient'), outputGradient: read('outputGradient') },
      kernelGradient: read('kernelGradient'),
    };
  });
}

function look(
  state: ModelState,
  kernels: readonly (readonly [string, { readonly shape: readonly number[] }])[],
  given: Record<string, Tensor>,
  x: Tensor,
  y: Tensor,
): { path: string; kernel: string; tensors: Record<string, Tensor> }[] {
  const outputs = new Map<string, Tensor>();
  const watched = <I, O>(part: Layer<I, O>): Layer<I, O> => ({
    ...part,
    call(input, context) {
      const result = part.call(input, {
        ...context,
        child: (inner, index, value) => context.child(watched(inner), index, value),
      });
      outputs.set(context.path, result as Tensor);
      return result;
    },
  });
  const { trace } = must(x.traced, 'a trace');
  const rows = x.shape[0] as number;
  const flat = reshape(float(x), [rows, sizeOf(x.shape) / rows]);
  const input = reshape(scaled(flat, state.inputScaling), x.shape);
  const layer = watched(state.layer) as Layer;
  const all = new Map(Object.entries(given));
  const hasTargets = y.shape.length > 0;
  const description = describeStep({
    ...{
      ...state,
      layer,
      metrics: [],
      groups: groupsOf(state),
      source: { rows, rowShape: x.shape.slice(1), dtype: x.dtype },
    },
    targets: y,
  });
  let loss: Tensor | undefined;
  if (hasTargets) {
    const { losses, weights } = description.measure(
      all,
      { [BLOCKS.source]: input, [BLOCKS.target]: y },
      { mode: 'predict' },
    );
    loss = weighed(losses, weights);
  } else applyModel(layer, all, input, { mode: 'predict' });

  const nodes = trace.nodes.slice();
  const seen = kernels.flatMap(([kernel]) => {
    const product = productOf(trace, nodes, must(given[kernel], kernel));
    const path = ownerOf(kernel, outputs);
    return product === undefined || path === undefined ? [] : [{ kernel, path, product }];
  });
  const of = (by: Tensor): Tensor => (loss && vjp(trace, [loss], [tensor(1)], [by])[0]) ?? mul(by, 0);
  return seen.map(({ kernel, path, product }) => ({
    ...{ path, kernel },
    tensors: {
      product,
      activation: must(outputs.get(path), path),
      ...(loss && {
        gradient: of(product),
        outputGradient: of(outputs.get(path) as Tensor),
        kernelGradient: of(given[kernel] as Tensor),
      }),
    },
  }));
}

/** The layer that a leaf belongs to. */
function ownerOf(leaf: string, outputs: ReadonlyMap<string, Tensor>): string | undefined {
  let path = leaf;
  do path = path.slice(0, Math.max(0, path.lastIndexOf('/')));
  while (path !== '' && !outputs.has(path));
  return outputs.has(path) ? path : undefined;
}

/** What is first made of a leaf that is no view of it. */
function productOf(trace: Trace, nodes: readonly Node[], leaf: Tensor): Tensor | undefined {
  const views = new Set<Value>([trace.value(leaf)]);
  for (const node of nodes) {
    if (!node.inputs.some((input) => views.has(input))) continue;
    const [output] = node.outputs;
    if (output === undefined) continue;
    if (!VIEWS.includes(node.op.name)) return trace.tensor(output);
    views.add(output);
  }
  return undefined;
}
