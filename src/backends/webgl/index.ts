/**
 * @file The backends over TensorFlow.js: the same programs as everywhere, on the kernels of one of its backends. A session is
 * opened once the packages are loaded; see docs/webgl.md for what differs from other devices.
 */
import { loopPasses, rulesFor, runPasses } from '../../passes/pipeline.ts';
import type { Backend, SessionOptions } from '../backend.ts';
import { NAMED, WHOLE } from './lower/table.ts';
import { TfjsSession } from './session.ts';
import { loadTfjs, type TfjsName } from './tfjs.ts';

export interface TfjsOptions {
  /** False: what no program writes goes to the device all the same, so that tests reach the device's ways of indexing. Default true. */
  readonly keepOnHost?: boolean;
}

/**
 * A backend over any backend of TensorFlow.js.
 *
 * @param name as tfjs knows it; `cpu` must have been imported by the caller.
 */
export function openWith(name: TfjsName, { keepOnHost = true }: TfjsOptions = {}): Backend<TfjsSession> {
  return {
    device: name === 'webgpu' ? 'webgpu' : 'webgl',
    async open(programs, options: SessionOptions = {}) {
      const tfjs = await loadTfjs(name);
      const graphs = programs.map(({ graph }) => graph);
      const check = options.verify ? (await import('../../graph/verify.ts')).verify : undefined;
      const without = options.without?.filter((pass) => pass !== 'group') ?? [];
      const whole = new Set<string>(Object.keys(WHOLE));
      const loops = await loopPasses(graphs);
      const rules = await rulesFor(graphs);
      const passed = programs.map((program) => ({
        ...program,
        graph: runPasses(program.graph, { fused: new Set([...whole, ...NAMED]), loops, rules }, { check, without }),
      }));
      // What named composites are made of is taken apart entirely.
      const simplify = (graph: (typeof graphs)[number]) => runPasses(graph, { fused: whole, loops, rules }, { check });
      return new TfjsSession(tfjs, passed, simplify, { ...options, keepOnHost });
    },
  };
}

export const backends = { webgl: openWith('webgl'), webgpu: openWith('webgpu') };
