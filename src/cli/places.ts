/** @file What stands at a path. */
import { stat } from 'node:fs/promises';

export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

export async function bytesOf(path: string): Promise<number> {
  return (await stat(path)).size;
}
