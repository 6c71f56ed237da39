/** @file What the visitor chose for the training. */
import { chosen } from '../page/dom.ts';
import type { ModelName } from './models.ts';

export interface Settings {
  readonly model: ModelName;
  readonly learningRate: number;
  readonly batchSize: number;
  readonly epochs: number;
  readonly device: 'auto' | 'wasm' | 'webgl' | 'webgpu' | 'reference';
  readonly threads: number | 'auto';
  readonly worker: boolean;
}

/** What must stay as it was when a training goes on. */
const FIXED = ['model', 'learningRate', 'batchSize'];

/** @throws Error for a number of epochs that is none. */
export function readSettings(form: HTMLFormElement): Settings {
  const epochs = Number(chosen(form, 'epochs'));
  if (!Number.isInteger(epochs) || epochs < 1 || epochs > 200)
    throw new Error(`Epochs: expected a whole number from 1 to 200, got '${chosen(form, 'epochs')}'.`);
  const threads = chosen(form, 'threads');
  return {
    model: chosen(form, 'model') as ModelName,
    learningRate: Number(chosen(form, 'learningRate')),
    batchSize: Number(chosen(form, 'batchSize')),
    epochs,
    device: chosen(form, 'device') as Settings['device'],
    threads: threads === 'auto' ? threads : Number(threads),
    worker: (form.elements.namedItem('worker') as HTMLInputElement).checked,
  };
}

/** What may be changed: everything before a training, where it runs in a pause, nothing while it runs. */
export function lockSettings(form: HTMLFormElement, state: 'free' | 'paused' | 'running'): void {
  for (const control of form.elements as unknown as Iterable<HTMLInputElement>)
    control.disabled = state === 'running' || (state === 'paused' && FIXED.includes(control.name));
}
