import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SaddlepointError } from '../../src/core/errors.ts';
import { type ReadSource, readBytes, type WriteTarget, writeBytes } from '../../src/io/place.ts';

const old = Uint8Array.of(1, 1, 1);
const fresh = Uint8Array.of(1, 2, 3, 4);

async function errorOf(promise: Promise<unknown>): Promise<SaddlepointError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(SaddlepointError);
  return error as SaddlepointError;
}

describe('files', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'saddlepoint-'));
    path = join(folder, 'model.safetensors');
  });
  afterEach(() => {
    vi.restoreAllMocks();
    rmSync(folder, { recursive: true });
  });
  const files = process.getBuiltinModule('node:fs/promises');
  const contents = () => [...readFileSync(path)];

  test('are written and read by path and by URL', async () => {
    await writeBytes(path, fresh);
    expect(contents()).toEqual([...fresh]);
    expect(await readBytes(path)).toEqual(fresh);
    await writeBytes(pathToFileURL(path), old);
    expect(await readBytes(pathToFileURL(path))).toEqual(old);
    expect(readdirSync(folder)).toEqual(['model.safetensors']);
  });

  test('are written as a whole from a view', async () => {
    await writeBytes(path, Uint8Array.of(9, 1, 2, 9).subarray(1, 3));
    expect(contents()).toEqual([1, 2]);
  });

  test.each(['open', 'rename'] as const)(
    'keep their old contents when %s fails, and nothing else stays',
    async (step) => {
      await writeBytes(path, old);
      vi.spyOn(files, step).mockRejectedValueOnce(Object.assign(new Error('no space left'), { code: 'ENOSPC' }));
      const error = await errorOf(writeBytes(path, fresh));
      expect(error.code).toBe('file');
      expect(error.message).toBe(`could not write ${path}: no space left\n  help: the disk is full`);
      expect((error.cause as NodeJS.ErrnoException).code).toBe('ENOSPC');
      expect(contents()).toEqual([...old]);
      expect(readdirSync(folder)).toEqual(['model.safetensors']);
    },
  );

  test('keep their old contents when the process dies between write and rename', () => {
    writeFileSync(path, old);
    const place = fileURLToPath(new URL('../../src/io/place.ts', import.meta.url));
    const script = `
      process.getBuiltinModule('node:fs/promises').rename = () => process.kill(process.pid, 'SIGKILL');
      const { writeBytes } = await import(${JSON.stringify(pathToFileURL(place).href)});
      await writeBytes(${JSON.stringify(path)}, Uint8Array.of(7, 7, 7));
    `;
    const child = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    expect({ signal: child.signal, stderr: child.stderr }).toEqual({ signal: 'SIGKILL', stderr: '' });
    expect(contents()).toEqual([...old]);
    const aside = readdirSync(folder).filter((name) => name !== 'model.safetensors');
    expect(aside).toHaveLength(1);
    expect([...readFileSync(join(folder, aside[0] as string))]).toEqual([7, 7, 7]);
  });

  test('refuse a folder, a missing folder and a name that is too long, and leave nothing behind', async () => {
    mkdirSync(join(folder, 'inner'));
    expect((await errorOf(writeBytes(join(folder, 'inner'), fresh))).message).toBe(
      `could not write ${join(folder, 'inner')}: it is a folder\n  help: this is a folder: give the name of a file in it`,
    );
    expect((await errorOf(writeBytes(join(folder, 'none', 'a'), fresh))).help).toBe(
      'the folder does not exist: make it first',
    );
    expect((await errorOf(writeBytes(join(folder, 'x'.repeat(300)), fresh))).help).toBe('choose a shorter name');
    expect(readdirSync(folder)).toEqual(['inner']);
  });

  test('may have the longest name that there is', async () => {
    const long = join(folder, 'x'.repeat(255));
    await writeBytes(long, fresh);
    expect(await readBytes(long)).toEqual(fresh);
  });

  test('keep their permissions, and links to them', async () => {
    writeFileSync(path, old);
    chmodSync(path, 0o640);
    symlinkSync(path, join(folder, 'link'));
    await writeBytes(join(folder, 'link'), fresh);
    expect(contents()).toEqual([...fresh]);
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(readdirSync(folder).sort()).toEqual(['link', 'model.safetensors']);
  });

  test('are named, with what to do, where they are missing', async () => {
    const error = await errorOf(readBytes(path));
    expect(error.code).toBe('file');
    expect(error.message).toBe(`there is no file ${path}\n  help: check the path; run.save(path) writes a model`);
    expect((await errorOf(readBytes(folder))).message).toContain(`could not read ${folder}`);
  });
});

