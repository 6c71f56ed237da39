/** @file Whether memory may be shared among threads here, and what to do about it. */

/** Pages that are not isolated have no shared memory, though some engines still have its name. */
export const hasSharedMemory = (): boolean =>
  typeof SharedArrayBuffer !== 'undefined' && globalThis.crossOriginIsolated !== false;

/** Why there is only one thread, and what to do about it. */
export const noSharedMemory = (): string =>
  globalThis.crossOriginIsolated
    ? 'no shared memory: the page is isolated, but this browser does not let workers share memory'
    : 'no shared memory: serve the page with Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp';
