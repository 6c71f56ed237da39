/** @file Keeping the main thread free: figures are drawn some times a second, long work gives way in between. */

/** Ten times a second looks live; each time more would be taken from the training. */
const PACE_MS = 100;

/** A function that draws in a frame soon, however often it is called until then. */
export function paced(draw: () => void): () => void {
  let waiting = false;
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    if (waiting) return;
    waiting = true;
    const frame = () =>
      requestAnimationFrame((now) => {
        waiting = false;
        last = now;
        draw();
      });
    const rest = last + PACE_MS - performance.now();
    if (rest > 0) setTimeout(frame, rest);
    else frame();
  };
}

/** Resolves in a later turn, after the browser could draw and answer the user. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
