/** @file The WebAssembly backend: plans over one linear memory, a call a run of steps. */
import { sizeOf } from '../../core/shape.ts';
import type { Graph } from '../../graph/node.ts';
import type { Program } from '../../graph/program.ts';
import { fuseLogistic, loopPasses, type PipelineOptions, rulesFor, runPasses } from '../../passes/pipeline.ts';
import type { Backend, DirectSession, Session, SessionOptions } from '../backend.ts';
import { imageOf, type SessionImage } from './image.ts';
import { layoutSession, type SessionLayout } from './layout.ts';
import { fusedOps, tableFor } from './lower/table.ts';
import { type StartOptions, startSession } from './session.ts';

const DEFAULT_LIMIT = 2 ** 31;
/** With fewer elements operands stay in the caches, and a group gains nothing (measured: docs/adr/012). */
const LARGE_ELEMENTS = 2 ** 19;

export const wasmBackend: Backend<DirectSession> = {
  device: 'wasm',
  open: (programs, options = {}) => openImage(programs, options, startSession),
};

/** Plans a session, and hands what it runs to `start`. */
export async function openImage<S extends Session>(
  programs: readonly Program[],
  options: SessionOptions,
  start: (image: SessionImage, options: StartOptions) => Promise<S>,
): Promise<S> {
  const { capacity = 1, memoryLimit = DEFAULT_LIMIT } = options;
  const check = options.verify ? (await import('../../graph/verify.ts')).verify : undefined;
  const layout = await planSession(programs, { ...options, check, capacity, memoryLimit });
  if (options.verify) {
    const { validate } = await import('../../plan/validate.ts');
    for (const { plan } of layout.programs.values()) validate(plan, capacity);
  }
  return start(imageOf(layout), { ...options, capacity });
}

/**
 * The layout and plans of a session, without opening it: for tests, printing and memory estimates. Elementwise ops on at least
 * `largeElements` stand in groups.
 */
export async function planSession(
  programs: Parameters<Backend['open']>[0],
  options: Omit<SessionOptions, 'verify'> & PipelineOptions & { readonly largeElements?: number } = {},
): Promise<SessionLayout> {
  const { largeElements = LARGE_ELEMENTS } = options;
  const without = options.without?.filter((name) => name !== 'group') ?? [];
  const graphs = programs.map(({ graph }) => graph);
  const target = { fused: fusedOps, loops: await loopPasses(graphs), rules: await rulesFor(graphs) };
  const simplified: Graph[] = [];
  for (const graph of await fuseLogistic(graphs, target.loops)) {
    simplified.push(runPasses(graph, target, { ...options, without }));
    await options.turn?.();
  }
  const isGrouped = !options.without?.includes('group') && simplified.some((graph) => hasLarge(graph, largeElements));
  const groups = isGrouped ? await import('./groups.ts') : undefined;
  const grouped = (graph: Graph): Graph => groups?.groupElementwise(graph, largeElements) ?? graph;
  const passed = programs.map((program, i) => ({ ...program, graph: grouped(simplified[i] as Graph) }));
  const table = await tableFor(passed.map(({ graph }) => graph));
  return layoutSession(passed, options.capacity ?? 1, options.memoryLimit ?? DEFAULT_LIMIT, table);
}

/** Whether there are elementwise ops, or loops that may hold some, on data that outgrow the caches: groups.ts is for them. */
const hasLarge = ({ nodes }: Graph, least: number): boolean =>
  nodes.some(
    ({ op, outputs }) => op.kind === 'loop' || (op.kind === 'elementwise' && sizeOf(outputs[0]?.shape ?? []) >= least),
  );
