// @ts-check
/** @file Commands of the matrix: each in a process group of its own, with an end. */
import { spawn } from 'node:child_process';

/**
 * @typedef {object} CommandOptions
 * @property {string} cwd
 * @property {number} [seconds] after which the command and its children are stopped; default 240
 * @property {NodeJS.ProcessEnv} [env] added to this process's
 */

/**
 * @param {string} file @param {string[]} args @param {CommandOptions} options
 * @returns {import('node:child_process').ChildProcess}
 */
export function start(file, args, { cwd, env = {} }) {
  // Vite's server sets NODE_ENV for this process, and what is started from here must not inherit it.
  const { NODE_ENV: _, ...inherited } = process.env;
  return spawn(file, args, {
    cwd,
    env: { ...inherited, NEXT_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', NO_COLOR: '1', FORCE_COLOR: '0', ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Ends a command with all that it started. @param {import('node:child_process').ChildProcess} child */
export function end(child) {
  try {
    if (child.pid) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/**
 * The output of a command that ended well.
 *
 * @param {string} file @param {string[]} args @param {CommandOptions} options @returns {Promise<string>}
 */
export function run(file, args, options) {
  const { seconds = 240 } = options;
  return new Promise((resolve, reject) => {
    const child = start(file, args, options);
    let output = '';
    const read = (/** @type {Buffer} */ chunk) => {
      output += chunk;
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    const timer = setTimeout(() => {
      output += `\nstopped after ${seconds} s`;
      end(child);
    }, seconds * 1000);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      if (code === 0) resolve(output);
      else reject(new Error(`${file.split('/').at(-1)} ${args.join(' ')}: exit ${code}\n${output.slice(-3000)}`));
    });
  });
}

/** The answer that a program of `consumer/` printed. @param {string} output @returns {any} */
export function answerOf(output) {
  const line = /^ANSWER (.*)$/m.exec(output)?.[1];
  if (line === undefined) throw new Error(`the program gave no answer: ${output.slice(-2000)}`);
  const answer = JSON.parse(line);
  if (answer.error !== undefined) throw new Error(answer.error);
  return answer;
}
