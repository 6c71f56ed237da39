/** Every elementary function is as accurate as docs/accuracy.md says, and the page has them all. */
import { expect, test } from 'vitest';
import { promisedErrors } from './document.ts';
import { type OfOne, type OfTwo, ofOne, ofTwo } from './functions.ts';
import { measureOne, measureTwo, ulps } from './measure.ts';

const promised = promisedErrors();

test('the page has every function, and no others', () => {
  expect(Object.keys(promised).sort()).toEqual([...Object.keys(ofOne), ...Object.keys(ofTwo)].sort());
});

/** A step that has no factor in common with the exponents' 2²³, so that all mantissas come by: some 400,000 inputs. */
const STEP = 10_007;

test.each(Object.entries<OfOne>(ofOne))('%s is within its error', async (name, row) => {
  const { ulp, at } = await measureOne(row, STEP);
  expect(ulp, `at ${at}`).toBeLessThanOrEqual(promised[name] as number);
});

test.each(Object.entries<OfTwo>(ofTwo))('%s is within its error', async (name, row) => {
  const { ulp, at } = await measureTwo(row, 400_000);
  expect(ulp, `at ${at}`).toBeLessThanOrEqual(promised[name] as number);
});

test('errors count in distances of f32 numbers, and NaN against a number is infinite', () => {
  expect(ulps(1, 1 + 2 ** -24)).toBe(0.5);
  expect(ulps(1 - 2 ** -24, 1)).toBe(0.5);
  expect(ulps(2 ** -149, 0)).toBe(1);
  expect(ulps(Infinity, Infinity)).toBe(0);
  expect(ulps(2 ** 128 * (1 - 2 ** -24), Infinity)).toBe(1);
  expect(ulps(Number.NaN, Number.NaN)).toBe(0);
  expect(ulps(Number.NaN, 1)).toBe(Number.POSITIVE_INFINITY);
  expect(ulps(1, Number.NaN)).toBe(Number.POSITIVE_INFINITY);
});
