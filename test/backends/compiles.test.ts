/** How often the machine is compiled: once for a process and build, whatever is planned or opened after. */
import { afterEach, expect, test, vi } from 'vitest';
import { planSession, wasmBackend } from '../../src/backends/wasm/index.ts';
import { trainingProgram } from '../../src/engine/step.ts';
import { adam, description } from '../plan/worked-example.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

test('one compilation serves every session, and planning another batch size needs none', async () => {
  const compile = vi.spyOn(WebAssembly, 'compile');
  const instantiate = vi.spyOn(WebAssembly, 'instantiate');
  await planSession([trainingProgram(description, adam, 3)]);
  expect(compile).not.toHaveBeenCalled();
  expect(instantiate).not.toHaveBeenCalled();
  const open = async (rows: number) => (await wasmBackend.open([trainingProgram(description, adam, rows)])).dispose();
  await open(4);
  const { length } = compile.mock.calls;
  expect(length).toBeGreaterThan(0);
  await Promise.all([open(5), open(6)]);
  expect(compile).toHaveBeenCalledTimes(length);
});
