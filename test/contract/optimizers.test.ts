import { describe, expect, it } from 'vitest';
import { layoutGroup } from '../../src/graph/program.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { mul } from '../../src/ops/elementwise.ts';
import type { Transform } from '../../src/optim/transform.ts';
import { type Stepper, stepper } from '../golden/express/optimizers.ts';
import { type Device, openSession } from '../golden/session.ts';
import { MAKERS, OPTIMIZERS } from './optimizers.ts';

/** Two layers, with gaps of 1 and 11 elements behind leaves, and a filter whose axes before the last are not all longer than 1. */
const { segments, size } = layoutGroup('parameters', [
  { path: '0/kernel', shape: [3, 5] },
  { path: '0/bias', shape: [5] },
  { path: '1/kernel', shape: [1, 2, 5, 3] },
  { path: '1/bias', shape: [3] },
]);
const inLeaf = new Uint8Array(size);
for (const { offset, shape } of segments) inLeaf.fill(1, offset, offset + shape.reduce((a, b) => a * b, 1));
const filled = (f: (i: number) => number): Float64Array =>
  Float64Array.from(inLeaf, (inside, i) => (inside === 1 ? Math.fround(f(i)) : 0));
const START = filled((i) => ((i * 0.7548777) % 2) - 1 || 0.5);
/** Of the quadratic ½ Σ cᵢ wᵢ²: condition number 10. */
const CURVATURES = filled((i) => 0.1 + 0.9 * ((i * 0.5698403) % 1));

const quadratic = (w: ArrayLike<number>): number =>
  CURVATURES.reduce((sum, c, i) => sum + (c * (w[i] as number) ** 2) / 2, 0);

async function descent(transform: Transform, device: Device, start: Float64Array = START): Promise<Stepper> {
  const gradientOf = (w: Tensor, { curvatures }: Record<string, Tensor>) => ({
    gradient: mul(w, curvatures as Tensor),
  });
  return stepper(await openSession(device), transform, tensor(start), gradientOf, segments);
}

const more = { curvatures: tensor(CURVATURES) };

describe.each(Object.entries(OPTIMIZERS))('%s', (_, transform) => {
  it('brings a quadratic below a tenth in 400 steps, where it trains and where it is evaluated', async () => {
    const run = await descent(transform, 'reference');
    for (let i = 0; i < 400; i++) await run.step(more);
    const limit = 0.1 * quadratic(START);
    expect(quadratic(run.parameters.data)).toBeLessThan(limit);
    expect(quadratic((await run.evaluated()).data)).toBeLessThan(limit);
  });

  it('takes the same steps on WebAssembly as in double precision', async () => {
    const [device, reference] = await Promise.all(
      (['wasm', 'reference'] as const).map(async (name) => {
        const run = await descent(transform, name);
        for (let i = 0; i < 12; i++) await run.step(more);
        return [...run.parameters.data, ...(await run.evaluated()).data];
      }),
    );
    // Twelve steps of f32 with a few roundings each, in parameters up to 1; orthogonalizing amplifies them most.
    for (const [i, expected] of (reference as number[]).entries())
      expect(Math.abs((device?.[i] as number) - expected), `element ${i}`).toBeLessThan(2e-5);
  });

  it('keeps the gaps between leaves at 0, in parameters, slots and where it is evaluated', async () => {
    for (const device of ['wasm', 'reference'] as const) {
      const run = await descent(transform, device);
      for (let i = 0; i < 5; i++) {
        const made = await run.step(more);
        const blocks = Object.entries({ ...made, evaluated: await run.evaluated() });
        const names = blocks.filter(([, { shape }]) => shape[0] === size);
        expect(names.length).toBe(2 + transform.slots.length);
        for (const [name, { data }] of names)
          data.forEach((value: number, at: number) => {
            if (inLeaf[at] === 0) expect(Math.abs(value), `${name}[${at}]`).toBe(0);
          });
      }
    }
  });

  it('leaves zeros of a zero gradient at 0', async () => {
    const run = await descent(
      transform,
      'wasm',
      START.map(() => 0),
    );
    for (let i = 0; i < 3; i++) await run.step(more);
    expect(Array.from(run.parameters.data, Math.abs).every((w) => w === 0)).toBe(true);
  });

  it('has options that are plain JSON, and scalars that depend on the step alone', () => {
    expect(JSON.parse(JSON.stringify(transform.options))).toEqual(transform.options);
    const inOrder = Array.from({ length: 12 }, (_, step) => [...transform.scalars(step)]);
    for (const step of [11, 3, 7, 0, 11]) expect(transform.scalars(step)).toEqual(inOrder[step]);
    for (const scalars of inOrder) {
      expect(scalars).toHaveLength(transform.scalarCount);
      expect(scalars.every((x) => Number.isFinite(Math.fround(x)))).toBe(true);
    }
  });
});

describe.each(Object.entries(MAKERS))('%s', (name, make) => {
  const makeWith = (options: Record<string, unknown>) => () => make(options as never);

  it('works without options, and refuses unknown ones with the near name', () => {
    expect(make({} as never).name).toBe(name);
    expect(makeWith({ learningrate: 0.1 })).toThrow(/unknown option 'learningrate'\n.*did you mean 'learningRate'/);
  });

  it('names an option that is out of range, and what it may be', () => {
    const numbers = Object.entries(make({} as never).options).filter(([, value]) => typeof value === 'number');
    const { learningRate: _, ...others } = Object.fromEntries(numbers);
    for (const option of ['learningRate', ...Object.keys(others)])
      for (const value of [-1, Number.NaN, '0.1', Number.POSITIVE_INFINITY])
        expect(makeWith({ [option]: value }), `${option} ${value}`).toThrow(new RegExp(`\\.${option}: expected `));
  });
});
