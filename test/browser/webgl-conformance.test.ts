/** Every op on WebGL: the suites of test/conformance, which Node runs for the other backends. */
import { describe } from 'vitest';
import { valuesOn } from '../conformance/suites/values.ts';

describe('values', () => valuesOn('webgl'));
