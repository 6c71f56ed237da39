/**
 * @file What the host computes when it knows all inputs: the minibatch and its indices, random numbers, views. Checks of indices
 * are exact here, and cost nothing.
 */
import { ARRAYS, type HostArray } from '../../core/dtype.ts';
import { must } from '../../core/errors.ts';
import { randomNormal, randomUniform } from '../../core/philox.ts';
import { type Shape, sizeOf } from '../../core/shape.ts';
import type { HostTensor, Node, Spec } from '../../graph/node.ts';
import { indexError } from '../../ops/indexing.ts';

/** As it is stored on other backends: f32 in singles. */
export const stored = (dtype: Spec['dtype'], data: ArrayLike<number>): HostArray =>
  data instanceof ARRAYS[dtype] ? data : ARRAYS[dtype].from(data);

/** Refuses indices outside 0 … rows − 1. */
export function checkPlaces(name: string, index: ArrayLike<number>, rows: number): void {
  for (let i = 0; i < index.length; i++) {
    const value = index[i] as number;
    if (!(value >= 0 && value < rows)) throw indexError(name, i, value, rows);
  }
}

/** Rows of a table, each number as `convert` makes it of itself and its column. */
function pickRows(
  table: HostTensor,
  index: HostTensor,
  into: HostArray,
  convert?: (x: number, column: number) => number,
) {
  const rows = table.shape[0] as number;
  const width = sizeOf(table.shape) / rows;
  index.data.forEach((row: number, i: number) => {
    const from = table.data.subarray(row * width, (row + 1) * width);
    if (convert === undefined) into.set(from, i * width);
    else
      for (let column = 0; column < width; column++) into[i * width + column] = convert(from[column] as number, column);
  });
  return [into];
}

function gather(name: string, inputs: readonly HostTensor[], output: Spec): HostArray[] {
  const [table, index, shift, scale] = inputs as [HostTensor, HostTensor, HostTensor?, HostTensor?];
  checkPlaces(name, index.data, table.shape[0] as number);
  const into = new ARRAYS[output.dtype](sizeOf(output.shape));
  if (shift === undefined || scale === undefined) return pickRows(table, index, into);
  const at = (x: HostTensor, column: number): number => x.data[x.data.length === 1 ? 0 : column] as number;
  // Rounded twice, as on the machine.
  return pickRows(table, index, into, (x, column) =>
    Math.fround(Math.fround(x - at(shift, column)) * at(scale, column)),
  );
}

type Fill = (out: Float32Array, seed: number, stream: number, step: number, iteration: number) => void;

function draw(
  [key]: readonly HostTensor[],
  { shape, stream }: { shape: Shape; stream: number },
  fill: Fill,
): Float32Array {
  const [seed, step, iteration] = must(key, 'a key').data as unknown as [number, number, number];
  const result = new Float32Array(sizeOf(shape));
  fill(result, seed >>> 0, stream, step >>> 0, iteration >>> 0);
  return result;
}

type HostLowering = (inputs: readonly HostTensor[], node: Node) => HostArray[];
// biome-ignore lint/suspicious/noExplicitAny: each op reads attributes of its own
type Any = any;

/** The definition of an op, whose results are rounded to what is stored. */
const defined: HostLowering = (inputs, { op, attributes, outputs }) =>
  must(op.evaluate, op.name)
    .call(op, inputs, attributes, outputs)
    .map((data, i) => stored(must(outputs[i], 'an output').dtype, data));

/** Elements up to which moving on the host costs less than a call to the device. */
const SMALL = 4096;
const MOVED = ['segment', 'pack', 'cast', 'slice', 'concat', 'split', 'transpose'];
/** With which keys of random numbers are made of keys: those have to stay here, see `keysOf`. */
const ON_KEYS = ['mul'];
const IF_SMALL = [...MOVED, ...ON_KEYS];

const HOST: Readonly<Record<string, HostLowering>> = {
  gather: (inputs, { outputs }) => gather('gather', inputs, must(outputs[0], 'an output')),
  gatherRows: (inputs, { outputs }) => gather('gatherRows', inputs, must(outputs[0], 'an output')),
  randomUniform: (inputs, { attributes }) => [draw(inputs, attributes as Any, randomUniform)],
  randomNormal: (inputs, { attributes }) => [draw(inputs, attributes as Any, randomNormal)],
  dropoutMask: (inputs, { attributes }) => {
    const rate = Math.fround(attributes.rate as number);
    const scale = Math.fround(1 / (1 - (attributes.rate as number)));
    return [draw(inputs, attributes as Any, randomUniform).map((u) => (u < rate ? 0 : scale))];
  },
  ...{ identity: defined, reshape: defined, rowOrder: defined },
  ...Object.fromEntries(IF_SMALL.map((name) => [name, defined])),
};

/** Those that only the host computes. */
const ALWAYS = new Set(['randomUniform', 'randomNormal', 'dropoutMask']);

/** How the host computes a node; undefined if it is for the device. */
export function hostLowering({ op, outputs }: Node): HostLowering | undefined {
  const isLarge = IF_SMALL.includes(op.name) && outputs.some(({ shape }) => sizeOf(shape) > SMALL);
  return !isLarge && Object.hasOwn(HOST, op.name) ? HOST[op.name] : undefined;
}

export const isHostOnly = ({ op }: Node): boolean => ALWAYS.has(op.name);
