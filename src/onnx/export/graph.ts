/** @file A graph as the bytes of an ONNX file; knows no models. */
import type { Graph, HostTensor, Value } from '../../graph/node.ts';
import { cse } from '../../passes/cse.ts';
import { dce } from '../../passes/dce.ts';
import { decompose } from '../../passes/decompose.ts';
import { fold } from '../../passes/fold.ts';
import { fuse } from '../../passes/fuse.ts';
import { loopPasses } from '../../passes/loops.ts';
import { simplify } from '../../passes/simplify.ts';
import { transposeRules } from '../../passes/transposes.ts';
import { encodeModel } from '../protobuf.ts';
import type { Draft } from '../schema.ts';
import { ELEMENT_OF } from '../tensors.ts';
import { Emitter } from './emitter.ts';
import { valueInfo } from './scan.ts';
import type { Symbolic } from './symbolic.ts';
import { WHOLE } from './table.ts';
import { checkRules, writeNodes } from './write.ts';

/** The operator set that is written: the first with layer normalization. Runtimes of 2022 and later read it. */
export const OPSET = 17;
/** The version of the file format that came with it. */
const IR_VERSION = 8;

/** The passes of the compiler that a graph for others needs, bodies of loops included. */
export function prepare(graph: Graph): Graph {
  const lean = dce(graph, loopPasses);
  checkRules(lean.nodes);
  const pass = (one: Graph): Graph => {
    const simple = (of: Graph): Graph => fold(simplify(of, transposeRules(of)));
    return cse(simple(decompose(fuse(simple(one), WHOLE), WHOLE)));
  };
  const all = (one: Graph): Graph => loopPasses.mapBodies(pass(one), all);
  const done = dce(all(lean), loopPasses);
  checkRules(done.nodes);
  return done;
}

/** Where a file's metadata list the initializers that are parameters: the others are constants of the graph. */
export const PARAMETERS_KEY = 'saddlepoint.parameters';

/** A parameter. */
export interface Leaf {
  readonly path: string;
  readonly tensor: HostTensor;
}

/** What the values at the borders of a graph are called. */
export interface Names {
  /** The first dimension of the first is the batch. */
  readonly inputs: readonly (readonly [Value, string])[];
  readonly leaves: ReadonlyMap<Value, Leaf>;
  readonly outputs: readonly (readonly [Value, string])[];
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A graph that went through `prepare` as the bytes of an ONNX model. */
export function onnxBytes(symbolic: Symbolic, { inputs, leaves, outputs, metadata = {} }: Names): Uint8Array {
  const borders = [...inputs, ...outputs].map(([, name]) => name);
  const out = new Emitter(symbolic, inputs[0]?.[1] ?? '', borders, writeNodes);
  for (const [value, name] of inputs) out.set(value, name);
  for (const [value, { path, tensor }] of leaves) out.know(value, tensor, path);
  out.writeAll(symbolic.graph);
  out.path = '';
  // Outputs are nodes of their own, since a value may be an input, or an output twice.
  const last = outputs.map(
    ([value, name]): Draft<'Node'> => ({
      ...{ opType: 'Identity', name: out.name(`${name}/Identity`) },
      inputs: [out.get(value)],
      outputs: [name],
    }),
  );
  const nodes = [...out.nodes, ...last];
  const info = ([value, name]: readonly [Value, string]): Draft<'ValueInfo'> =>
    valueInfo(name, ELEMENT_OF[value.dtype], symbolic.dimsOf(value));
  const graph: Draft<'Graph'> = {
    name: 'predict',
    nodes,
    initializers: out.usedInitializers(nodes),
    inputs: inputs.map(info),
    outputs: outputs.map(info),
  };
  const parameters = (graph.initializers ?? []).flatMap(({ name = '' }) => (out.parameters.has(name) ? [name] : []));
  const all = { ...metadata, [PARAMETERS_KEY]: JSON.stringify(parameters) };
  return encodeModel({
    irVersion: IR_VERSION,
    producerName: 'saddlepoint',
    graph,
    opsets: [{ domain: '', version: OPSET }],
    metadata: Object.entries(all).map(([key, value]) => ({ key, value })),
  });
}
