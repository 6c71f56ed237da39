import { afterEach, expect, it, vi } from 'vitest';
import { chooseThreads } from '../../src/backends/wasm/builds.ts';

afterEach(() => vi.unstubAllGlobals());

it.each([
  ['a page that is not isolated is told of the headers', false, /^no shared memory: serve the page with Cross-Origin/],
  [
    'an isolated page, as of WebKitGTK, is not told to be isolated',
    true,
    /^no shared memory: the page is isolated, but/,
  ],
])('%s', (_, crossOriginIsolated, reason) => {
  vi.stubGlobal('crossOriginIsolated', crossOriginIsolated);
  vi.stubGlobal('SharedArrayBuffer', undefined);
  expect(chooseThreads(2)).toEqual({ threads: 1, reason: expect.stringMatching(reason) });
});
