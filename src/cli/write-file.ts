/** @file Files that a command writes: whole or not at all. */
import { rename, rm, writeFile } from 'node:fs/promises';
import { SaddlepointError } from '../index.ts';
import type { Output } from './output.ts';

/**
 * Aside first, so that no half of a file is ever seen.
 *
 * @param lost what becomes of the rest where it cannot be written, for the message.
 */
export async function writeWhole(path: string, text: string, lost: string, output: Output): Promise<void> {
  const aside = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(aside, text);
    await rename(aside, path);
  } catch (cause) {
    await rm(aside, { force: true });
    throw new SaddlepointError('file', `could not write ${path}: ${(cause as Error).message}`, lost, { cause });
  }
  output.say(`wrote ${path}`);
}
