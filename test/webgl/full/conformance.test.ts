/** Every op on WebGL in Chromium: the suites of test/conformance, which Node runs for the other backends. Minutes, for its shaders. */
import { describe } from 'vitest';
import { errorsOn } from '../../conformance/suites/errors.ts';
import { filterAndTableGradientsOn } from '../../conformance/suites/filter-and-table-gradients.ts';
import { gradientsOn } from '../../conformance/suites/gradients.ts';
import { specialValuesOn } from '../../conformance/suites/special-values.ts';
import { valuesOn } from '../../conformance/suites/values.ts';

describe('values', () => valuesOn('webgl'));
describe('gradients', () => gradientsOn('webgl'));
describe('special values', () => specialValuesOn('webgl'));
describe('errors', () => errorsOn('webgl'));
describe('case 22', () => filterAndTableGradientsOn('webgl'));
