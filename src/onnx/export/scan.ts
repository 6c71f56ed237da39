/** @file Loops: an ONNX Scan, whose body sees the values around it. */
import type { Value } from '../../graph/node.ts';
import type { ScanAttributes } from '../../ops/scan.ts';
import { type Draft, ELEMENT } from '../schema.ts';
import { ELEMENT_OF } from '../tensors.ts';
import { type Exporter, inputOf, outputOf } from './elementwise.ts';
import type { Emitter } from './emitter.ts';
import { type Dims, isStatic, type SymbolicGraph } from './symbolic.ts';

/** A named value with its type. A dimension that belongs to the batch is called so; multiples of it have no name. */
export function valueInfo(name: string, elementType: number, dims: Dims): Draft<'ValueInfo'> {
  const shape = {
    dims: dims.map((dim) => (isStatic(dim) ? { value: dim } : dim.times === 1 ? { parameter: 'batch' } : {})),
  };
  return { name, type: { tensor: { elementType, shape } } };
}

export const scan: Exporter = (of, out) => {
  const { length, carries, sequences, reverse } = of.attributes as ScanAttributes;
  const body = of.attributes.body as SymbolicGraph;
  const inner = out.inner();
  const first = carries + sequences;
  const inputs: Draft<'ValueInfo'>[] = [];
  body.inputs.forEach((value, i) => {
    if (i >= first) share(value, inputOf(of, i), out, inner);
    else inputs.push(named(value, inner.name(i < carries ? 'carry' : 'row'), inner));
  });
  const sources = of.node.inputs.slice(0, first).map((value) => out.get(value));
  if (sequences === 0) {
    // A Scan takes its length from a sequence.
    inputs.push(valueInfo(inner.name('turn'), ELEMENT.float, []));
    sources.push(out.weight('turns', { shape: [length], dtype: 'f32', data: new Float32Array(length) }));
  }
  inner.writeAll(body);
  const outputs = body.outputs.map((value) => {
    // Each output needs a name of its own that the body itself makes.
    const name = inner.one('Identity', [inner.get(value)]);
    return valueInfo(name, ELEMENT_OF[value.dtype], out.dims(value));
  });
  const graph: Draft<'Graph'> = { name: inner.name('body'), nodes: inner.nodes, inputs, outputs };
  const backward = (count: number): number[] => new Array<number>(count).fill(Number(reverse));
  const results = body.outputs.length - carries;
  const attributes = {
    body: { graph },
    num_scan_inputs: Math.max(1, sequences),
    scan_input_directions: backward(Math.max(1, sequences)),
    ...(results === 0 ? {} : { scan_output_directions: backward(results) }),
  };
  out.node('Scan', sources, attributes, body.outputs.length).forEach((name, i) => {
    out.set(outputOf(of, i), name);
  });
};

function named(value: Value, name: string, inner: Emitter): Draft<'ValueInfo'> {
  inner.set(value, name);
  return valueInfo(name, ELEMENT_OF[value.dtype], inner.dims(value));
}

/** What the body uses from around it keeps its name there. */
function share(inside: Value, outside: Value, out: Emitter, inner: Emitter): void {
  const known = out.known(outside);
  if (known !== undefined) inner.know(inside, known, out.nameOf(outside));
  inner.set(inside, out.get(outside));
}
