/** @file From the bytes of a plan file to a plan that runs: no tracer, no eval, and no code made from bytes where that is forbidden. */
import { load as builds } from '#wasm';
import { instantiate } from '../backends/wasm/machine.ts';
import { checkAnswer } from '../core/answer.ts';
import { SaddlepointError } from '../core/errors.ts';
import { damaged } from './damaged.ts';
import type { PlanHeader } from './format.ts';
import { foldIn, PlanMemory } from './memory.ts';
import { EdgePlan } from './plan.ts';
import { openFile, type PlanLimits, type ReadPlan, readPlan } from './read-plan.ts';

export interface LoadPlanOptions {
  /**
   * The machine, for runtimes where a bundler does not find it by itself: a compiled module, such as
   * `import wasm from 'saddlepoint/wasm/saddlepoint.simd.wasm'` gives it, or, where code may be made from bytes, its bytes.
   */
  readonly wasm?: WebAssembly.Module | BufferSource;
  /** Bytes of memory that a plan may take; default 128 MiB, what an isolate has. */
  readonly memoryLimit?: number;
  /**
   * The most operations of one step (of products, and elements read and written) that a plan may ask for; default 1e10, some
   * seconds. A file from elsewhere so cannot keep a machine busy.
   */
  readonly workLimit?: number;
}

/** Where a plan comes from. */
export type PlanSource = ArrayBuffer | ArrayBufferView | Response | Request | Blob | ReadableStream<Uint8Array>;

const IMPORT =
  "import it: import wasm from 'saddlepoint/wasm/saddlepoint.simd.wasm'; then load(plan, { wasm }); in Next: '….wasm?module'";

/**
 * Loads a plan that `savePlan` wrote. What training alone needs is checked and read from the bytes when it is first asked for.
 *
 * Of a request, an answer, a blob or a stream, the bytes are read piece by piece into one array: until `load` has returned, the
 * file and the memory (`peakBytes` of `savePlan`, within 20 %) are all that there is at a time; bytes that the host has got together
 * itself, as `arrayBuffer()` or an import, it holds up to two times besides.
 *
 * @param source the file's bytes, which must then stay as they are; a request that they were posted in, an answer of `fetch`, a
 *   blob, or a stream of bytes; or a promise of one.
 * @param options see `LoadPlanOptions`.
 * @throws SaddlepointError `file` for what is no plan, is damaged, or is of another version; for an HTML page in its place; for a
 *   machine of another version, or one that lacks what the plan needs.
 *   `option` where `wasm` cannot be used here, with the line that can.
 * @example
 * import { load } from 'saddlepoint/edge';
 * const plan = await load((await env.BUCKET.get('digits.plan')).body);
 * const { label } = await plan.predict(pixels);
 */
export async function load(source: PlanSource | Promise<PlanSource>, options: LoadPlanOptions = {}): Promise<EdgePlan> {
  const { memoryLimit = 2 ** 27, workLimit = 1e10, wasm } = options;
  const file = await bytesOf(await source, memoryLimit);
  const { memory, plan } = await openMemory(file, { memoryLimit, workLimit }, (build) => compiled(wasm, build));
  const { train } = memory.header;
  return new EdgePlan(memory, train ? new (await import('./training.ts')).Trainer(memory, plan, train) : undefined);
}

/** A file's plan in the memory of a machine of its own: undamaged, and checked but for what training alone needs. */
export async function openMemory(
  file: Uint8Array,
  limits: PlanLimits,
  compile: (build: PlanHeader['build']) => Promise<WebAssembly.Module>,
): Promise<{ readonly memory: PlanMemory; readonly plan: ReadPlan }> {
  const open = openFile(file, limits.memoryLimit);
  const { header, sums, from } = open;
  // What a changed file says here may be anything.
  const build = header.build === 'core' ? 'core' : 'simd';
  const machine = await instantiate(await compile(build), header.bytes, build);
  if (foldIn(machine, header.arena, sums[0], file.subarray(from)) !== sums[1])
    throw damaged('the plan is damaged: its checksum is another');
  const plan = await readPlan(open, limits);
  return { memory: new PlanMemory(plan, machine), plan };
}

async function bytesOf(source: PlanSource, memoryLimit: number): Promise<Uint8Array> {
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (Object(source) === source && 'ok' in source) checkAnswer(source, `load: ${source.url || 'the server'}`, 'a plan');
  return (await import('./read-stream.ts')).readAny(source, memoryLimit);
}

/** The module that was given, or the library's own: the core build, if that has all that the plan needs. */
async function compiled(wasm: LoadPlanOptions['wasm'], build: PlanHeader['build']): Promise<WebAssembly.Module> {
  if (wasm instanceof WebAssembly.Module) return wasm;
  try {
    return await (wasm === undefined ? builds[build]() : WebAssembly.compile(wasm));
  } catch (cause) {
    throw new SaddlepointError('option', `load: this runtime made no code from bytes: ${cause}`, IMPORT, { cause });
  }
}
