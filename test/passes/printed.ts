/** @file Graphs before and after a pass, as text. */
import type { Graph, Spec } from '../../src/graph/node.ts';
import { print } from '../../src/graph/print.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { trace } from '../../src/graph/trace.ts';

export const f32 = (...shape: number[]): Spec => ({ shape, dtype: 'f32' });
export const graphOf = (specs: Spec[], f: (...inputs: Tensor[]) => Tensor | Tensor[]): Graph =>
  trace(specs, (inputs) => [f(...inputs)].flat());

/** Both texts, without the types of inputs. */
export function change(
  pass: (graph: Graph) => Graph,
  specs: Spec[],
  f: (...inputs: Tensor[]) => Tensor | Tensor[],
): string {
  const graph = graphOf(specs, f);
  return `${print(graph)}\n→\n${print(pass(graph))}`;
}
