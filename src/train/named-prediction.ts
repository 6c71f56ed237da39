/** @file Rows of named inputs in, answers by the names of outputs out. */

import { sizeOf } from '../core/shape.ts';
import { isTensorLike, isTypedArray } from '../data/nested.ts';
import type { Tensor } from '../graph/tensor.ts';
import { type NamedParts, packInputs, readInputs } from './named.ts';

/** What was given, as rows; `single` says that it was one row. */
export function packRowsToPredict(x: unknown, named: NamedParts): { x: Tensor; single: boolean } {
  const [first] = named.inputs;
  const one = named.single.x ? x : Object(x)[(first as { name: string }).name];
  const rank = rankOf(one);
  const single =
    first !== undefined && (rank === first.shape.length || (isTypedArray(one) && sizeOf(first.shape) === one.length));
  const given = single ? (named.single.x ? [row(x)] : each(x, (part) => [row(part)])) : x;
  return { x: packInputs(readInputs({ x: given }, single ? 1 : undefined), named), single };
}

const each = (record: unknown, f: (part: unknown) => unknown): Record<string, unknown> =>
  Object.fromEntries(Object.entries(Object(record)).map(([name, part]) => [name, f(part)]));

/** A row as an element of a list of rows. */
const row = (x: unknown): unknown => (isTensorLike(x) ? x.data : typeof x === 'number' ? [x] : x);

function rankOf(x: unknown): number {
  if (isTensorLike(x)) return x.shape.length;
  return Array.isArray(x) || isTypedArray(x) ? 1 + rankOf((x as ArrayLike<unknown>)[0]) : 0;
}

/** The numbers of one row's answer by output, in the units of the data; of classes their probabilities. */
export function outputsOf(values: readonly number[], { outputs }: NamedParts): Map<string, number[]> {
  return new Map(
    outputs.map(({ name, loss, shape, offset, shift, scale }) => {
      const own = values.slice(offset, offset + sizeOf(shape));
      if (loss.comparesRows) return [name, own];
      if (loss.target === 'class') return [name, softmaxBy(own, shape.at(-1) as number)];
      if (loss.target === 'binary')
        return [name, loss.options.fromProbabilities === true ? own : own.map((value) => 1 / (1 + Math.exp(-value)))];
      const of = (list: readonly number[] | undefined, i: number, otherwise: number): number =>
        list?.[list.length === 1 ? 0 : i] ?? otherwise;
      return [name, own.map((value, i) => value / of(scale, i, 1) + of(shift, i, 0))];
    }),
  );
}

/** The softmax of every `units` numbers. */
function softmaxBy(values: readonly number[], units: number): number[] {
  return values.flatMap((_, at) => {
    if (at % units !== 0) return [];
    const own = values.slice(at, at + units);
    const most = Math.max(...own);
    const powers = own.map((value) => Math.exp(value - most));
    const total = powers.reduce((sum, power) => sum + power, 0);
    return powers.map((power) => power / total);
  });
}
