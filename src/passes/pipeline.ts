/** @file The passes between a traced graph and the backend, in order. Each is Graph → Graph and can be left out. */
import { checkName } from '../core/errors.ts';
import type { Graph } from '../graph/node.ts';
import { cse } from './cse.ts';
import { dce } from './dce.ts';
import { decompose } from './decompose.ts';
import { fold } from './fold.ts';
import { fuse } from './fuse.ts';
import { legalize } from './legalize.ts';
import type { LoopPasses } from './loops.ts';
import type { FusedOps } from './rewrite.ts';
import { type Rules, simplify } from './simplify.ts';

/** What a backend says of itself to the passes. */
export interface Target {
  /** The composites that it runs whole. */
  readonly fused: FusedOps;
  /** Simplifications of a graph besides those that every program may need: see `rulesFor`. */
  readonly rules?: ((graph: Graph) => Rules) | undefined;
  /** What is done to loops, for graphs that have some: see `loopPasses`. */
  readonly loops?: LoopPasses | undefined;
}

/** What loops need of the passes; only programs that have loops load it. (No composite decomposes into one.) */
export async function loopPasses(graphs: readonly Graph[]): Promise<LoopPasses | undefined> {
  const hasLoops = graphs.some(({ nodes }) => nodes.some(({ op }) => op.kind === 'loop'));
  return hasLoops ? (await import('./loops.ts')).loopPasses : undefined;
}

/** Simplifications that only programs with transposes (or loops that may hold some), or with max pooling, have a use for. */
export async function rulesFor(graphs: readonly Graph[]): Promise<Target['rules']> {
  const has = (name: string): boolean => graphs.some(({ nodes }) => nodes.some(({ op }) => op.name === name));
  const hasLoops = graphs.some(({ nodes }) => nodes.some(({ op }) => op.kind === 'loop'));
  const transposes = hasLoops || has('transpose') ? await import('./transposes.ts') : undefined;
  const pools = hasLoops || has('maxPoolGradient') ? await import('./pools.ts') : undefined;
  if (transposes === undefined && pools === undefined) return undefined;
  return (graph) => ({ ...transposes?.transposeRules(graph), ...pools?.poolRules });
}

/** Graphs in which dots with rows of tables, their logistic loss and its gradient are one: for programs that sum such rows. */
export async function fuseLogistic(graphs: readonly Graph[], loops: LoopPasses | undefined): Promise<readonly Graph[]> {
  if (!graphs.some(({ nodes }) => nodes.some(({ op }) => op.name === 'gatherSum'))) return graphs;
  const logistic = await import('./logistic.ts');
  return graphs.map((graph) => logistic.fuseLogistic(graph, loops));
}

export interface Pass {
  readonly name: string;
  /** Needed for correctness, not only for speed: never left out. */
  readonly required?: true;
  run(graph: Graph, target: Target): Graph;
}

export const PASSES: readonly Pass[] = [
  // drop what no output depends on
  { name: 'dce', run: (graph, { loops }) => dce(graph, loops) },
  // remove identities, views of views, broadcasts; transposes become attributes of products
  { name: 'simplify', run: (graph, { rules }) => simplify(graph, rules?.(graph)) },
  // compute constants
  { name: 'fold', run: fold },
  // make linear layers and optimizer steps of their parts
  { name: 'fuse', run: (graph, { fused }) => fuse(graph, fused) },
  // expand composites that the backend lacks
  { name: 'decompose', required: true, run: (graph, { fused }) => decompose(graph, fused) },
  // simplify what decomposing brought
  { name: 'simplify again', run: (graph, { rules }) => simplify(graph, rules?.(graph)) },
  // fold what decomposing brought
  { name: 'fold again', run: fold },
  // compute equal expressions once
  { name: 'cse', run: cse },
  // four broadcast forms, reductions over one run of axes
  { name: 'legalize', required: true, run: legalize },
  // drop what the passes made dead
  { name: 'dce again', run: (graph, { loops }) => dce(graph, loops) },
];

export interface PipelineOptions {
  /** Names of passes to leave out; required ones run all the same. On wasm also 'group': see groups.ts there. */
  readonly without?: readonly string[];
  /** Runs on the graph before and after every pass, such as `verify` of graph/; for tests and for finding faults. */
  readonly check?: ((graph: Graph) => Graph) | undefined;
}

/** Runs the passes for a target. */
export function runPasses(graph: Graph, target: Target, options: PipelineOptions = {}): Graph {
  for (const name of options.without ?? [])
    checkName(
      'without',
      name,
      PASSES.map((pass) => pass.name),
    );
  let current = options.check?.(graph) ?? graph;
  for (const pass of PASSES) {
    if (options.without?.includes(pass.name) && pass.required === undefined) continue;
    current = pass.run(current, target);
    options.check?.(current);
  }
  // Last, since by then nothing is left in a body that nothing around it reads.
  return target.loops?.mapBodies(current, (body) => runPasses(body, target, options)) ?? current;
}
