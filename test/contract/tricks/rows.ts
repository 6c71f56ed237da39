/** @file All rows: whoever adds a file to rows/ adds its tricks to the contract. */
import type { TrickRow } from './row.ts';

const files = import.meta.glob<{ readonly rows: readonly TrickRow[] }>('./rows/*.ts', { eager: true });

export const rows: readonly TrickRow[] = Object.values(files).flatMap((file) => file.rows);
