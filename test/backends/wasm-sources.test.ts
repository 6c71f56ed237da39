/** P1, case 35: the machine from where the user has it, and what is said of what is no machine. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fit, type Run } from 'saddlepoint';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ownBuilds, type WasmOption } from '../../src/backends/wasm/sources.ts';
import { hashOf, PARAMETERS_OF_42, scenario } from '../browser/scenario.ts';
import { classes, clouds } from '../train/examples.ts';

const read = (build: string) => readFile(new URL(`../../dist/wasm/saddlepoint.${build}.wasm`, import.meta.url));
const HTML = '<!DOCTYPE html>\n<html><body>Not here, but welcome</body></html>';

let simd: Buffer;
let base = '';
let asked: string[] = [];
const server = createServer(({ url = '/' }, response) => {
  asked.push(url);
  const answer = (status: number, type: string | undefined, body: string | Uint8Array): void =>
    void response.writeHead(status, type === undefined ? {} : { 'Content-Type': type }).end(body);
  if (url === '/good.wasm') answer(200, 'application/wasm', simd);
  else if (url === '/typeless.wasm') answer(200, undefined, simd);
  else if (url === '/text.wasm') answer(200, 'text/plain', simd);
  else if (url === '/short.wasm') answer(200, 'application/wasm', simd.subarray(0, simd.length - 1000));
  else if (url === '/flipped.wasm')
    answer(
      200,
      'application/wasm',
      simd.map((byte, i) => (i === 5000 ? byte ^ 0xff : byte)),
    );
  else if (url === '/other.wasm') answer(200, 'application/wasm', otherVersion());
  else if (url.startsWith('/missing')) answer(404, 'text/html; charset=utf-8', HTML);
  else answer(200, 'text/html', HTML);
});
beforeAll(async () => {
  simd = await read('simd');
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());
beforeEach(() => {
  asked = [];
});

/** A module like ours whose `abi` answers 1: `(module (import "env" "memory" (memory 1)) (func (export "abi") …) …)`. */
function otherVersion(): Uint8Array {
  const text = (name: string) => [name.length, ...new TextEncoder().encode(name)];
  const section = (id: number, bytes: number[]) => [id, bytes.length, ...bytes];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 0, 1, 0x7f]),
    ...section(2, [1, ...text('env'), ...text('memory'), 2, 0, 1]),
    ...section(3, [1, 0]),
    ...section(7, [2, ...text('abi'), 0, 0, ...text('execute'), 0, 0]),
    ...section(10, [1, 4, 0, 0x41, 1, 0x0b]),
  ]);
}

const train = (wasm: WasmOption, more: object = {}) => scenario(42, { wasm, ...more });

describe('the option wasm', () => {
  test.each([
    ['an address', () => `${base}/good.wasm`],
    ['a URL', () => new URL('/typeless.wasm', base)],
    ['an address whose server gives another type', () => `${base}/text.wasm`],
    ['a file', () => new URL('../../dist/wasm/saddlepoint.simd.wasm', import.meta.url)],
    ['an answer of fetch', () => fetch(`${base}/good.wasm`)],
    ['bytes', () => new Uint8Array(simd)],
    ['an ArrayBuffer', () => new Uint8Array(simd).buffer],
    ['a module', () => WebAssembly.compile(new Uint8Array(simd))],
    ['builds by name', () => ({ simd: `${base}/good.wasm` })],
  ] as const)('takes %s, and the bits are those of the machine that comes along', async (_, source) => {
    const run = await train(await source());
    expect(await hashOf(run)).toBe(PARAMETERS_OF_42);
    expect(run.device).toMatchObject({ build: 'simd', threads: 1 });
    expect(run.device.reason).toBe('WebAssembly SIMD is available; builds of the option wasm');
  });

  test('goes into a worker, is fetched once for many runs, and serves predict and evaluate', async () => {
    const wasm = `${base}/good.wasm#once`;
    const run = await train(wasm, { worker: true });
    expect(await hashOf(run)).toBe(PARAMETERS_OF_42);
    expect(run.device.reason).toBe('WebAssembly SIMD is available; in a worker; builds of the option wasm');
    const data = clouds(30);
    expect(await run.predict(data.x, { wasm })).toEqual(await run.predict(data.x));
    expect(await run.evaluate(data, { wasm })).toEqual(await run.evaluate(data));
    expect(asked.length).toBe(1);
    await expect(run.predict(data.x, { wasm: `${base}/missing.wasm` })).rejects.toThrow(/status 404/);
    expect(await run.predict(data.x, { wasm })).toEqual(await run.predict(data.x));
  });

  test('has several threads if their build is given, and says so if it is not', async () => {
    const x = Float32Array.from({ length: 96 * 784 }, (_, i) => Math.sin(i));
    const run = async (more: object): Promise<Run> => {
      const { dense, sequential, tensor } = await import('saddlepoint');
      const model = sequential([dense(96, { activation: 'relu' }), dense(3)]);
      const options = { ...classes, epochs: 20, seed: 4, deterministic: true, ...more };
      return (await fit(model, { x: tensor(x, [96, 784]), y: clouds(96).y }, options)) as never;
    };
    const alone = await run({});
    const both = await run({ threads: 2, wasm: { simd, threads: await read('threads') } });
    const lacking = await run({ threads: 2, wasm: simd });
    expect([both.device.threads, lacking.device.threads]).toEqual([2, 1]);
    expect(lacking.device.reason).toMatch(/; threads: 1, the option wasm has no build `threads`$/);
    for (const other of [both, lacking]) expect(await hashOf(other)).toBe(await hashOf(alone));
  });
});

