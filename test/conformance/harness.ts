/** @file Running op records on every backend, and comparing with their definitions in double precision. */
import { expect } from 'vitest';
import { type CompileOptions, compile } from '../../src/engine/compile.ts';
import type { Op } from '../../src/graph/node.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { apply } from '../../src/graph/trace.ts';
import { add, mul } from '../../src/ops/elementwise.ts';
import { sum } from '../../src/ops/reduce.ts';
import { type Sample, sampleTensors, type Tolerance } from '../../src/ops/samples.ts';
import { composites, type OpName, primitives } from '../../src/ops/table.ts';

/** The backends; a new one joins every test of this folder by its name here. */
export const BACKENDS = ['reference', 'wasm'] as const;
/** `webgl` runs in a browser (test/browser), and on tfjs' own backend for Node (test/webgl). */
export type BackendName = (typeof BACKENDS)[number] | 'webgl';

export const OPS = { ...primitives, ...composites } as unknown as Readonly<Record<OpName, Op>>;
export const NAMES = Object.keys(OPS) as OpName[];

/** Every backend is tested with each pass checked by `verify`. */
export const optionsFor = (device: BackendName): CompileOptions => ({ device, verify: true });

/** All outputs of an op on the inputs, with the attributes of the sample. */
export const applyAll = (op: Op, inputs: readonly Tensor[], sample: Sample): Tensor[] =>
  apply(op, inputs, sample.attributes);

/** Compiled, run and compared for each of many inputs in one program, since that is faster than a program each. */
export async function runOn(
  device: BackendName,
  f: (...inputs: readonly (readonly Tensor[])[]) => Tensor[][],
  inputs: readonly (readonly Tensor[])[],
): Promise<Tensor[][]> {
  const compiled = compile(f as (...args: Tensor[][]) => Tensor[][], optionsFor(device));
  return (await compiled(...(inputs as Tensor[][]))) as Tensor[][];
}

/** A scalar in which every element of every f32 output counts with a weight of its own. */
export function weightedSum(outputs: readonly Tensor[]): Tensor {
  return outputs
    .filter(({ dtype }) => dtype === 'f32')
    .map((y) => {
      const size = y.shape.reduce((product, dimension) => product * dimension, 1);
      const weights = Float32Array.from({ length: size }, (_, i) => 0.5 + ((i * 0.618034) % 1));
      return sum(mul(y, tensor(weights, y.shape)));
    })
    .reduce((total, part) => add(total, part), tensor(0));
}

/** Whether the gradient checker and grad can be asked: the op gives floats from floats. */
export const isFloat = ({ dtype }: Tensor): boolean => dtype === 'f32';

export interface Closeness extends Tolerance {
  /** Signs of zeros count too. */
  readonly signs?: boolean;
}

/** Every element within the tolerance; NaN for NaN, infinities by sign. Values beyond f32 count as infinite on f32 backends. */
export function expectClose(actual: Tensor, expected: Tensor, closeness: Closeness, what: string): void {
  expect(actual.shape, what).toEqual(expected.shape);
  expect(actual.dtype, what).toBe(expected.dtype);
  const isSingle = actual.data instanceof Float32Array;
  for (let i = 0; i < expected.data.length; i++) {
    const a = actual.data[i] as number;
    const exact = expected.data[i] as number;
    const e = isSingle ? Math.fround(exact) : exact;
    if (Object.is(a, e)) continue;
    if (a === 0 && e === 0 && !closeness.signs) continue;
    const isNear = Math.abs(a - exact) <= closeness.relative * Math.abs(exact) + closeness.absolute;
    if (Number.isFinite(e) && isNear && !(a === 0 && e === 0)) continue;
    throw new Error(`${what}: element ${i} is ${a}, expected ${exact} within ${JSON.stringify(closeness)}`);
  }
}

/** A short text for a sample in messages. */
export const describeSample = ({ inputs, attributes }: Sample): string =>
  `${inputs.map(({ dtype, shape }) => `${dtype}[${shape}]`).join(' ')} ${JSON.stringify(attributes, (key, value) => (key === 'body' ? 'a graph' : value))}`;

/** The samples of an op as tensors. */
export const tensorsOf = (samples: readonly Sample[]): Tensor[][] => samples.map(sampleTensors);
