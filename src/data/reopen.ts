/** @file Sources that are read again for every epoch; one that can be read only once is noticed before it runs dry. */
import { SaddlepointError } from '../core/errors.ts';
import { isOneShot } from './inputs.ts';

/** A source, or a function that opens it anew each time. */
export type Reopenable<T> = T | (() => T | Promise<T>);

/** Opens a source for each reading. */
export interface Opener<T> {
  /** False for a stream or a generator: there is one reading. */
  readonly reopenable: boolean;
  /**
   * @throws SaddlepointError `data`: a second reading of what can be read once, or a function that gives the same used-up source
   *   twice
   */
  open(): Promise<T>;
}

/** How a source is opened; nothing is read yet. */
export function openerOf<T>(source: Reopenable<T>, name: string): Opener<T> {
  const isFunction = typeof source === 'function';
  const once = !isFunction && isOneShot(source);
  // Weakly: what has been read is not kept for the sake of this check.
  const used = new WeakSet<object>();
  let opened = false;
  return {
    reopenable: !once,
    async open() {
      if (once && opened) {
        throw readTwice(name, 'give a function that opens it: () => fetch(url), or () => rows()');
      }
      opened = true;
      const next = isFunction ? await (source as () => T | Promise<T>)() : source;
      if (isFunction && typeof next === 'object' && next !== null && isOneShot(next)) {
        if (used.has(next)) throw readTwice(name, 'the function gave the same stream again: open a new one in it');
        used.add(next);
      }
      return next;
    },
  };
}

function readTwice(name: string, help: string): SaddlepointError {
  return new SaddlepointError(
    'data',
    `${name} can be read once, and has been read: a second epoch would find no rows`,
    help,
  );
}
