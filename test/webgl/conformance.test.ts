/**
 * The lowering that WebGL has, on tfjs' own backend for Node, which has no shaders: every op by functions of tfjs. In Chromium the
 * same suites run on WebGL itself (test/browser).
 */
import { describe, vi } from 'vitest';
import { errorsOn } from '../conformance/suites/errors.ts';
import { filterAndTableGradientsOn } from '../conformance/suites/filter-and-table-gradients.ts';
import { gradientsOn } from '../conformance/suites/gradients.ts';
import { specialValuesOn } from '../conformance/suites/special-values.ts';
import { valuesOn } from '../conformance/suites/values.ts';

vi.mock('../../src/backends/webgl/index.ts', async (original) => (await import('./mocked.ts')).onCpu(original));

describe('values', () => valuesOn('webgl'));
describe('gradients', () => gradientsOn('webgl'));
describe('special values', () => specialValuesOn('webgl'));
describe('errors', () => errorsOn('webgl'));
describe('case 22', () => filterAndTableGradientsOn('webgl'));
