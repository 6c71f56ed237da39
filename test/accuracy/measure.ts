/** @file Measuring the error of compiled functions in units in the last place (ulp). */
import { compile } from '../../src/engine/compile.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import type { OfOne, OfTwo } from './functions.ts';

export interface Accuracy {
  /** The largest error; Infinity where NaN was given or expected and the other was not. */
  readonly ulp: number;
  readonly at: readonly number[];
  readonly inputs: number;
}

const BLOCK = 2 ** 16;
const single = new Float32Array(1);
const bits = new Uint32Array(single.buffer);

/** The distance of f32 numbers by their exponents' bits. */
const SPACING = Float64Array.from({ length: 256 }, (_, e) => 2 ** (Math.min(Math.max(e, 1), 254) - 150));

function spacing(x: number): number {
  single[0] = x;
  return SPACING[((bits[0] as number) >>> 23) & 255] as number;
}

const BEYOND = 2 ** 128;
const held = (x: number): number => Math.min(Math.max(x, -BEYOND), BEYOND);

/** The error of a result; beyond the largest f32 all is 2¹²⁸. */
export function ulps(got: number, exact: number): number {
  const error = Math.abs(held(got) - held(exact)) / spacing(exact);
  if (!Number.isNaN(error)) return error;
  return Number.isNaN(got) && Number.isNaN(exact) ? 0 : Number.POSITIVE_INFINITY;
}

type Inputs = readonly Float32Array<ArrayBuffer>[];

/** The largest error over blocks of inputs: one array an argument. */
async function worstOf(
  f: (...args: Tensor[]) => Tensor,
  exact: (...args: number[]) => number,
  blocks: Iterable<Inputs>,
): Promise<Accuracy> {
  const compiled = compile(f, { device: 'wasm' });
  let worst: Accuracy = { ulp: 0, at: [], inputs: 0 };
  let inputs = 0;
  for (const block of blocks) {
    const { data } = await compiled(...block.map((values) => tensor(values)));
    const [a, b] = block as [Float32Array, Float32Array | undefined];
    for (let i = 0; i < data.length; i++) {
      const error = ulps(
        data[i] as number,
        b === undefined ? exact(a[i] as number) : exact(a[i] as number, b[i] as number),
      );
      if (error > worst.ulp) worst = { ulp: error, at: block.map((values) => values[i] as number), inputs };
    }
    inputs += data.length;
  }
  return { ...worst, inputs };
}

/** Every `step`-th of the 2³² patterns of bits, but for those that are NaN. */
function* everyNumber(step: number): Generator<Inputs> {
  let patterns = new Uint32Array(BLOCK);
  let count = 0;
  for (let pattern = 0; pattern < 2 ** 32; pattern += step) {
    if ((pattern & 0x7fffffff) > 0x7f800000) continue;
    patterns[count++] = pattern;
    if (count < BLOCK) continue;
    yield [new Float32Array(patterns.buffer)];
    patterns = new Uint32Array(BLOCK);
    count = 0;
  }
  // The last block is filled up with zeros.
  yield [new Float32Array(patterns.buffer)];
}

function* pairs(count: number, draw: OfTwo['draw']): Generator<Inputs> {
  let state = 1;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  for (let done = 0; done < count; done += BLOCK) {
    const block = [new Float32Array(BLOCK), new Float32Array(BLOCK)] as const;
    for (let i = 0; i < BLOCK; i++) [block[0][i], block[1][i]] = draw(next(), next()) as [number, number];
    yield block;
  }
}

/** A function of one number at every `step`-th input. */
export const measureOne = ({ f, exact, slowness = 1 }: OfOne, step: number): Promise<Accuracy> =>
  worstOf(f as (...args: Tensor[]) => Tensor, exact as (...args: number[]) => number, everyNumber(step * slowness));

/** A function of two numbers at `count` random pairs. */
export const measureTwo = ({ f, exact, draw }: OfTwo, count: number): Promise<Accuracy> =>
  worstOf(f as (...args: Tensor[]) => Tensor, exact as (...args: number[]) => number, pairs(count, draw));
