/** @file A line an epoch, for logs. */
import { checkKnownOptions } from '../../core/errors.ts';
import type { Callback } from '../callback.ts';
import { numbersOf } from './monitor.ts';

export interface LoggerOptions {
  /** 'text' (default): `epoch 3 loss 0.1234 …`; 'json': the record as one line of JSON. */
  readonly format?: 'text' | 'json';
  /** Gets each line; default: the console. */
  readonly write?: (line: string) => void;
}

/**
 * Writes each epoch's record as a line.
 * @example callbacks: [logger({ format: 'json', write: (line) => file.write(`${line}\n`) })]
 */
export function logger(options: LoggerOptions = {}): Callback {
  checkKnownOptions('logger', options, ['format', 'write']);
  // biome-ignore lint/suspicious/noConsole: whoever asks for a logger and names no place wants it there
  const { format = 'text', write = (line: string) => console.log(line) } = options;
  return {
    name: 'logger',
    onEpoch(record) {
      const numbers = [...numbersOf(record)].map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`);
      write(format === 'json' ? JSON.stringify(record) : `epoch ${record.epoch} ${numbers.join(' ')}`);
    },
  };
}