describe('writeBytes', () => {
  test('writes a stream and closes it', async () => {
    const chunks: Uint8Array[] = [];
    let closed = false;
    const stream = new WritableStream<Uint8Array>({
      write: (chunk) => void chunks.push(chunk),
      close: () => {
        closed = true;
      },
    });
    await writeBytes(stream, fresh);
    expect(chunks).toEqual([fresh]);
    expect(closed).toBe(true);
    expect(stream.locked).toBe(false);
  });

  test('reports a stream that fails, and one that is locked', async () => {
    const broken = new WritableStream<Uint8Array>({
      write() {
        throw new Error('gone');
      },
    });
    expect((await errorOf(writeBytes(broken, fresh))).message).toBe('could not write the stream: gone');
    const locked = new WritableStream<Uint8Array>();
    locked.getWriter();
    expect((await errorOf(writeBytes(locked, fresh))).message).toContain('it is locked by another writer');
  });

  test('writes a file handle, and gives up the new contents if that fails', async () => {
    const done: string[] = [];
    const handle = (fail: boolean) =>
      ({
        createWritable: async () =>
          new WritableStream<Uint8Array>({
            write: (chunk) => {
              if (fail) throw new Error('full');
              done.push(`write ${chunk.length}`);
            },
            close: () => void done.push('close'),
          }),
      }) as unknown as FileSystemFileHandle;
    await writeBytes(handle(false), fresh);
    expect(done).toEqual(['write 4', 'close']);
    expect((await errorOf(writeBytes(handle(true), fresh))).message).toBe('could not write the file handle: full');
    expect(done).toEqual(['write 4', 'close']);
    const denied = { createWritable: () => Promise.reject(new Error('denied')) } as unknown as FileSystemFileHandle;
    expect((await errorOf(writeBytes(denied, fresh))).message).toContain('could not open the file handle: denied');
  });

  test.each<[unknown, string, string]>([
    [42, 'option', 'cannot save to 42'],
    [null, 'option', 'cannot save to null'],
    ['https://example.org/a', 'option', 'cannot save to https://example.org/a'],
    [new URL('https://example.org/a'), 'option', 'cannot save to https://example.org/a'],
    [{ indexedDB: 'a' }, 'file', "could not save 'a': there is no IndexedDB here"],
  ])('refuses %o', async (target, code, message) => {
    const error = await errorOf(writeBytes(target as WriteTarget, fresh));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
    expect(error.help).toBeDefined();
  });
});

describe('readBytes', () => {
  const sources: [string, () => ReadSource][] = [
    ['bytes', () => fresh],
    ['a view of other numbers', () => new DataView(fresh.buffer)],
    ['an ArrayBuffer', () => fresh.slice().buffer],
    [
      'a SharedArrayBuffer',
      () => {
        const shared = new SharedArrayBuffer(4);
        new Uint8Array(shared).set(fresh);
        return shared;
      },
    ],
    ['a Blob', () => new Blob([fresh])],
    ['a Response', () => new Response(fresh)],
    [
      'a stream of chunks',
      () => new Blob([fresh.subarray(0, 1), fresh.subarray(1)]).stream() as ReadableStream<Uint8Array>,
    ],
    ['a file handle', () => ({ getFile: async () => new Blob([fresh]) }) as unknown as FileSystemFileHandle],
  ];
  test.each(sources)('takes %s', async (_name, source) => {
    expect([...(await readBytes(source()))]).toEqual([...fresh]);
  });

  test('names status and content type of an answer that is no model', async () => {
    const missing = new Response('none', { status: 404, headers: { 'content-type': 'text/plain' } });
    expect((await errorOf(readBytes(missing))).message).toContain(
      'the response answered with status 404, content type text/plain',
    );
    const page = new Response('<!doctype html>', { headers: { 'content-type': 'text/html; charset=utf-8' } });
    expect((await errorOf(readBytes(page))).message).toContain(
      'answered with status 200, content type text/html; charset=utf-8: this is an HTML page, not a model',
    );
    const used = new Response(fresh);
    await used.arrayBuffer();
    expect((await errorOf(readBytes(used))).help).toContain('a response can be read once');
  });

  test('fetches a URL, also as text', async () => {
    const server = createServer((request, response) => {
      response.statusCode = request.url === '/model' ? 200 : 404;
      response.end(fresh);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      expect(await readBytes(new URL(`${address}/model`))).toEqual(fresh);
      expect(await readBytes(`${address}/model`)).toEqual(fresh);
      expect((await errorOf(readBytes(`${address}/other`))).message).toContain(
        `${address}/other answered with status 404, content type none`,
      );
    } finally {
      server.close();
      server.closeAllConnections();
    }
    expect((await errorOf(readBytes(`${address}/model`))).message).toContain(`could not fetch ${address}/model`);
  });

  test('reports streams that fail, are locked, or give no bytes', async () => {
    const failing = new ReadableStream<Uint8Array>({ pull: () => Promise.reject(new Error('cut')) });
    expect((await errorOf(readBytes(failing))).message).toBe('could not read the stream: cut');
    const locked = new Blob([fresh]).stream() as ReadableStream<Uint8Array>;
    locked.getReader();
    expect((await errorOf(readBytes(locked))).message).toContain('locked by another reader');
    const text = new ReadableStream({
      start(controller) {
        controller.enqueue('text');
        controller.close();
      },
    });
    expect((await errorOf(readBytes(text))).message).toBe(
      "could not read the stream: a chunk is 'text', bytes expected",
    );
  });

  test.each<[unknown, string]>([
    [42, 'cannot load from 42'],
    [null, 'cannot load from null'],
    [{}, 'cannot load from {  }'],
    [{ indexedDB: 'a' }, "could not load 'a': there is no IndexedDB here"],
  ])('refuses %o', async (source, message) => {
    expect((await errorOf(readBytes(source as ReadSource))).message).toContain(message);
  });
});
