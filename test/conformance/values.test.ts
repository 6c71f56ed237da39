/** Every op × every backend: values over all samples, against the op's own definition in double precision. */
import { describe, expect, test } from 'vitest';
import { EXTENDED } from '../../src/backends/wasm/lower/extended.ts';
import { CORE, fusedOps } from '../../src/backends/wasm/lower/table.ts';
import { SAMPLES } from '../../src/ops/samples.ts';
import { composites, primitives } from '../../src/ops/table.ts';
import { BACKENDS, NAMES, OPS } from './harness.ts';
import { valuesOn } from './suites/values.ts';

const LOWERINGS = { ...CORE.lowerings, ...EXTENDED.lowerings };

describe('the table', () => {
  test('has samples of every op, and no others', () => {
    expect(Object.keys(SAMPLES).sort()).toEqual([...NAMES].sort());
    for (const name of NAMES) expect(SAMPLES[name].length, name).toBeGreaterThan(0);
  });

  test('names each record by its own name', () => {
    for (const name of NAMES) expect(OPS[name].name).toBe(name);
  });

  test('M2: has a lowering of every primitive, and of every composite or of what it decomposes into', () => {
    for (const name of Object.keys(primitives)) expect(LOWERINGS[name], name).toBeDefined();
    for (const name of Object.keys(composites))
      expect(fusedOps.has(name) || OPS[name as 'linear'].decompose !== undefined, name).toBe(true);
    for (const name of fusedOps) expect(LOWERINGS[name], name).toBeDefined();
  });

  test('gives every op either a definition or a decomposition, and every primitive a gradient rule', () => {
    for (const name of Object.keys(primitives)) {
      expect(OPS[name as 'add'].evaluate, name).toBeDefined();
      expect(OPS[name as 'add'].gradient, name).toBeDefined();
    }
    for (const name of Object.keys(composites)) {
      expect(OPS[name as 'linear'].evaluate, name).toBeUndefined();
      expect(OPS[name as 'linear'].decompose, name).toBeDefined();
    }
  });
});

describe.each(BACKENDS)('on %s', valuesOn);
