/** Sessions of every backend: stops, the search for the first bad value, limits, disposal. */
import { describe, expect, test } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { referenceBackend } from '../../src/backends/reference/index.ts';
import { openSession } from '../../src/backends/select.ts';
import { planSession, wasmBackend } from '../../src/backends/wasm/index.ts';
import { stopError } from '../../src/engine/stop-error.ts';
import { type Program, ProgramBuilder } from '../../src/graph/program.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { add, exp, log, mul, sub } from '../../src/ops/elementwise.ts';
import { gather } from '../../src/ops/indexing.ts';
import { repeat } from '../../src/ops/loops.ts';
import { broadcastTo, transpose } from '../../src/ops/movement.ts';
import { l2Norm, mean, sum } from '../../src/ops/reduce.ts';
import { guard } from '../../src/ops/update.ts';

const BACKENDS: readonly Backend[] = [referenceBackend, wasmBackend];

/** w += log(x) of picked rows, guarded; each row of the step is one addition. */
function program(): Program {
  const builder = new ProgramBuilder();
  const w = builder.block('w', { shape: [2], dtype: 'f32' });
  const x = builder.block('x', { shape: [3], dtype: 'f32' });
  const indices = builder.row('indices', { shape: [2], dtype: 'i32' });
  const picked = builder.trace.within('input', () => gather(x, indices));
  const change = builder.trace.within('body/log', () => log(picked));
  const safe = builder.trace.within('check', () => guard(change, [mean(change), l2Norm(change)]));
  builder.emit('norm', l2Norm(change));
  builder.commit('w', add(w, safe));
  return builder.finish('step');
}

async function opened(backend: Backend, x: number[], indices: number[]) {
  const session = await backend.open([program()], { capacity: 4, verify: true });
  session.write('w', [10, 20]);
  session.write('x', x);
  session.writeRows('step', 'indices', Int32Array.from(indices));
  return session;
}

describe.each(BACKENDS)('on $device', (backend) => {
  test('rows run in order, and each sees what the one before committed', async () => {
    using session = await opened(backend, [1, Math.E, Math.E ** 2], [1, 1, 2, 0, 0, 1, 1, 1]);
    expect(await session.run('step', 3)).toEqual({ done: 3, stop: undefined });
    expect(Array.from(await session.read('w'), (v) => Math.round(v * 1e4) / 1e4)).toEqual([13, 22]);
    expect(Array.from(await session.readRows('step', 'norm', 3), (v) => Math.round(v * v))).toEqual([2, 4, 1]);
  });

  test('a bad index stops the run at its row, with nothing of that row committed', async () => {
    using session = await opened(backend, [1, Math.E, 1], [1, 1, 0, 3, 1, 1, 1, 1]);
    const { done, stop } = await session.run('step', 4);
    expect(done).toBe(1);
    expect(stop).toEqual({ reason: 'indexOutOfRange', op: 'gather', path: 'input', position: 1, value: 3, rows: 3 });
    expect(stopError(stop as NonNullable<typeof stop>).message).toBe(
      "gather: index 3 at position 1 is outside 0 … 2 (in layer 'input')",
    );
    expect(Array.from(await session.read('w'), Math.round)).toEqual([11, 21]);
  });

  test('a value that is not finite stops the run before anything is committed, and is found', async () => {
    using session = await opened(backend, [1, 0, 1], [0, 0, 1, 2, 0, 0, 0, 0]);
    const { done, stop } = await session.run('step', 4);
    expect(done).toBe(1);
    expect(stop).toMatchObject({ reason: 'nonFinite', op: 'guard', path: 'check', position: 0, value: -Infinity });
    expect(stopError(stop as NonNullable<typeof stop>).message).toBe(
      "guard: a value is NaN or infinite (in layer 'check')",
    );
    expect(Array.from(await session.read('w'))).toEqual([10, 20]);
    expect(await session.locate('step', 1)).toEqual({ op: 'log', path: 'body/log', value: -Infinity });
    expect(await session.locate('step', 0)).toBeUndefined();
    expect(Array.from(await session.read('w')), 'looking commits nothing').toEqual([10, 20]);
  });

  test('what was disposed says so, and may be disposed again', async () => {
    const session = await opened(backend, [1, 1, 1], [0, 0]);
    session.dispose();
    session.dispose();
    const gone = 'the run was disposed; its memory is gone\n  help: load the saved model, or fit again';
    for (const use of [
      () => session.read('w'),
      () => session.write('w', [1, 2]),
      () => session.run('step', 1),
      () => session.readRows('step', 'norm', 1),
    ])
      await expect(async () => use()).rejects.toThrow(expect.objectContaining({ code: 'disposed', message: gone }));
  });

  test('a block is only what was bound', async () => {
    using session = await opened(backend, [1, 1, 1], [0, 0]);
    await expect(async () => session.read('v')).rejects.toThrow('no block v');
    await expect(async () => session.run('other', 1)).rejects.toThrow('no program other');
  });

  test('programs share blocks; blocks may trade places', async () => {
    const builder = new ProgramBuilder();
    const [a, b] = [builder.block('a', { shape: [2], dtype: 'f32' }), builder.block('b', { shape: [2], dtype: 'f32' })];
    builder.commit('a', b);
    builder.commit('b', a);
    const other = new ProgramBuilder();
    other.emit('sum', sum(other.block('a', { shape: [2], dtype: 'f32' })));
    using session = await backend.open([builder.finish('swap'), other.finish('read')]);
    session.write('a', [1, 2]);
    session.write('b', [3, 4]);
    await session.run('swap', 1);
    expect([await session.read('a'), await session.read('b')].map((block) => Array.from(block))).toEqual([
      [3, 4],
      [1, 2],
    ]);
    await session.run('read', 1);
    expect((await session.readRows('read', 'sum', 1))[0]).toBe(7);
  });
});

