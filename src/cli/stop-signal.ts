/** @file Ctrl+C: the first ends the training, and what it came to is kept; the second ends the program. */
import type { Output } from './output.ts';

/** @param kept what stays, for the message. */
export function stopSignal(output: Output, kept: string): { readonly signal: AbortSignal; close(): void } {
  const controller = new AbortController();
  const stop = (): void => {
    output.say(`\nstopping: ${kept}; press Ctrl+C again to quit at once`);
    controller.abort();
  };
  process.once('SIGINT', stop);
  return { signal: controller.signal, close: () => void process.off('SIGINT', stop) };
}
