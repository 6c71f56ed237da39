/** @file Every op × every backend: values over all samples, against the op's own definition in double precision. */
import { test } from 'vitest';
import { SAMPLES, type Sample } from '../../../src/ops/samples.ts';
import { applyAll, type BackendName, describeSample, expectClose, NAMES, OPS, runOn, tensorsOf } from '../harness.ts';

export function valuesOn(device: BackendName): void {
  test.each(NAMES)('%s gives the values of its definition', async (name) => {
    const samples: readonly Sample[] = SAMPLES[name];
    const inputs = tensorsOf(samples);
    const compute = (...all: readonly (readonly (typeof inputs)[0][number][])[]) =>
      samples.map((sample, i) => applyAll(OPS[name], all[i] ?? [], sample));
    const actual = await runOn(device, compute, inputs);
    compute(...inputs).forEach((expected, i) => {
      const sample = samples[i] as Sample;
      for (const [j, output] of expected.entries())
        expectClose(
          actual[i]?.[j] as typeof output,
          output,
          device === 'reference' ? { relative: 1e-13, absolute: 1e-13 } : sample.tolerance,
          `${name} ${describeSample(sample)} output ${j}`,
        );
    });
  });
}
