/** @file How much work a step is, by the sizes in its graph alone: what decides whether a GPU is thought of at all. */
import type { Node } from '../graph/node.ts';
import type { Program } from '../graph/program.ts';
import { flopsOf } from '../ops/flops.ts';
import type { ScanAttributes } from '../ops/scan.ts';

/** A core, by microseconds: operations of products, and elements of everything else. */
const PRODUCT_RATE = 2e4;
const ELEMENT_RATE = 1e3;
/** What a GPU takes at the least to be given an op from JavaScript, in microseconds: assumed, not measured on hardware. */
const LAUNCH = 20;

const isProduct = ({ op }: Node): boolean => /^(matmul|linear|conv)/.test(op.name);

/** Microseconds on a core, and ops to be launched. */
function workOf(node: Node): { readonly time: number; readonly launches: number } {
  if (node.op.kind === 'loop') {
    const { body, length } = node.attributes as unknown as ScanAttributes;
    const turn = sumOf(body.nodes);
    return { time: length * turn.time, launches: length * turn.launches };
  }
  const operations = flopsOf(node);
  return { time: operations / (isProduct(node) ? PRODUCT_RATE : ELEMENT_RATE), launches: operations > 0 ? 1 : 0 };
}

const sumOf = (nodes: readonly Node[]) =>
  nodes
    .map(workOf)
    .reduce((sum, { time, launches }) => ({ time: sum.time + time, launches: sum.launches + launches }), {
      ...{ time: 0, launches: 0 },
    });

/** Whether some program changes a block: it trains, and will be run many times. */
export const trains = (programs: readonly Program[]): boolean =>
  programs.some(({ outputs }) => outputs.some(({ kind }) => kind === 'block'));

/** Whether launching the ops of the largest program would take a GPU longer than computing them takes a core. */
export function isTooSmall(programs: readonly Program[]): boolean {
  const all = programs.map(({ graph }) => sumOf(graph.nodes));
  const largest = all.reduce((a, b) => (b.time > a.time ? b : a), { time: 0, launches: 0 });
  return largest.time < LAUNCH * largest.launches;
}
