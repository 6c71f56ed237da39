/** @file What the page says: to everyone, to screen readers, and when something goes wrong. */
import { byId, element } from './dom.ts';

/** Announcements nearer than this would be read over each other. */
const QUIET_MS = 1500;

let waiting: ReturnType<typeof setTimeout> | undefined;
let last = 0;

/** Says something to a screen reader; of several in short order the last is said. */
export function announce(text: string): void {
  clearTimeout(waiting);
  const say = () => {
    last = performance.now();
    byId('live').textContent = text;
  };
  waiting = setTimeout(say, Math.max(0, QUIET_MS - (performance.now() - last)));
}

/** Shows an error where it arose: what happened, and what to do about it. */
export function showTrouble(id: string, error: unknown): void {
  const { message, help } = wordsOf(error);
  const place = byId(id);
  place.replaceChildren(element('p', { textContent: message }), ...(help ? [element('p', { textContent: help })] : []));
  place.hidden = false;
}

export function clearTrouble(id: string): void {
  byId(id).hidden = true;
}

/** The library's errors end with a line of help. */
export function wordsOf(error: unknown): { message: string; help: string | undefined } {
  const text = error instanceof Error ? error.message : String(error);
  const [message = '', help] = text.split('\n  help: ');
  return { message, help };
}

/** Runs an action of the user; what it throws is shown in its place. */
export async function attempt(id: string, action: () => Promise<void> | void): Promise<void> {
  clearTrouble(id);
  try {
    await action();
  } catch (error) {
    showTrouble(id, error);
  }
}
