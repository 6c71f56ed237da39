/** @file Keeping the main thread free: figures are drawn some times a second, long work gives way in between. */

/** Ten times a second looks live; each time more would be taken from the training. */
const PACE_MS = 100;

/** What waits to be drawn: one figure a frame, since all of them in one would hold up the page. */
const waiting: ((now: number) => void)[] = [];
let isAsked = false;

function inFrame(draw: (now: number) => void): void {
  waiting.push(draw);
  ask();
}

function ask(): void {
  if (isAsked || waiting.length === 0) return;
  isAsked = true;
  requestAnimationFrame((now) => {
    isAsked = false;
    const draw = waiting.shift();
    ask();
    draw?.(now);
  });
}

/** A function that draws in a frame soon, however often it is called until then. */
export function paced(draw: () => void): () => void {
  let isWaiting = false;
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    if (isWaiting) return;
    isWaiting = true;
    const frame = () =>
      inFrame((now) => {
        isWaiting = false;
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
