/** @file Files in Node and what is like it, reached through `process.getBuiltinModule`: nothing of Node is imported. */
import { SaddlepointError } from '../core/errors.ts';

/** Asked each time: on a page, `process` may be missing, or be a stand-in that some bundler made. */
const host = (): NodeJS.Process | undefined => {
  const found = (globalThis as { process?: NodeJS.Process }).process;
  return typeof found?.getBuiltinModule === 'function' ? found : undefined;
};
const filesOf = () => host()?.getBuiltinModule('node:fs/promises');

type Files = NonNullable<ReturnType<typeof filesOf>>;

/** Whether there are files: Node, Deno and Bun; no browser, no edge runtime without a file system. */
export function isNode(): boolean {
  return filesOf() !== undefined;
}

function tools() {
  const files = filesOf() as Files;
  const { resolve, dirname, join } = process.getBuiltinModule('node:path');
  const { fileURLToPath } = process.getBuiltinModule('node:url');
  const pathOf = (place: string | URL) => (typeof place === 'string' ? resolve(place) : fileURLToPath(place.href));
  return { files, pathOf, dirname, join };
}

function fileError(action: string, path: string, cause: unknown): SaddlepointError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const help: Record<string, string> = {
    ENOENT:
      action === 'read' ? 'check the path; run.save(path) writes a model' : 'the folder does not exist: make it first',
    EISDIR: 'this is a folder: give the name of a file in it',
    EACCES: 'this user may not do that here: choose another folder',
    EPERM: 'this user may not do that here: choose another folder',
    ENOSPC: 'the disk is full',
    ENAMETOOLONG: 'choose a shorter name',
  };
  const what =
    code === 'ENOENT' && action === 'read' ? `there is no file ${path}` : `could not ${action} ${path}: ${message}`;
  return new SaddlepointError('file', what, help[code ?? ''], { cause: cause as Error });
}

export async function readFile(place: string | URL): Promise<Uint8Array> {
  const { files, pathOf } = tools();
  const path = pathOf(place);
  try {
    const { buffer, byteOffset, byteLength } = await files.readFile(path);
    return new Uint8Array(buffer, byteOffset, byteLength);
  } catch (cause) {
    throw fileError('read', path, cause);
  }
}

let written = 0;

/**
 * Writes a file as a whole: the bytes go to a file aside in the same folder and to the disk, then that file gets the name. So
 * whoever reads sees the old contents or the new, and a save that fails (or a process that dies) leaves the old. Where the
 * name is a link, the file behind it is replaced; its permissions are kept.
 */
export async function writeFile(place: string | URL, bytes: Uint8Array): Promise<void> {
  const { files, pathOf, dirname, join } = tools();
  const path = pathOf(place);
  try {
    const real = await files.realpath(path).catch(() => path);
    const old = await files.stat(real).catch(() => undefined);
    if (old?.isDirectory()) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' });
    // A device or a pipe has no contents to keep, and must not be replaced by a file.
    if (old !== undefined && !old.isFile()) return await files.writeFile(real, bytes);
    // A name of its own: the target's may already have the longest length allowed.
    const aside = join(dirname(real), `.saddlepoint-${process.pid}-${Date.now().toString(36)}-${written++}.tmp`);
    try {
      const file = await files.open(aside, 'wx');
      try {
        await file.writeFile(bytes);
        if (old !== undefined) await file.chmod(old.mode & 0o7777);
        await file.sync();
      } finally {
        await file.close();
      }
      await files.rename(aside, real);
    } catch (cause) {
      await files.rm(aside, { force: true }).catch(() => undefined);
      throw cause;
    }
    await syncFolder(files, dirname(real));
  } catch (cause) {
    throw fileError('write', path, cause);
  }
}

/** Makes the new name survive a loss of power, where the system can: not on Windows. */
async function syncFolder(files: Files, folder: string): Promise<void> {
  try {
    const handle = await files.open(folder, 'r');
    await handle.sync().finally(() => handle.close());
  } catch {
    // The file itself is written and named; only the moment at which the name reaches the disk is left to the system.
  }
}
