/** @file Every op × every backend: gradients taken inside `compile`, against those computed in double precision. */
import { expect, test } from 'vitest';
import { grad } from '../../../src/autodiff/grad.ts';
import type { Tensor } from '../../../src/graph/tensor.ts';
import { sum } from '../../../src/ops/reduce.ts';
import { SAMPLES, type Sample } from '../../../src/ops/samples.ts';
import {
  applyAll,
  type BackendName,
  describeSample,
  expectClose,
  isFloat,
  NAMES,
  OPS,
  runOn,
  tensorsOf,
  weightedSum,
} from '../harness.ts';

/** The gradients of a weighted sum of all outputs with respect to the f32 inputs, zeros where there is none. */
function gradientsOf(
  name: (typeof NAMES)[number],
  sample: Sample,
  inputs: readonly Tensor[],
  total = weightedSum,
): Tensor[] {
  const floats = inputs.filter(isFloat);
  if (floats.length === 0) return [];
  return grad((leaves: Tensor[]) => {
    let next = 0;
    const all = inputs.map((input) => (isFloat(input) ? (leaves[next++] as Tensor) : input));
    return total(applyAll(OPS[name], all, sample));
  }, floats) as Tensor[];
}

/**
 * Some thirty roundings on numbers of size 1 to 100. A gradient may be a sum over 1000 elements (a scalar broadcast to
 * them), whose terms may cancel: hence the absolute part.
 */
const GRADIENT = { relative: 1e-5, absolute: 5e-5 };

export function gradientsOn(device: BackendName): void {
  test.each(NAMES)('%s has the gradients of its definition', async (name) => {
    const samples: readonly Sample[] = SAMPLES[name];
    const inputs = tensorsOf(samples);
    const compute = (...all: readonly (readonly Tensor[])[]) =>
      samples.map((sample, i) => gradientsOf(name, sample, all[i] ?? []));
    const expected = compute(...inputs);
    if (expected.every((list) => list.length === 0)) return;
    const actual = await runOn(device, compute, inputs);
    expected.forEach((gradients, i) => {
      const sample = samples[i] as Sample;
      for (const [j, gradient] of gradients.entries())
        expectClose(
          actual[i]?.[j] as Tensor,
          gradient,
          device === 'reference' ? { relative: 1e-12, absolute: 1e-12 } : GRADIENT,
          `${name} ${describeSample(sample)} gradient ${j}`,
        );
    });
  });

  const special = NAMES.filter((name) => (SAMPLES[name] as readonly Sample[]).some(({ gradient }) => gradient));
  test.each(special)('%s has the agreed gradients at its special points', async (name) => {
    const samples = (SAMPLES[name] as readonly Sample[]).filter(({ gradient }) => gradient);
    const inputs = tensorsOf(samples);
    const total = (outputs: readonly Tensor[]): Tensor =>
      sum((outputs[0] as Tensor).dtype === 'f32' ? (outputs[0] as Tensor) : 0);
    const actual = await runOn(
      device,
      (...all) => samples.map((sample, i) => gradientsOf(name, sample, all[i] ?? [], total)),
      inputs,
    );
    samples.forEach(({ gradient }, i) => {
      gradient?.forEach((expected, j) => {
        if (expected === undefined) return;
        const got = Array.from(actual[i]?.[j]?.data ?? []);
        expect(got.length).toBe(expected.length);
        got.forEach((value, k) => {
          expect(value, `${name} input ${j} element ${k}`).toBeCloseTo(expected[k] as number, 5);
        });
      });
    });
  });
}
