/** @file The passes between a traced graph and the backend, in order. Each is Graph → Graph and can be left out. */
import { checkName } from '../core/errors.ts';
import type { Graph } from '../graph/node.ts';
import { verify } from '../graph/verify.ts';
import { cse } from './cse.ts';
import { dce } from './dce.ts';
import { decompose } from './decompose.ts';
import { fold } from './fold.ts';
import { fuse } from './fuse.ts';
import { legalize } from './legalize.ts';
import type { FusedOps } from './rewrite.ts';
import { simplify } from './simplify.ts';

/** What a backend says of itself to the passes. */
export interface Target {
  /** The composites that it runs whole. */
  readonly fused: FusedOps;
}

export interface Pass {
  readonly name: string;
  readonly description: string;
  /** Needed for correctness, not only for speed: never left out. */
  readonly required?: true;
  run(graph: Graph, target: Target): Graph;
}

export const PASSES: readonly Pass[] = [
  { name: 'dce', description: 'drop what no output depends on', run: dce },
  {
    name: 'simplify',
    description: 'remove identities, views of views, broadcasts; transposes become flags',
    run: simplify,
  },
  { name: 'fold', description: 'compute constants', run: fold },
  {
    name: 'fuse',
    description: 'make linear layers and optimizer steps of their parts',
    run: (graph, { fused }) => fuse(graph, fused),
  },
  {
    name: 'decompose',
    description: 'expand composites that the backend lacks',
    required: true,
    run: (graph, { fused }) => decompose(graph, fused),
  },
  { name: 'simplify again', description: 'simplify what decomposing brought', run: simplify },
  { name: 'fold again', description: 'fold what decomposing brought', run: fold },
  { name: 'cse', description: 'compute equal expressions once', run: cse },
  {
    name: 'legalize',
    description: 'four broadcast forms, reductions over one run of axes',
    required: true,
    run: legalize,
  },
  { name: 'dce again', description: 'drop what the passes made dead', run: dce },
];

export interface PipelineOptions {
  /** Names of passes to leave out; required ones run all the same. */
  readonly without?: readonly string[];
  /** Check the graph after each pass; for tests and for finding faults. Default false. */
  readonly verify?: boolean;
}

/** Runs the passes for a target. */
export function runPasses(graph: Graph, target: Target, options: PipelineOptions = {}): Graph {
  for (const name of options.without ?? [])
    checkName(
      'without',
      name,
      PASSES.map((pass) => pass.name),
    );
  let current = options.verify ? verify(graph) : graph;
  for (const pass of PASSES) {
    if (options.without?.includes(pass.name) && pass.required === undefined) continue;
    current = pass.run(current, target);
    if (options.verify) verify(current);
  }
  return current;
}
