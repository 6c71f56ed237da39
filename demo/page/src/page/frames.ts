/** @file Keeping the main thread free: figures are drawn at most once a frame, long work gives way in between. */

/** A function that draws in the next frame, however often it is called until then. */
export function oncePerFrame(draw: () => void): () => void {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      draw();
    });
  };
}

/** Resolves in a later turn, after the browser could draw and answer the user. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
