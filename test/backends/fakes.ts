/** @file Stand-ins for a GPU: WebAssembly under another name, which can be lost, be slow, or count wrong. */
import type { RunResult, Session } from '../../src/backends/backend.ts';
import { wasmBackend } from '../../src/backends/wasm/index.ts';
import type { HostArray } from '../../src/core/dtype.ts';
import { SaddlepointError } from '../../src/core/errors.ts';
import type { Program } from '../../src/graph/program.ts';

export interface FakeOptions {
  readonly capacity?: number | undefined;
  /** Whether the device is lost at a call of this number, counted over runs and reads; called once for each. */
  readonly loses?: (call: number) => boolean;
  /** Milliseconds that each step takes by the clock of the test. */
  readonly step?: (rows: number) => void;
  /** What becomes of a block or a table that is read. */
  readonly spoil?: (data: HostArray) => HostArray;
}

/**
 * A GPU's session, answering later. When it is lost it runs the call that nobody will see on garbage first, as a GPU does, and
 * from then on fails, but for blocks that no program writes.
 */
export async function fakeGpu(programs: readonly Program[], options: FakeOptions = {}): Promise<Session> {
  const { loses = () => false, step, spoil = (data) => data, capacity = 1 } = options;
  const inner = await wasmBackend.open(programs, { capacity });
  const written = new Set(
    programs.flatMap(({ outputs }) => outputs.filter(({ kind }) => kind === 'block').map(({ name }) => name)),
  );
  let calls = 0;
  let isLost = false;
  const check = (): void => {
    isLost ||= loses(calls++);
    if (isLost) throw new SaddlepointError('deviceLost', 'the context of the GPU was lost');
  };
  const later = () => Promise.resolve();
  return {
    device: 'webgl',
    machine: { threads: 1, build: 'tfjs', reason: '' },
    bytes: inner.bytes,
    capacity: inner.capacity,
    write(block, data, offset) {
      if (!isLost || !written.has(block)) inner.write(block, data, offset);
    },
    async read(block) {
      if (!written.has(block)) return inner.read(block);
      await later();
      check();
      return spoil(inner.read(block));
    },
    writeRows(program, table, data) {
      inner.writeRows(program, table, data);
    },
    async readRows(program, table, rows) {
      return spoil(inner.readRows(program, table, rows));
    },
    async run(program, rows): Promise<RunResult> {
      await later();
      step?.(rows);
      const result = inner.run(program, rows);
      check();
      return result;
    },
    async locate(program, row) {
      check();
      return inner.locate(program, row);
    },
    dispose: () => inner.dispose(),
    [Symbol.dispose]: () => inner.dispose(),
  };
}
