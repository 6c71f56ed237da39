// @ts-check
/** @file How long two threads of this process take to meet: the main thread and one worker. */
import { Worker } from 'node:worker_threads';
import { meetings, SLEEPER } from './meet.mjs';

/** Measures until it is closed. */
export async function barrierProbe() {
  const words = new Int32Array(new SharedArrayBuffer(64));
  const script = `const { workerData: words } = require('node:worker_threads');${SLEEPER}`;
  const worker = new Worker(script, { eval: true, workerData: words });
  await new Promise((resolve) => worker.once('online', resolve));
  return { measure: meetings(words), close: () => worker.terminate() };
}
