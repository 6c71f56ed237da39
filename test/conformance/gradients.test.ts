/** Every op × every backend: gradients taken inside `compile`, against those computed in double precision. */
import { describe } from 'vitest';
import { BACKENDS } from './harness.ts';
import { gradientsOn } from './suites/gradients.ts';

describe.each(BACKENDS)('on %s', gradientsOn);
