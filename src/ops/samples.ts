/**
 * @file For every op record: inputs to try it on, over all its attribute values and broadcast forms, with the domain that
 * values are drawn from and the error that f32 arithmetic may make. Kept out of the records, so that it costs users no
 * bytes. Tests draw from it (conformance of backends, gradients), and whoever adds an op adds its row: a missing one does
 * not compile. Ops of training are here, the others by family in samples/.
 */
import type { HostArray } from '../core/dtype.ts';
import type { Attributes } from '../graph/node.ts';
import { ATTENTION } from './samples/attention.ts';
import { CONV, CONV_FILTER_GRADIENT, CONV_INPUT_GRADIENT, CONV_LINEAR } from './samples/conv.ts';
import { ELEMENTWISE } from './samples/elementwise.ts';
import { FUNCTIONS } from './samples/functions.ts';
import { NORMALIZE } from './samples/normalize.ts';
import * as pool from './samples/pool.ts';
import { PRODUCTS } from './samples/products.ts';
import { ROWS } from './samples/rows.ts';
import { COMPOSED, EXACT, f32, given, moved, ROUNDED, type Sample, sample, shapes } from './samples/sample.ts';
import { SCAN } from './samples/scan.ts';
import { STRUCTURED } from './samples/structured.ts';
import type { OpName } from './table.ts';

export { type Sample, sampleTensors, type Tolerance } from './samples/sample.ts';

const constant = (data: HostArray, dtype: string): Sample => sample(EXACT, [], { data, shape: [data.length], dtype });

/** Equal bits on all backends: our own arithmetic in f32. */
const random = (attributes: Attributes): Sample[] =>
  shapes('1 5 33,31 1000 ').map(([shape]) =>
    sample(EXACT, [given([7, 11, 3], 'i32')], { shape, stream: 3_000_000_000, ...attributes }),
  );

const BLOCKS = [1, 5, 33, 1000];

/** Adam's blocks are parameters (for the step), gradient and first moment; then the second moment, which is positive. */
const adam = (blocks: number): Sample[] =>
  BLOCKS.map((n) => {
    const inputs = [...Array.from({ length: blocks }, () => f32([n])), f32([n], 0.01, 0.5), given([0.1, 1e-3])];
    return sample(COMPOSED, inputs, { beta1: 0.9, beta2: 0.999 });
  });

const sgd = (blocks: number): Sample[] =>
  BLOCKS.flatMap((n) =>
    [0, 0.9].flatMap((momentum) =>
      [false, true].map((nesterov) => {
        const inputs = Array.from({ length: momentum === 0 ? blocks : blocks + 1 }, () => f32([n]));
        return sample(COMPOSED, [...inputs, given([0.1, 0.7])], { momentum, nesterov });
      }),
    ),
  );

export const SAMPLES = {
  ...ELEMENTWISE,
  ...FUNCTIONS,
  ...STRUCTURED,
  ...ROWS,
  ...PRODUCTS,
  ...NORMALIZE,
  ...ATTENTION,
  constant: [
    constant(Float64Array.of(1.5, -2), 'f32'),
    constant(Int32Array.of(-7, 9), 'i32'),
    constant(Uint8Array.of(0, 255), 'u8'),
  ],
  segment: [
    moved([48], { offset: 0, shape: [48] }),
    moved([48], { offset: 17, shape: [3, 5] }),
    moved([4], { offset: 3, shape: [] }),
  ],
  pack: [
    sample(EXACT, [f32([3, 4]), f32([5]), f32([])], { offsets: [0, 16, 32], size: 48 }),
    sample(EXACT, [f32([4]), f32([3])], { offsets: [2, 6], size: 9 }),
  ],
  randomUniform: random({}),
  randomNormal: random({}),
  dropoutMask: [0, 0.25, 0.5, 0.9].flatMap((rate) => random({ rate }).map((mask) => ({ ...mask, tolerance: ROUNDED }))),
  guard: [1, 2, 3].map((conditions) => sample(EXACT, [f32([5]), ...Array.from({ length: conditions }, () => f32([]))])),
  scan: SCAN,
  conv2d: CONV,
  conv2dInputGradient: CONV_INPUT_GRADIENT,
  conv2dFilterGradient: CONV_FILTER_GRADIENT,
  convLinear: CONV_LINEAR,
  maxPool: pool.MAX_POOL,
  maxPoolGradient: pool.MAX_POOL_GRADIENT,
  maxPoolGather: pool.MAX_POOL_GATHER,
  averagePool: pool.AVERAGE_POOL,
  averagePoolGradient: pool.AVERAGE_POOL_GRADIENT,
  adamUpdate: adam(2),
  adamStep: adam(3),
  sgdUpdate: sgd(1),
  sgdStep: sgd(2),
} satisfies Record<OpName, readonly Sample[]>;