describe('case 35: what is no machine is named as what it is, after one request', () => {
  const help = /\n {2}help: give the address of .*saddlepoint\.simd\.wasm .*wasm: '\/saddlepoint.simd.wasm'/;
  test.each([
    [
      '/app',
      /^wasm: \S+\/app is no WebAssembly: status 200, text\/html, 63 bytes; this is HTML: servers answer with a page/,
    ],
    ['/missing.wasm', /^wasm: \S+\/missing.wasm is not there: status 404, text\/html; charset=utf-8; this is HTML/],
    [
      '/short.wasm',
      /^wasm: \S+\/short.wasm is damaged or truncated: status 200, application\/wasm, \d+ bytes: CompileError/,
    ],
    ['/flipped.wasm', /^wasm: \S+\/flipped.wasm is damaged or truncated: status 200/],
    ['/other.wasm', /^wasm: \S+\/other.wasm is of another version of this library: ABI 1, expected \d+/],
  ])('%s', async (path, message) => {
    const error = await train(`${base}${path}`).catch((cause) => cause);
    expect(error).toMatchObject({ name: 'SaddlepointError', code: 'file' });
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(help);
    expect(asked).toEqual([path]);
    // In a worker as here.
    const there = await train(`${base}${path}`, { worker: true }).catch((cause) => cause);
    expect(there).toMatchObject({ code: 'file', message: error.message });
  });

  test('a server that does not answer, a file that is not there, and bytes of something else', async () => {
    await expect(train('http://127.0.0.1:9/x.wasm')).rejects.toThrow(
      /^wasm: http:\/\/127.0.0.1:9\/x.wasm cannot be fetched/,
    );
    await expect(train('file:///nowhere/x.wasm')).rejects.toThrow(/^wasm: file:\/\/\/nowhere\/x.wasm cannot be read/);
    await expect(train(new Uint8Array(12))).rejects.toThrow(/^wasm: the given 12 bytes is no WebAssembly/);
    const foreign = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
    await expect(train(foreign)).rejects.toThrow(
      /^wasm: the given 8 bytes is WebAssembly, but not of this library: it exports nothing/,
    );
  });

  test.each([
    [3, /^wasm: expected an address, a Response, bytes or a module, got 3/],
    [null, /^wasm: expected an address, a Response, bytes or a module, got null/],
    [{ simds: 'x' }, /^wasm: expected an address/],
    [{ simd: 'x', thread: 'y' }, /^wasm: unknown build 'thread'\n {2}help: did you mean 'threads'/],
    [{ simd: 'x', threads: 4 }, /^wasm.threads: expected a source, got 4/],
  ])('refuses %o', (given, message) => {
    expect(() => ownBuilds(given as never)).toThrow(message);
  });
});
