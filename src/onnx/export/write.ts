/** @file Writes the nodes of a graph, in order; what parameters and constants alone determine is computed on the way. */
import { SaddlepointError } from '../../core/errors.ts';
import { sizeOf } from '../../core/shape.ts';
import { evaluateNode } from '../../graph/evaluate.ts';
import type { HostTensor, Node } from '../../graph/node.ts';
import { hostTensor, type Tensor } from '../../graph/tensor.ts';
import type { Emitter } from './emitter.ts';
import { isStatic, type SymbolicGraph, type SymbolicNode } from './symbolic.ts';
import { type ExportRule, exportRule } from './table.ts';

/** Elements that a computed constant may have beyond those of its inputs. */
const SMALL = 1024;

export function writeNodes({ nodes }: SymbolicGraph, out: Emitter): void {
  for (const of of nodes) {
    out.path = of.node.path;
    if (compute(of, out)) continue;
    const rule = exportRule(of.node.op.name);
    if (typeof rule === 'function') rule(of, out);
  }
}

/** Whether the outputs of a node are known numbers now. */
function compute({ node }: SymbolicNode, out: Emitter): boolean {
  if (node.op.kind === 'loop' || node.inputs.length === 0) return false;
  const inputs = node.inputs.map((input) => out.known(input));
  if (!inputs.every((input) => input !== undefined)) return false;
  if (!node.outputs.every((output) => out.dims(output).every(isStatic))) return false;
  const size = (list: readonly { readonly shape: readonly number[] }[]): number =>
    list.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  if (size(node.outputs) > Math.max(SMALL, size(inputs as HostTensor[]))) return false;
  const tensors = inputs.map(({ shape, dtype, data }): Tensor => hostTensor({ shape, dtype }, data));
  evaluateNode(node, tensors).forEach((tensor, i) => {
    const output = node.outputs[i];
    const { shape, dtype, data } = tensor;
    if (output !== undefined) out.know(output, { shape, dtype, data });
  });
  return true;
}

/** @throws SaddlepointError `option` that lists all ops of a graph that ONNX models cannot have, with their layers. */
export function checkRules(nodes: readonly Node[], rules: (name: string) => ExportRule = exportRule): void {
  const refused = new Map<string, string>();
  const visit = (list: readonly Node[]): void => {
    for (const { op, path, attributes } of list) {
      const rule = rules(op.name);
      if (typeof rule === 'object') refused.set(`${op.name}${path === '' ? '' : ` in layer '${path}'`}`, rule.refused);
      if (op.kind === 'loop') visit((attributes.body as { readonly nodes: readonly Node[] }).nodes);
    }
  };
  visit(nodes);
  if (refused.size === 0) return;
  const list = [...refused].map(([what, why]) => `${what}: ${why}`);
  throw new SaddlepointError(
    'option',
    `exportOnnx: ${list.length === 1 ? 'an op has' : `${list.length} ops have`} no ONNX operator: ${list.join('; ')}`,
    'build the layer of other ops for prediction, or save the model as safetensors',
  );
}
