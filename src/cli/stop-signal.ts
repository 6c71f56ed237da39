/** @file Ctrl+C: the first ends the training, and the best weights are kept; the second ends the program. */
import type { Output } from './output.ts';

export function stopSignal(output: Output): { readonly signal: AbortSignal; close(): void } {
  const controller = new AbortController();
  const stop = (): void => {
    output.say('\nstopping: the best weights so far are kept; press Ctrl+C again to quit at once');
    controller.abort();
  };
  process.once('SIGINT', stop);
  return { signal: controller.signal, close: () => void process.off('SIGINT', stop) };
}
