/** @file What the form of a kept model needs to know of its columns; the model's file holds their encoding, not their examples. */
import type { Field } from './columns.ts';

const KEY = 'saddlepoint-page table';

export interface KeptFields {
  readonly target: string;
  readonly fields: readonly Field[];
}

/** @throws Error where the browser has no room for it. */
export function keepFields(target: string, fields: readonly Field[]): void {
  try {
    localStorage.setItem(KEY, JSON.stringify({ target, fields } satisfies KeptFields));
  } catch (cause) {
    throw new Error('This browser keeps nothing for the page.\n  help: download the model instead', { cause });
  }
}

/** Undefined where nothing, or nothing legible, is kept. */
export function keptFields(): KeptFields | undefined {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? '') as Partial<KeptFields>;
    return typeof kept.target === 'string' && Array.isArray(kept.fields) ? (kept as KeptFields) : undefined;
  } catch {
    return undefined;
  }
}
