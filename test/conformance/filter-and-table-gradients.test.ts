/** Case 22: gradients of filters and of embedding tables are there on every backend, also where a model trains by them. */
import { describe } from 'vitest';
import { BACKENDS } from './harness.ts';
import { filterAndTableGradientsOn } from './suites/filter-and-table-gradients.ts';

describe.each(BACKENDS)('case 22: on %s', filterAndTableGradientsOn);
