// @ts-check
/** @file Starts a process of its own for each measurement, and gets its result. */
import { fork, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { makeData } from './data.mjs';
import {
  COMPARED_STEPS,
  inputShape,
  LEAST_STEPS,
  PATIENCE,
  SHORTEST_BLOCK,
  targetShape,
  weightShapes,
} from './items.mjs';
import { findPython, pythonEnvironment } from './peers.mjs';

/** @typedef {import('./measure.mjs').Task} Task */

/** Seconds that a process may take before it is ended. */
export const LONGEST = 180;

/** Where a machine keeps its files is not part of a result. @param {string} text */
export const withoutPaths = (text) => text.replace(/(file:\/\/)?\/(\S+\/)+/g, '');

/**
 * The Node that measures: the one running, or the newer one that bench/package.json installs.
 * @param {string | undefined} version undefined, or '24'
 */
export function nodeBinary(version) {
  if (version === undefined) return process.execPath;
  if (version !== '24') throw new Error(`there is 24, besides the one that runs; got ${version}`);
  const isWindows = process.platform === 'win32';
  const name = `node-${isWindows ? 'win' : process.platform}-${process.arch}`;
  const path = fileURLToPath(new URL(`node_modules/${name}/bin/node${isWindows ? '.exe' : ''}`, import.meta.url));
  if (!existsSync(path)) throw new Error(`${name} is not installed; bench/package.json has those of Linux and Windows`);
  return path;
}

/** Waits for a process to end, ends it when it takes too long. @param {import('node:child_process').ChildProcess} child */
function ending(child) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`not done within ${LONGEST} s`));
      child.kill('SIGKILL');
    }, LONGEST * 1000);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      resolve(signal ?? `exit code ${code}`);
    });
  });
}

/** @param {string} script beside this file @param {Task} task @param {string} [execPath] @returns {Promise<any>} */
export async function measureInNode(script, task, execPath = process.execPath) {
  // What peers print about themselves is theirs; errors come with the reply.
  const child = fork(new URL(script, import.meta.url), {
    ...{ serialization: 'advanced', execPath, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] },
  });
  /** @type {any} */
  let reply;
  child.once('message', (message) => {
    reply = message;
  });
  const errors = lastLines(child.stderr);
  child.send(task);
  const how = await ending(child);
  if (reply === undefined) throw new Error(`ended without a result (${how}) ${errors()}`);
  if (reply.error !== undefined) throw new Error(reply.error);
  return reply;
}

/** @param {import('node:stream').Readable | null} stream */
function lastLines(stream) {
  let text = '';
  stream?.on('data', (chunk) => {
    text = `${text}${chunk}`.slice(-2000);
  });
  return () => text.trim().split('\n').at(-1) ?? '';
}

/** @param {string} script beside this file @param {Task} task @param {Readonly<Record<string, string>>} environment @returns {Promise<any>} */
async function measureInPython(script, { item, weights }, environment) {
  const python = findPython();
  if (python === undefined) throw new Error('not installed');
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(python.command, [path], {
    env: { ...pythonEnvironment(), ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const errors = lastLines(child.stderr);
  const batches = Math.min(item.batches, item.warmSteps + 2 * item.measuredSteps);
  const { x, y } = makeData(item, batches);
  const arrays = [
    ...weights.map((data, i) => ({ name: `weight ${i}`, data })),
    { name: 'x', data: x },
    { name: 'y', data: y },
  ];
  const head = {
    ...{
      item,
      batches,
      inputShape: inputShape(item),
      targetShape: targetShape(item),
      weightShapes: weightShapes(item),
    },
    rules: {
      ...{ comparedSteps: COMPARED_STEPS, leastSteps: LEAST_STEPS },
      ...{ patience: PATIENCE, shortestBlock: SHORTEST_BLOCK },
    },
    arrays: arrays.map(({ name, data }) => ({
      ...{ name, length: data.length, dtype: data instanceof Int32Array ? 'i32' : 'f32' },
    })),
  };
  // A process that fails closes its input; its exit says why.
  child.stdin.on('error', () => {});
  child.stdin.write(`${JSON.stringify(head)}\n`);
  for (const { data } of arrays) child.stdin.write(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  child.stdin.end();
  const how = await ending(child);
  if (output === '') throw new Error(`ended without a result (${how}) ${errors()}`);
  return JSON.parse(output);
}

/** @param {import('./peers.mjs').Peer} peer @param {Task} task @param {string} [execPath] @returns {Promise<import('./measure.mjs').Measured>} */
export function measurePeer({ file, language, environment = {} }, task, execPath) {
  const script = `./peers/${file}`;
  return language === 'Python' ? measureInPython(script, task, environment) : measureInNode(script, task, execPath);
}
