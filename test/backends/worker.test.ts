/** Sessions in a worker of Node: the same bits, errors that come through, and no wait without end. */
import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, test } from 'vitest';
import type { Session } from '../../src/backends/backend.ts';
import { openElsewhere } from '../../src/backends/wasm/elsewhere.ts';
import { imageOf } from '../../src/backends/wasm/image.ts';
import { planSession, wasmBackend } from '../../src/backends/wasm/index.ts';
import { openWorker } from '../../src/backends/wasm/worker/port.ts';
import { startRemote } from '../../src/backends/wasm/worker/remote.ts';
import { must } from '../../src/core/errors.ts';
import { type Program, ProgramBuilder } from '../../src/graph/program.ts';
import { add, log, mul } from '../../src/ops/elementwise.ts';
import { gather } from '../../src/ops/indexing.ts';
import { matmul } from '../../src/ops/matmul.ts';
import { l2Norm } from '../../src/ops/reduce.ts';
import { guard } from '../../src/ops/update.ts';

/** w += log of picked rows of x, guarded. */
function program(): Program {
  const builder = new ProgramBuilder();
  const w = builder.block('w', { shape: [2], dtype: 'f32' });
  const x = builder.block('x', { shape: [3], dtype: 'f32' });
  const indices = builder.row('indices', { shape: [2], dtype: 'i32' });
  const change = builder.trace.within('body/log', () => log(gather(x, indices)));
  builder.emit('norm', l2Norm(change));
  builder.commit('w', add(w, guard(change, [l2Norm(change)])));
  return builder.finish('step');
}

/** A step that takes long enough to be interrupted: products of large matrices. */
function slowProgram(): Program {
  const builder = new ProgramBuilder();
  const w = builder.block('w', { shape: [512, 512], dtype: 'f32' });
  builder.commit('w', mul(matmul(w, w), 0.5));
  return builder.finish('step');
}

const open: Session[] = [];
afterEach(() => {
  for (const session of open.splice(0)) session.dispose();
});

async function remote(programs = [program()], capacity = 4): Promise<Session> {
  const { session } = await openElsewhere(programs, { worker: true, capacity });
  open.push(session);
  return session;
}

