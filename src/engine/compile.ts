/** @file `compile`: a pure function of tensors, traced once for each set of argument shapes and run on a device. */

import type { TensorsOf } from '../autodiff/grad.ts';
import type { Session, SessionOptions } from '../backends/backend.ts';
import { type Device, openSession } from '../backends/select.ts';
import { type DType, hostArray } from '../core/dtype.ts';
import { checkKnownOptions, must, SaddlepointError } from '../core/errors.ts';
import { showShape } from '../core/shape.ts';
import { leavesOf, mapTree, type Tree } from '../core/tree.ts';
import type { Spec } from '../graph/node.ts';
import { ProgramBuilder } from '../graph/program.ts';
import type { TapListener } from '../graph/tap.ts';
import { hostTensor, type Tensor, type TensorLike, tensorsIn } from '../graph/tensor.ts';
import { stopError } from './stop-error.ts';
import { tapsOf } from './taps.ts';

/** The most argument shapes that are kept at once; the one longest unused goes first. */
const CACHE_SIZE = 16;

export interface CompileOptions extends Omit<SessionOptions, 'capacity'> {
  /** Where it runs; default 'auto'. */
  readonly device?: Device;
  /** Called after each call for each `tap` inside, in order, with its name, its value and the number of the call. Default: prints. */
  readonly onTap?: TapListener;
}

/** What a compiled function takes where the function itself takes tensors. */
export type TensorLikesOf<T> = T extends Tensor
  ? TensorLike
  : T extends readonly unknown[]
    ? { [K in keyof T]: TensorLikesOf<T[K]> }
    : T extends object
      ? { [K in keyof T]: TensorLikesOf<T[K]> }
      : T;

interface Compiled {
  readonly session: Session;
  readonly onCall: ReturnType<typeof tapsOf>;
  /** The result's structure, with each tensor's type. */
  readonly result: Tree<Spec>;
  /** Over when the last call is. */
  last: Promise<unknown>;
}

const PROGRAM = 'compiled';

/**
 * Compiles a pure function of tensors: it is traced once for each set of shapes, and each call then runs as one call into
 * the device. Gradients taken inside become part of the step.
 *
 * @param f takes and returns trees (tensors, arrays, plain objects) of tensors; must not depend on anything that changes.
 * @param options device: 'auto' (default), 'wasm' or 'reference' (double precision); memoryLimit in bytes; onTap: what becomes
 *   of values that are tapped.
 * @returns an async function of tensors, numbers, nested arrays or typed arrays; its results are host tensors. A list that
 *   holds tensors or objects is a list of arguments; a list of numbers or typed arrays is one tensor.
 * @throws SaddlepointError `shape` and `dtype` while tracing; `data` for an index out of range when it runs.
 * @example
 * const step = compile((w: Tensor, x: Tensor) => grad((v) => sum(square(matmul(x, v))), w));
 * const gradient = await step([[1], [2]], [[3, 4]]);
 */
export function compile<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  options: CompileOptions = {},
): (...args: TensorLikesOf<A>) => Promise<TensorsOf<R>> {
  checkKnownOptions('compile', options, ['device', 'memoryLimit', 'without', 'verify', 'onTap']);
  let calls = 0;
  const cache = new Map<string, Promise<Compiled>>();
  return async (...args) => {
    const given = args.map(tensorsIn);
    const leaves = leavesOf(given);
    for (const { leaf } of leaves) checkHost(leaf);
    // The paths count: leaves in another order, or in other branches, are other arguments.
    const key = leaves.map(({ path, leaf }) => `${path} ${leaf.dtype}${showShape(leaf.shape)}`).join();
    const compiled = cache.get(key) ?? build(f, given, options);
    cache.delete(key);
    cache.set(key, compiled);
    if (cache.size > CACHE_SIZE) cache.delete(cache.keys().next().value as string);
    compiled.catch(() => cache.delete(key));
    const ready = await compiled;
    const leafTensors = leaves.map(({ leaf }) => leaf);
    const number = calls++;
    // One at a time: a session holds the arguments of one call.
    const results = ready.last.then(() => call(ready, leafTensors, number));
    ready.last = results.catch(() => undefined);
    return (await results) as TensorsOf<R>;
  };
}

function checkHost({ traced }: Tensor): void {
  if (traced === undefined) return;
  throw new SaddlepointError(
    'trace',
    'a compiled function was called with a traced tensor',
    'call the plain function inside the trace, and compile the outermost',
  );
}

async function build<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  args: readonly Tree<Tensor>[],
  options: CompileOptions,
): Promise<Compiled> {
  const builder = new ProgramBuilder();
  let next = 0;
  const traced = args.map((tree) =>
    mapTree(tree, ({ shape, dtype }) => builder.block(`argument ${next++}`, { shape, dtype })),
  );
  let results = 0;
  const result = mapTree(tensorsIn(f(...(traced as unknown as A))), (leaf): Spec => {
    builder.emit(`result ${results++}`, leaf);
    return { shape: leaf.shape, dtype: leaf.dtype };
  });
  const program = builder.finish(PROGRAM, [], builder.trace.taps);
  const { session } = await openSession([program], options);
  return { session, result, onCall: tapsOf(session, [program], options.onTap), last: Promise.resolve() };
}

async function call(
  { session, result, onCall }: Compiled,
  leaves: readonly Tensor[],
  number: number,
): Promise<Tree<Tensor>> {
  leaves.forEach((leaf, i) => {
    session.write(`argument ${i}`, leaf.data);
  });
  const { stop } = await session.run(PROGRAM, 1);
  if (stop !== undefined) throw stopError(stop);
  const specs = specsOf(result);
  const data = await Promise.all(specs.map((_, i) => session.readRows(PROGRAM, `result ${i}`, 1)));
  let next = 0;
  const tensors = mapSpecs(result, (spec) => hostTensor(spec, must(data[next++], 'a result')));
  await onCall(PROGRAM, number);
  return tensors;
}

/** mapTree for trees whose leaves are specs, which are plain objects themselves. */
function mapSpecs(tree: Tree<Spec>, f: (spec: Spec) => Tensor): Tree<Tensor> {
  if (isSpec(tree)) return f(tree);
  if (Array.isArray(tree)) return tree.map((child) => mapSpecs(child as Tree<Spec>, f));
  return Object.fromEntries(
    Object.entries(tree as Record<string, Tree<Spec>>).map(([key, child]) => [key, mapSpecs(child, f)]),
  );
}

/** The leaves of such a tree, in the order of mapSpecs. */
function specsOf(tree: Tree<Spec>): Spec[] {
  const specs: Spec[] = [];
  mapSpecs(tree, (spec) => {
    specs.push(spec);
    return hostTensor(spec, hostArray(spec.dtype, 0));
  });
  return specs;
}

function isSpec(value: unknown): value is Spec {
  const spec = value as { shape?: unknown; dtype?: DType };
  return Array.isArray(spec.shape) && typeof spec.dtype === 'string';
}
