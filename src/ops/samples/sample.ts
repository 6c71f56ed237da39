/** @file What a sample of an op is, the errors that f32 arithmetic may make, and the builders that the rows are written with. */
import type { DType } from '../../core/dtype.ts';
import { type Shape, sizeOf } from '../../core/shape.ts';
import type { Attributes } from '../../graph/node.ts';
import { type Tensor, tensor } from '../../graph/tensor.ts';

/** An input: values drawn evenly from [from, to), rounded to f32 (or down to integers); or `data`, as they stand. */
export interface SampleInput {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly from: number;
  readonly to: number;
  readonly data?: readonly number[];
}

/** |result − exact| ≤ relative · |exact| + absolute, where `exact` is the op's own definition in double precision. */
export interface Tolerance {
  readonly relative: number;
  readonly absolute: number;
}

export interface Sample {
  readonly inputs: readonly SampleInput[];
  readonly attributes: Attributes;
  readonly tolerance: Tolerance;
  /** No central differences: a kink, or a place where the gradient is a convention. */
  readonly isSpecial?: true;
  /** The gradient of the sum of output 0 with respect to each input, where it is fixed by convention. */
  readonly gradient?: readonly (readonly number[] | undefined)[];
}

/** One rounding of f32. */
const UNIT = 2 ** -24;
/** Moves, compares or chooses: every bit is right. */
export const EXACT: Tolerance = { relative: 0, absolute: 0 };
/** One IEEE operation: rounded once; and once more where the device's f32 is compared with a rounded double. */
export const ROUNDED: Tolerance = { relative: 2 * UNIT, absolute: 2 ** -149 };
/** Our polynomials: within 2 units in the last place (test/kernels measures each). */
export const TRANSCENDENTAL: Tolerance = { relative: 6 * UNIT, absolute: 2 ** -148 };
/** Our polynomials within 4 units in the last place, and functions made of two or three others. */
export const CHAINED: Tolerance = { relative: 12 * UNIT, absolute: 2 ** -147 };
/** Sums of up to 1000 numbers of size 2, at most 32 steps of them in f32: 32 roundings of what is summed so far. */
export const SUMMED: Tolerance = { relative: 32 * UNIT, absolute: 1e-5 };
/** Products of up to 130 numbers near 1: a rounding each. */
export const MULTIPLIED: Tolerance = { relative: 130 * UNIT, absolute: 0 };
/** Some ten operations on numbers of size 1 to 10, with a difference that may cancel among them. */
export const COMPOSED: Tolerance = { relative: 32 * UNIT, absolute: 4e-6 };

/** Lists of shapes as text: shapes between spaces, or tuples of shapes joined by `|`, dimensions by `,`; a scalar is empty. */
export function shapes(text: string): Shape[][] {
  const one = (part: string): Shape => (part === '' ? [] : part.split(',').map(Number));
  return text.split(' ').map((tuple) => tuple.split('|').map(one));
}

export const f32 = (shape: Shape, from = -2, to = 2): SampleInput => ({ shape, dtype: 'f32', from, to });
/** Integers in [from, to). */
export const i32 = (shape: Shape, to: number, from = 0): SampleInput => ({ shape, dtype: 'i32', from, to });
export const u8 = (shape: Shape): SampleInput => ({ shape, dtype: 'u8', from: 0, to: 256 });
/** Exactly these numbers. */
export const given = (data: readonly number[], dtype: DType = 'f32', shape: Shape = [data.length]): SampleInput => ({
  ...{ shape, dtype, from: 0, to: 0, data },
});

export const sample = (tolerance: Tolerance, inputs: readonly SampleInput[], attributes: Attributes = {}): Sample => ({
  inputs,
  attributes,
  tolerance,
});

export const special = (of: Sample, gradient?: Sample['gradient']): Sample => ({
  ...of,
  isSpecial: true,
  ...(gradient === undefined ? {} : { gradient }),
});

/** Lengths around the widths of vectors, and one beyond every block. */
export const SIZES = [1, 3, 4, 5, 31, 33, 1000];
export const DTYPES: readonly DType[] = ['f32', 'i32', 'u8'];

/** One input that is moved, not computed with. */
export const moved = (shape: Shape, attributes: Attributes, dtype: DType = 'f32'): Sample =>
  sample(EXACT, [dtype === 'u8' ? u8(shape) : dtype === 'i32' ? i32(shape, 1000, -1000) : f32(shape)], attributes);

export const allTypes = (shape: Shape, attributes: Attributes): Sample[] =>
  DTYPES.map((dtype) => moved(shape, attributes, dtype));

/** The tensors of a sample; the same numbers every time. */
export function sampleTensors({ inputs }: Sample): Tensor[] {
  return inputs.map(({ shape, dtype, from, to, data }, position) => {
    // Multiples of the golden section fill an interval evenly and meet no value twice.
    const draw = (i: number): number => from + (to - from) * ((0.31 * (position + 1) + 0.6180339887 * (i + 1)) % 1);
    const values = data ?? Array.from({ length: sizeOf(shape) }, (_, i) => draw(i));
    return tensor(Float64Array.from(values, dtype === 'f32' ? Math.fround : Math.floor), shape, dtype);
  });
}
