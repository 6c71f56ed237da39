/** How often the machine is compiled: once for a process and build, whatever is planned or opened after. */
import { afterEach, expect, test, vi } from 'vitest';

afterEach(() => {
  vi.restoreAllMocks();
});

test('one compilation serves every session, and planning another batch size needs none', async () => {
  // Other files of this worker may have compiled it: begin with modules of its own.
  vi.resetModules();
  const { planSession, wasmBackend } = await import('../../src/backends/wasm/index.ts');
  const { trainingProgram } = await import('../../src/engine/step.ts');
  const { adam, description } = await import('../plan/worked-example.ts');
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
