/** A machine that is not the one that was meant is named and does not run: another build's bytes, and those of other sources. */
import { describe, expect, test } from 'vitest';
import { type Build, openMachine } from '../../src/backends/wasm/machine.ts';
import { load } from '../../src/edge.ts';
import { makePlan } from '../../src/index.ts';
import { scenario } from '../browser/scenario.ts';
import { dataOf, trained } from '../edge/models.ts';
import { BUILDS, bytesOf, olderBytes } from './other-machine.ts';

const hasRelaxed = WebAssembly.validate(await bytesOf('relaxed'));
const taken = BUILDS.filter((build) => hasRelaxed || !build.startsWith('relaxed'));
const isShared = (build: Build): boolean => /hreads$/.test(build);

/** Opens `build` where a bundler gave `bytes` for it. */
const open = (build: Build, bytes: Uint8Array<ArrayBuffer>) =>
  openMachine(65536, build, () => WebAssembly.compile(bytes), isShared(build));

describe.each(taken)('%s', (build) => {
  test('is what its own loader gives, and runs', async () => {
    const { exports } = await open(build, await bytesOf(build));
    expect(exports.execute(2048, 0, 1024, 0, 1)).toBe(1);
  });

  test.each(taken.filter((other) => other !== build && build + other !== 'coresimd'))(
    'is not taken for %s',
    async (other) => {
      const error = await open(build, await bytesOf(other)).catch((caught) => caught);
      // Of another kind of memory the engine says so first.
      const why =
        isShared(build) === isShared(other)
          ? `is the build '${other}', and '${build}' is needed`
          : `is not the build '${build}' of this library: LinkError`;
      expect(error).toMatchObject({ name: 'SaddlepointError', code: 'file' });
      expect(error.message).toContain(`wasm: the .wasm ${why}`);
      expect(error.message).toContain(
        `help: give, or have the bundler ship, node_modules/saddlepoint/dist/wasm/saddlepoint.${build}.wasm`,
      );
    },
  );

  test('of other sources is refused', async () => {
    await expect(open(build, await olderBytes(build))).rejects.toThrow(
      /^wasm: the .wasm is of another version of this library: ABI \d+, expected \d+ \('\w+'\)\n {2}help: .*renew copies of it/,
    );
  });
});

test('core may be simd, which has all of it', async () => {
  const { exports } = await open('core', await bytesOf('simd'));
  expect(exports.execute(2048, 0, 1024, 0, 1)).toBe(1);
});

test('what is no machine at all is named', async () => {
  const nothing = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  await expect(open('core', nothing)).rejects.toThrow(
    "wasm: the .wasm is not the build 'core' of this library: it has no ABI",
  );
});

test('the option wasm names the build that was given for another, and a copy of an older version', async () => {
  const train = async (wasm: object) => scenario(42, { wasm: wasm as never });
  await expect(train(await bytesOf('core'))).rejects.toThrow(
    /^wasm: the given \d+ bytes is the build 'core', and 'simd' is needed/,
  );
  await expect(train({ simd: await bytesOf('threads') })).rejects.toThrow(
    "is the build 'threads', and 'simd' is needed",
  );
  await expect(train(await olderBytes('simd'))).rejects.toThrow(/^wasm: the given \d+ bytes is of another version/);
});

test('at the edge the machine given for a plan must be of this version and have what the plan needs', async () => {
  const [small, large] = (await Promise.all(
    ['classes with names', 'bytes of images'].map(async (name) => {
      const { file, summary } = await makePlan(await trained(name));
      return { file, build: summary.build, x: dataOf(name).x };
    }),
  )) as [
    { file: Uint8Array<ArrayBuffer>; build: string; x: unknown },
    { file: Uint8Array<ArrayBuffer>; build: string; x: unknown },
  ];
  expect([small.build, large.build]).toEqual(['core', 'simd']);
  for (const { file, x } of [small, large]) {
    const own = await (await load(file)).predict(x);
    expect(await (await load(file, { wasm: await bytesOf('simd') })).predict(x)).toEqual(own);
    await expect(load(file, { wasm: await olderBytes('simd') })).rejects.toThrow(
      /^wasm: the .wasm is of another version/,
    );
    if (hasRelaxed)
      await expect(load(file, { wasm: await bytesOf('relaxed') })).rejects.toThrow(
        /is the build 'relaxed', and '\w+' is needed/,
      );
  }
  await expect(load(large.file, { wasm: await bytesOf('core') })).rejects.toThrow(
    "is the build 'core', and 'simd' is needed",
  );
});
