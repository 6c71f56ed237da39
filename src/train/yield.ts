/** @file Giving the event loop a turn, so that a page stays alive and an abort is heard while a run goes on. */

/** Milliseconds of work between two turns of the event loop: at 60 frames a second a frame has 16. */
export const SLICE_MS = 10;

/** Resolves in a later turn of the event loop; where it can be had, without the 4 ms that browsers add to nested timers. */
export function nextTurn(): Promise<void> {
  const { setImmediate } = globalThis as Partial<typeof globalThis>;
  return new Promise((resolve) => {
    try {
      if (setImmediate !== undefined) return void setImmediate(resolve);
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(undefined);
    } catch {
      // Edge runtimes have neither of the two; those of Next have both, and each throws when it is used.
      setTimeout(resolve);
    }
  });
}
