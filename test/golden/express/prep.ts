/** @file prep.json: scalers, whitening and running moments; host code, so every device gives the same. */
import { mergeMoments, momentsOf, noMoments, varianceOf } from '../../../src/data/scale/moments.ts';
import {
  minMaxScaler,
  quantile,
  robustScaler,
  type Scaler,
  standardizeScaler,
} from '../../../src/data/scale/scalers.ts';
import { applyWhitening, fitWhitening } from '../../../src/data/scale/whiten.ts';
import { applyScaling } from '../../../src/data/scaling.ts';
import { type Check, type GoldenCase, type GoldenTensor, numbersOf } from '../format.ts';
import type { Adapter } from '../session.ts';

const list = (value: unknown): number[] => numbersOf((value as GoldenTensor).d);
const check = (what: string, got: ArrayLike<number>, expected: unknown): Check => ({
  what,
  got,
  expected: list(expected),
});

function scaled(data: GoldenCase, scaler: Scaler): { columns: number; checks: Check[] } {
  const columns = (data.x as GoldenTensor).s[1] as number;
  const x = Float32Array.from(list(data.x));
  const { scaling } = scaler.fit(x, columns);
  return { columns, checks: [check('y', applyScaling(scaling, x, columns), data.y)] };
}

/** The columns of a row-major matrix, each in ascending order. */
function sortedColumns(values: readonly number[], columns: number): Float64Array[] {
  return Array.from({ length: columns }, (_, j) =>
    Float64Array.from(values.filter((_, i) => i % columns === j)).sort(),
  );
}

const cases: Readonly<Record<string, (data: GoldenCase) => Check[]>> = {
  standardise(data) {
    const { columns, checks } = scaled(data, standardizeScaler());
    const moments = momentsOf(list(data.x), columns);
    return [
      ...checks,
      check('mean', moments.mean, data.mean),
      check('std', varianceOf(moments).map(Math.sqrt), data.std),
    ];
  },
  constant_column: (data) => scaled(data, standardizeScaler()).checks,
  minmax(data) {
    const { columns, checks } = scaled(data, minMaxScaler());
    const x = sortedColumns(list(data.x), columns);
    const low = x.map((column) => column[0] as number);
    return [
      ...checks,
      check('lo', low, data.lo),
      check(
        'hi',
        x.map((column) => column.at(-1) as number),
        data.hi,
      ),
    ];
  },
  robust(data) {
    const { columns, checks } = scaled(data, robustScaler());
    const x = sortedColumns(list(data.x), columns);
    const range = x.map((column) => quantile(column, 0.75) - quantile(column, 0.25));
    return [
      ...checks,
      check(
        'median',
        x.map((column) => quantile(column, 0.5)),
        data.median,
      ),
      check('iqr', range, data.iqr),
    ];
  },
  zca_whitening(data) {
    const x = list(data.x);
    const whitening = fitWhitening(x, 4, { epsilon: data.eps as number });
    const components = fitWhitening(x, 4, { kind: 'pca', epsilon: data.eps as number });
    return [
      check('y', applyWhitening(whitening, x), data.y),
      check('mean', whitening.mean, data.mean),
      check('matrix', whitening.matrix, data.matrix),
      check('eigenvalues', components.variances.slice().reverse(), data.eigenvalues),
    ];
  },
  running_stats(data) {
    let moments = noMoments(4);
    const after = data.after as { n: number; mean: GoldenTensor; var: GoldenTensor }[];
    return (data.batches as GoldenTensor[]).flatMap((batch, i) => {
      moments = mergeMoments(moments, momentsOf(numbersOf(batch.d), 4));
      const expected = after[i] as (typeof after)[number];
      return [
        { what: `n ${i}`, got: [moments.count], expected: [expected.n] },
        check(`mean ${i}`, moments.mean, expected.mean),
        check(`var ${i}`, varianceOf(moments), expected.var),
      ];
    });
  },
  running_stats_cancellation(data) {
    const parts = list(data.x).map((x) => momentsOf([x], 1));
    const moments = parts.reduce(mergeMoments);
    const exact = { rtol: 1e-9, atol: 0 };
    return [
      { what: 'mean', got: moments.mean, expected: [data.mean as number], tolerance: exact },
      { what: 'var', got: varianceOf(moments), expected: [data.var as number], tolerance: exact },
    ];
  },
};

export const prep: Adapter = (name, data) => {
  const express = cases[name];
  return express === undefined ? undefined : async () => express(data);
};
