/** Workers and threads on pages: with and without isolation, under policies, in a bundle that has lost the worker's file. */
import { type Browser, chromium, type Page as Tab } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { hashOf, PARAMETERS_OF_42 } from '../browser/scenario.ts';
import { type Outcome, type Page, wide } from './pages/page.ts';
import { serve } from './pages/serve.ts';

let browser: Browser;
let site: Awaited<ReturnType<typeof serve>>;
let hashOfWide = '';
beforeAll(async () => {
  const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
  site = await serve();
  browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-quic', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
  });
  hashOfWide = await hashOf(await wide({}));
}, 60_000);
afterAll(async () => {
  await browser?.close();
  site?.server.close();
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

interface Visit {
  readonly tab: Tab;
  /** What it said on the console, by kind. */
  readonly said: string[];
  /** Addresses of the workers that it started. */
  readonly workers: string[];
  call<Name extends keyof Page>(
    name: Name,
    where?: Parameters<Page[Name]>[0],
  ): Promise<Awaited<ReturnType<Page[Name]>>>;
}

async function visit(folder: string): Promise<Visit> {
  const tab = await (await browser.newContext()).newPage();
  const [said, workers]: string[][] = [[], []] as [string[], string[]];
  tab.on('console', (message) => said?.push(`${message.type()}: ${message.text()}`));
  tab.on('pageerror', ({ message }) => said?.push(`pageerror: ${message}`));
  tab.on('worker', (worker) =>
    workers?.push(
      worker
        .url()
        .replace(site.base, '')
        .replace(/^blob:.*/, 'blob'),
    ),
  );
  await tab.addInitScript(() => {
    const asked = OffscreenCanvas.prototype.getContext;
    const counted = { contexts: 0 };
    Object.assign(globalThis, { counted });
    OffscreenCanvas.prototype.getContext = function (this: OffscreenCanvas, ...given: [never]) {
      counted.contexts++;
      return asked.apply(this, given);
    } as typeof asked;
  });
  await tab.goto(`${site.base}/${folder}/`);
  await tab.waitForFunction('globalThis.page');
  const call = (name: keyof Page, where: object = {}) =>
    tab.evaluate(([name, where]) => (globalThis as unknown as { page: Page }).page[name as 'small'](where as object), [
      name,
      where,
    ] as const);
  return { tab, said: said as string[], workers: workers as string[], call: call as Visit['call'] };
}

describe('a page that is isolated', () => {
  test('case 36: trains in a worker on four threads, with the bits of one, and leaves no worker', async () => {
    const { call, workers, said, tab } = await visit('isolated');
    expect(await call('wide', { worker: true, threads: 4 })).toEqual({
      ...{ hash: hashOfWide, threads: 4 },
      reason: 'WebAssembly SIMD is available; in a worker; threads: 4, asked for',
    } satisfies Outcome);
    expect(await call('small', { worker: true })).toMatchObject({ hash: PARAMETERS_OF_42, threads: 1 });
    expect(new Set(workers)).toEqual(new Set(['/isolated/worker.js']));
    await expect.poll(() => tab.workers().length, { timeout: 10_000 }).toBe(0);
    expect(said).toEqual([]);
  });

  test('case 36: without a worker the main thread may not wait, and the report says so', async () => {
    const { call } = await visit('isolated');
    const outcome = await call('wide', { threads: 4 });
    expect(outcome).toMatchObject({ hash: hashOfWide, threads: 1 });
    expect(outcome.reason).toMatch(/the main thread of a page may not wait for others; run it in a worker$/);
  });

  test.each(['lost', 'single'])('starts them from a Blob where the file is not there (%s)', async (folder) => {
    const { call, workers } = await visit(folder);
    expect(await call('wide', { worker: true, threads: 2 })).toMatchObject({ hash: hashOfWide, threads: 2 });
    expect(workers.filter((url) => url === 'blob').length).toBeGreaterThanOrEqual(1);
  });

  test('a worker that closes ends the run with an error: nothing waits for ever', async () => {
    const { call, tab } = await visit('isolated');
    const running = call('endless', { worker: true });
    await expect.poll(() => tab.workers().length, { timeout: 10_000 }).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await tab.workers()[0]?.evaluate(() => globalThis.close());
    expect(await running).toMatchObject({
      code: 'internal',
      error: expect.stringContaining('the worker of the run has ended: it is gone'),
    });
  });
});

test('case 36: B6: a page that is not isolated has one thread, says so once, and names both headers', async () => {
  const { call, said } = await visit('plain');
  for (const where of [{ threads: 4 }, { threads: 4, worker: true }]) {
    const outcome = await call('wide', where);
    expect(outcome).toMatchObject({ hash: hashOfWide, threads: 1 });
    expect(outcome.reason).toMatch(/Cross-Origin-Opener-Policy.*Cross-Origin-Embedder-Policy/);
  }
  expect(said).toEqual([
    'warning: saddlepoint: threads: 1, no shared memory: serve the page with Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp',
  ]);
});

describe('a page with a strict policy', () => {
  test('case 32: trains, in a worker, on threads, and saves, without a violation', async () => {
    const { call, said, workers } = await visit('strict');
    expect(await call('small')).toMatchObject({ hash: PARAMETERS_OF_42 });
    expect(await call('wide', { worker: true, threads: 2 })).toMatchObject({ hash: hashOfWide, threads: 2 });
    expect(await call('saved', { worker: true })).toBe('saved');
    expect(new Set(workers)).toEqual(new Set(['/strict/worker.js']));
    expect(said).toEqual([]);
  });

  test('where neither file nor Blob may be had, the error names workerUrl, and with it it works', async () => {
    const { call } = await visit('lostStrict');
    const refused = await call('small', { worker: true });
    expect(refused.code).toBe('option');
    expect(refused.error).toMatch(
      /^SaddlepointError: no worker could be started. by its address: .*; from a Blob: .*\n {2}help: .*workerUrl.*worker-src/,
    );
    expect(await call('small', { worker: true, workerUrl: 'elsewhere.js' })).toMatchObject({ hash: PARAMETERS_OF_42 });
  });

  test('case 32: without wasm-unsafe-eval there is one error, which names the directive', async () => {
    const { call } = await visit('forbidden');
    for (const where of [{}, { worker: true }])
      expect(await call('small', where)).toMatchObject({
        error: expect.stringContaining("'wasm-unsafe-eval' in script-src"),
      });
  });
});

describe('device: auto, for steps that are worth a GPU', () => {
  const SOFTWARE = /^WebAssembly SIMD is available; webgl: a software renderer: .*SwiftShader/;
  /** Contexts that the main thread was asked for. */
  const contextsOf = (tab: Tab) =>
    tab.evaluate(() => (globalThis as unknown as { counted: { contexts: number } }).counted.contexts);

  test.each(['plain', 'isolated', 'strict'])(
    'asks a worker, and makes no context on the main thread (%s)',
    async (folder) => {
      const { call, tab, workers, said } = await visit(folder);
      const outcome = await call('large');
      expect(outcome.reason).toMatch(SOFTWARE);
      // Once a page: neither the second run nor the report asks anew.
      expect((await call('large')).reason).toBe(outcome.reason);
      expect(said).toEqual([]);
      const { renderer, reason } = (await call('renderer')) as Awaited<ReturnType<Page['renderer']>>;
      expect(renderer).toMatch(/SwiftShader/);
      expect(outcome.reason).toBe(`WebAssembly SIMD is available; webgl: ${reason}`);
      expect(workers).toEqual([`/${folder}/worker.js`]);
      expect(await contextsOf(tab)).toBe(0);
      await expect.poll(() => tab.workers().length, { timeout: 10_000 }).toBe(0);
    },
  );

  test.each(['lost', 'single', 'lostStrict'])(
    'looks for itself where the file is not there, without a Blob that a policy may forbid (%s)',
    async (folder) => {
      const { call, tab, workers, said } = await visit(folder);
      expect((await call('large')).reason).toMatch(SOFTWARE);
      expect(await contextsOf(tab)).toBe(1);
      expect(workers).not.toContain('blob');
      expect(said.filter((text) => /policy/i.test(text))).toEqual([]);
    },
  );

  test('finds the file by workerUrl', async () => {
    const { call, tab, said } = await visit('lostStrict');
    expect((await call('large', { workerUrl: 'elsewhere.js' })).reason).toMatch(SOFTWARE);
    expect([await contextsOf(tab), said]).toEqual([0, []]);
  });

  test('makes a context, and judges by what it draws, where the worker says hardware', async () => {
    const { call, tab } = await visit('isolated');
    expect((await call('large', { workerUrl: 'hardware.js' })).reason).toMatch(SOFTWARE);
    expect(await contextsOf(tab)).toBe(1);
  });

  test('asks nobody for steps that are too short', async () => {
    const { call, tab, workers } = await visit('isolated');
    await call('small');
    expect([await contextsOf(tab), workers]).toEqual([0, []]);
  });
});
