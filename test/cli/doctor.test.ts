import { beforeAll, describe, expect, it } from 'vitest';
import { checkBuilt, folder, saddlepoint } from './command.ts';

beforeAll(checkBuilt);

describe('saddlepoint doctor', () => {
  it('says which device is chosen and why, and what the others lack', async () => {
    const { code, stdout, stderr } = await saddlepoint(['doctor'], { cwd: folder() });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^saddlepoint \d+\.\d+\.\d+, Node \d+\.\d+\.\d+, \w+ \w+\ndevice: wasm\n/);
    expect(stdout).toMatch(/^ {2}wasm +chosen +WebAssembly SIMD is available; [\d.]+ ms a step of 784-128-10$/m);
    expect(stdout).toMatch(/^ {2}webgl +refused +there is nothing to draw on: no OffscreenCanvas, and no document$/m);
    expect(stdout).toMatch(/^threads: \d+\n {2}\d+ cores$/m);
    expect(stdout).toMatch(/^ {2}simd +yes +WebAssembly SIMD is available\n {2}relaxed +(yes|no) /m);
  });

  it('prints one JSON object for a report of a fault', async () => {
    const { code, stdout } = await saddlepoint(['doctor', '--json'], { cwd: folder() });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      node: process.versions.node,
      system: `${process.platform} ${process.arch}`,
      chosen: 'wasm',
      candidates: [{ name: 'wasm', verdict: 'chosen' }, { name: 'webgl' }, { name: 'webgpu' }, { name: 'reference' }],
      builds: [{ name: 'simd', available: true }, { name: 'relaxed' }],
    });
  });

  it('takes no arguments', async () => {
    expect(await saddlepoint(['doctor', 'all'], { cwd: folder() })).toMatchObject({ code: 2, stdout: '' });
  });
});
