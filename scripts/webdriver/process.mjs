// @ts-check
/** @file Programs of the system: whether they are there, until they are ready, and their end. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The first of these in the path, or what the environment names. @param {string} variable @param {readonly string[]} names */
export function installed(variable, names) {
  const named = process.env[variable];
  const places = (process.env.PATH ?? '').split(delimiter);
  const all = named ? [named] : names.flatMap((name) => places.map((place) => join(place, name)));
  return all.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * What `look` gives, once it is there.
 *
 * @template T
 * @param {string} what for the error
 * @param {() => T | undefined | Promise<T | undefined>} look
 * @param {number} [timeout] milliseconds
 * @returns {Promise<T>}
 */
export async function until(what, look, timeout = 120_000) {
  for (const end = performance.now() + timeout; performance.now() < end; ) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`not within ${timeout / 1000} s: ${what}`);
}

/** Ends a program that we started. @param {import('node:child_process').ChildProcess} child */
export function ended(child) {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve(undefined);
    child.once('exit', () => resolve(undefined));
    child.kill();
    setTimeout(() => child.kill('SIGKILL'), 10_000).unref();
  });
}
