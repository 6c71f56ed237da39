/** NaN, infinities, zeros of both signs, denormals and extremes: the same on every backend (requirement T2). */
import { describe } from 'vitest';
import { BACKENDS } from './harness.ts';
import { specialValuesOn } from './suites/special-values.ts';

describe.each(BACKENDS)('on %s', specialValuesOn);