describe('a session in a worker', () => {
  test('answers as one that is here: blocks, rows, stops and the first bad value', async () => {
    const here = await wasmBackend.open([program()], { capacity: 4 });
    const there = await remote();
    expect([there.device, there.capacity, there.bytes]).toEqual(['wasm', 4, here.bytes]);
    for (const session of [here, there]) {
      session.write('w', [10, 20]);
      session.write('x', [1, Math.E, 0]);
      session.write('x', [Math.E ** 2], 0);
      session.writeRows('step', 'indices', Int32Array.from([0, 1, 1, 0, 2, 1]));
    }
    const ran = here.run('step', 3);
    expect(ran).toMatchObject({ done: 2, stop: { reason: 'nonFinite', path: '' } });
    expect(await there.run('step', 3)).toEqual(ran);
    expect(await there.read('w')).toEqual(here.read('w'));
    expect(await there.readRows('step', 'norm', 2)).toEqual(here.readRows('step', 'norm', 2));
    expect(await there.locate('step', 2)).toEqual(await here.locate('step', 2));
    expect(await there.locate('step', 2)).toMatchObject({ op: 'log', path: 'body/log' });
    expect((await there.profile?.('step', 5))?.instructions.length).toBeGreaterThan(2);
    here.dispose();
  });

  test('takes what is written in order, and leaves the data of the caller alone', async () => {
    const session = await remote();
    const x = Float32Array.of(1, 2, 3);
    for (let i = 0; i < 50; i++) {
      x.fill(i);
      session.write('x', x);
    }
    expect(x).toEqual(Float32Array.of(49, 49, 49));
    expect(await session.read('x')).toEqual(x);
  });

  test('two of them at once do not mix', async () => {
    const sessions = await Promise.all(Array.from({ length: 3 }, () => remote()));
    for (const [i, session] of sessions.entries()) session.write('x', [i, i, i]);
    const read = await Promise.all(sessions.map((session) => session.read('x')));
    expect(read.map(([first]) => first)).toEqual([0, 1, 2]);
  });

  test('a fault there is told with its stack by the next answer, and nothing after it is answered', async () => {
    const session = await remote();
    session.write('x', [1, 2, 3, 4]);
    const error = await Promise.resolve(session.run('step', 1)).catch((cause: Error) => cause);
    expect(error).toMatchObject({ name: 'SaddlepointError', code: 'internal' });
    expect((error as Error).message).toMatch(/^internal error: 4 elements at 0 for block x of 3\n {2}help: /);
    expect((error as Error).stack).toMatch(/at the worker of the run\n.*at /s);
    await expect(session.read('x')).rejects.toThrow(/4 elements/);
  });

  test('a trap ends the call with an error', async () => {
    const layout = await planSession([program()], { capacity: 1 });
    const image = imageOf(layout);
    const { words, origins } = must(image.programs.get('step'), 'the program').plan;
    // The first instruction reads from far outside the memory.
    words[(origins[0]?.at as number) + 2] = 0x7ffffff0;
    const session = await startRemote(image, { capacity: 1 });
    open.push(session);
    const error = await Promise.resolve(session.run('step', 1)).catch((cause: Error) => cause);
    expect((error as Error).message).toMatch(
      /^the run failed in its worker: RuntimeError: memory access out of bounds/,
    );
    expect((error as Error).stack).toMatch(/wasm/);
  });

  test('dispose ends it in the middle of a call, and what comes later says so', async () => {
    const session = await remote([slowProgram()], 10_000);
    const call = Promise.resolve(session.run('step', 10_000));
    session.dispose();
    await expect(call).rejects.toMatchObject({ code: 'disposed' });
    await expect(session.read('w')).rejects.toThrow('the run was disposed; its memory is gone');
    expect(() => session.write('w', [1])).toThrow('the run was disposed; its memory is gone');
  });
});

describe('a worker that does not start', () => {
  const script = (text: string) => new URL(`data:text/javascript,${encodeURIComponent(text)}`);
  // Only silence is waited for to its end; the others answer when the machine lets them start.
  const refusal = (workerUrl: string | URL, patience = 60) =>
    openWorker({ workerUrl }, patience).then(
      () => expect.unreachable('it started'),
      (error: Error) => error,
    );

  test.each([
    ['is silent', script('setInterval(() => undefined, 1000)'), /no answer within 0.5 s/, 0.5],
    ['throws', script('throw new Error("not today")'), /not today/],
    ['leaves', script('process.exit(3)'), /it ended with code 3/],
    ['is not there', new URL('file:///nowhere/worker.js'), /Cannot find module/],
    [
      'is of another version',
      script(`process.getBuiltinModule('node:worker_threads').parentPort.postMessage({ hello: 'saddlepoint 1.1' })`),
      /the script is not that of this version: expected 'saddlepoint 1.\d+', got 'saddlepoint 1.1'/,
    ],
  ])('since its script %s is an error that names the option', async (_, url, message, patience?: number) => {
    const error = await refusal(url, patience);
    expect(error).toMatchObject({ code: 'option' });
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/\n {2}help: workerUrl must lead to .*dist\/wasm\/worker.js/);
  });
});

test('the worker holds a session and nothing above it, in one file without imports', async () => {
  const text = await readFile(new URL('../../dist/wasm/worker.js', import.meta.url), 'utf8');
  expect(text).not.toMatch(/\bimport\s*[({'"]|\bexport\s|\brequire\(|\beval\(|new Function/);
  // Of which 19 compressed; it is loaded when a run asks for a worker or for threads.
  expect(text.length).toBeLessThan(48 * 1024);
});
