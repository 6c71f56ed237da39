/** @file `scan` threads a carry through the rows of sequences, `repeat` through equal turns. */
import { SaddlepointError } from '../core/errors.ts';
import { showShape } from '../core/shape.ts';
import { leavesOf, type MapTree, mapTree, type Tree } from '../core/tree.ts';
import { showTap, type Tap } from '../graph/tap.ts';
import { type Tensor, type TensorLike, tensorsIn } from '../graph/tensor.ts';
import { traceBody } from '../graph/trace.ts';
import { recordScan } from './scan.ts';

/** A tree of tensors with the structure of T. */
type TensorsOf<T> = MapTree<T, TensorLike, Tensor>;

export interface ScanOptions {
  /** How many turns; needed where there are no sequences. */
  readonly length?: number;
  /** From the last row to the first; the results stand in the rows that they belong to. Default false. */
  readonly reverse?: boolean;
}

/**
 * Threads a carry through the rows of sequences: `carry, y[t] = f(carry, x[t])` for t = 0 … length − 1. Inside `compile` and
 * `fit` the loop is one instruction, its body is traced once.
 *
 * @param f takes the carry and one row of each sequence, and returns [the renewed carry, a result or a tree of results]. It
 *   may use tensors from around it (weights), and random numbers only through keys that come as a sequence (`keysOf`).
 * @param init the first carry: a tensor or a tree of tensors; shapes and types stay.
 *   What it taps is shown for all turns at once, [length, …].
 * @param xs a tensor [length, …] or a tree of such; `undefined` for none.
 * @param options length: needed without sequences, 1 or more; reverse: default false.
 * @returns [the last carry, the results, each [length, …]].
 * @throws SaddlepointError `shape` if the sequences differ in length or the carry changes its shape or type.
 * @example
 * const [total, sums] = scan((sum, x) => { const next = add(sum, x); return [next, next]; }, 0, [1, 2, 3]);
 * sums.toArray(); // [1, 3, 6]
 */
export function scan<C, X, Y>(
  f: (carry: TensorsOf<C>, x: TensorsOf<X>) => readonly [C | TensorsOf<C>, Y],
  init: C,
  xs: X,
  options: ScanOptions = {},
): [TensorsOf<C>, TensorsOf<Y>] {
  const start = tensorsIn(init);
  const rows = xs === undefined ? [] : tensorsIn(xs);
  const starts = leavesOf(start).map(({ leaf }) => leaf);
  const sequences = leavesOf(rows).map(({ leaf }) => leaf);
  const length = lengthOf(sequences, options.length);
  const specs = [
    ...starts.map(({ shape, dtype }) => ({ shape, dtype })),
    ...sequences.map(({ shape, dtype }) => ({ shape: shape.slice(1), dtype })),
  ];
  let result: Tree<Tensor> = [];
  let taps: readonly Tap[] = [];
  const body = traceBody(specs, pathOf([...starts, ...sequences]), (all, trace) => {
    const x = xs === undefined ? undefined : fill(rows, all.slice(starts.length));
    const [carry, y] = f(fill(start, all) as TensorsOf<C>, x as TensorsOf<X>);
    result = y === undefined ? [] : tensorsIn(y);
    const given = leavesOf(tensorsIn(carry));
    if (given.length !== starts.length)
      throw new SaddlepointError('shape', `scan: the carry has ${starts.length} tensors, f returned ${given.length}`);
    // By their places in the tree: an object's keys may come in another order.
    const byPath = new Map(given.map(({ path, leaf }) => [path, leaf]));
    const renewed = leavesOf(start).map(({ path }) => {
      const leaf = byPath.get(path);
      if (leaf !== undefined) return leaf;
      const others = [...byPath.keys()].map((key) => `'${key}'`).join(', ');
      throw new SaddlepointError('shape', `scan: the carry has '${path}', f returned ${others}`);
    });
    taps = trace.taps;
    return [...renewed, ...leavesOf(result).map(({ leaf }) => leaf), ...taps.map(({ value }) => value)];
  });
  const made = recordScan(body, [...starts, ...sequences], {
    length,
    carries: starts.length,
    sequences: sequences.length,
    reverse: options.reverse ?? false,
  });
  const tapped = starts.length + leavesOf(result).length;
  taps.forEach((one, i) => {
    showTap({ ...one, value: made[tapped + i] as Tensor });
  });
  return [fill(start, made) as TensorsOf<C>, fill(result, made.slice(starts.length)) as TensorsOf<Y>];
}

/**
 * Applies f to its own result `count` times: `scan` without sequences.
 *
 * @param count 1 or more.
 * @example repeat(3, (x) => mul(x, 2), 5).item(); // 40
 */
export function repeat<C>(count: number, f: (carry: TensorsOf<C>) => C | TensorsOf<C>, init: C): TensorsOf<C> {
  return scan((carry: TensorsOf<C>) => [f(carry), undefined] as const, init, undefined, { length: count })[0];
}

function lengthOf(sequences: readonly Tensor[], given: number | undefined): number {
  const lengths = new Set(sequences.map(({ shape }) => shape[0]));
  if (given !== undefined) lengths.add(given);
  const [length] = lengths;
  if (lengths.size !== 1 || length === undefined || !Number.isInteger(length) || length < 1) {
    const shapes = sequences.map(({ shape }) => showShape(shape)).join(' and ');
    throw new SaddlepointError(
      'shape',
      `scan: the sequences are ${shapes || 'none'}, the length is ${given ?? 'not given'}`,
      'all sequences have the same first dimension, the number of turns; without sequences give { length }',
    );
  }
  return length;
}

function pathOf(tensors: readonly Tensor[]): string {
  return tensors.find(({ traced }) => traced !== undefined)?.traced?.trace.path ?? '';
}

function fill(like: Tree<Tensor>, leaves: readonly Tensor[]): Tree<Tensor> {
  let next = 0;
  return mapTree(like, () => leaves[next++] as Tensor);
}
