/** @file Runs a script of this folder in a Node process of its own, on the sources. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** What the script printed. */
export async function runScript(name: string, options: { node?: string[]; args?: string[] } = {}): Promise<string> {
  const { node = [], args = [] } = options;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...node, '--import', 'tsx', path(`./${name}.ts`), ...args],
    { cwd: path('../../..'), env: { ...process.env, TSX_TSCONFIG_PATH: path('./tsconfig.json') }, timeout: 60_000 },
  );
  return stdout.trim();
}