describe('memoryLimit', () => {
  const large = (): Program => {
    const builder = new ProgramBuilder();
    const w = builder.block('weights', { shape: [1000, 1000], dtype: 'f32' });
    const x = builder.block('images', { shape: [2, 1000], dtype: 'f32' });
    builder.emit('y', add(exp(transpose(mul(w, 2))), sum(x)));
    return builder.finish('large');
  };

  test('refuses before anything is allocated, naming the need, the limit and the largest users', async () => {
    const message =
      /^the run needs \d+\.\d MiB, the limit is 8\.0 MiB; the largest users: activations 7\.6 MiB, weights 3\.8 MiB, images 0\.0 MiB\n {2}help: raise memoryLimit, or lower batchSize or the number of rows$/;
    await expect(wasmBackend.open([large()], { memoryLimit: 8 * 2 ** 20 })).rejects.toThrow(message);
    await expect(wasmBackend.open([large()], { memoryLimit: 8 * 2 ** 20 })).rejects.toMatchObject({ code: 'memory' });
  });

  test('holds beyond what 32 bits can address', async () => {
    const builder = new ProgramBuilder();
    const x = builder.block('x', { shape: [2 ** 15, 1], dtype: 'f32' });
    builder.emit('y', sum(exp(transpose(exp(broadcastTo(x, [2 ** 15, 2 ** 15]))))));
    await expect(planSession([builder.finish('huge')])).rejects.toThrow(
      /^the run needs 8192\.\d MiB, the limit is 2048/,
    );
  });

  test('is met by what a session says that it needs', async () => {
    const { bytes } = await planSession([large()]);
    await expect(planSession([large()], { memoryLimit: bytes })).resolves.toBeDefined();
    await expect(planSession([large()], { memoryLimit: bytes - 1 })).rejects.toThrow('the run needs');
    using session = await wasmBackend.open([large()], { memoryLimit: bytes });
    expect(session.bytes).toBeLessThan(bytes + 2 * 65536);
  });
});

test('the search for the first bad value goes through loops turn by turn', async () => {
  const builder = new ProgramBuilder();
  const w = builder.block('w', { shape: [2], dtype: 'f32' });
  const halved = builder.trace.within('body/log', () => repeat(4, (x: Tensor) => log(sub(x, 1)), w));
  builder.commit('w', guard(halved, [l2Norm(halved)]));
  using session = await wasmBackend.open([builder.finish('step')], { verify: true });
  // log(e + 1 − 1) = 1, log(1 − 1) = −∞.
  session.write('w', [Math.E + 1, 40]);
  expect(session.run('step', 1).stop?.reason).toBe('nonFinite');
  expect(Array.from(session.read('w'))[1]).toBe(40);
  expect(await session.locate('step', 0)).toMatchObject({ op: 'log', path: 'body/log' });
});

describe('openSession', () => {
  test('takes wasm where there is SIMD, and says why', async () => {
    const { session, reason } = await openSession([program()], {});
    expect([session.device, reason]).toEqual(['wasm', 'WebAssembly SIMD is available']);
    const asked = await openSession([program()], { device: 'reference' });
    expect([asked.session.device, asked.reason]).toEqual(['reference', 'asked for']);
  });

  test('refuses devices that there are not', async () => {
    await expect(openSession([program()], { device: 'wams' as 'wasm' })).rejects.toThrow(
      "device: unknown value 'wams'\n  help: did you mean 'wasm'? legal: auto, wasm, webgl, webgpu, reference",
    );
  });
});
