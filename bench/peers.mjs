// @ts-check
/**
 * @file The peers of the benchmark: where each is measured, and whether it is installed here.
 *
 * @typedef {object} Peer
 * @property {string} name as `--peers` takes it
 * @property {string} title as a reader knows it
 * @property {string} file of peers/, run in a process of its own
 * @property {'JavaScript' | 'Python'} language
 * @property {boolean} [approximate] it trains in another way: its losses cannot be compared
 * @property {Readonly<Record<string, string>>} [environment] variables that its process gets
 * @property {() => string | undefined} version undefined where it is not installed
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** @param {string} name of a package of bench/package.json */
function packageVersion(name) {
  try {
    return JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), 'utf8')).version;
  } catch {
    return undefined;
  }
}

/**
 * Variables that make OpenBLAS use another processor's kernels, as some machines set them: a peer is measured at its best. (Its
 * losses are compared, so kernels that compute something else would be found out.)
 */
const SLOWING = ['OPENBLAS_CORETYPE', 'OPENBLAS_L2_SIZE'];

/** @returns {NodeJS.ProcessEnv} */
export function pythonEnvironment() {
  const kept = Object.entries(process.env).filter(([name]) => !SLOWING.includes(name));
  // torch.set_num_threads does not reach OpenBLAS, which would take every core.
  return { ...Object.fromEntries(kept), OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1' };
}

/** @type {{ command: string, version: string } | undefined | null} null: not looked for */
let python = null;

/** The first Python that has PyTorch: $PYTHON, the one on the path, or the system's, where Debian's package is. */
export function findPython() {
  if (python !== null) return python;
  python = undefined;
  for (const command of [process.env.PYTHON, 'python3', '/usr/bin/python3']) {
    if (command === undefined) continue;
    const script = 'import torch; print(torch.__version__)';
    const { status, stdout } = spawnSync(command, ['-c', script], { encoding: 'utf8', env: pythonEnvironment() });
    if (status === 0) {
      python = { command, version: stdout.trim() };
      break;
    }
  }
  return python;
}

const javaScript = /** @type {const} */ ('JavaScript');
const python3 = /** @type {const} */ ('Python');

/** @type {readonly Peer[]} */
export const peers = [
  {
    ...{ name: 'jax-js', title: 'jax-js', file: 'jax-js.mjs', language: javaScript },
    version: () => packageVersion('@jax-js/jax'),
  },
  {
    ...{ name: 'tfjs-wasm', title: 'TensorFlow.js wasm', file: 'tfjs-wasm.mjs', language: javaScript },
    version: () => packageVersion('@tensorflow/tfjs-backend-wasm'),
  },
  {
    ...{ name: 'tfjs-cpu', title: 'TensorFlow.js cpu', file: 'tfjs-cpu.mjs', language: javaScript },
    version: () => packageVersion('@tensorflow/tfjs-backend-cpu'),
  },
  {
    ...{ name: 'brain.js', title: 'brain.js', file: 'brain.mjs', language: javaScript, approximate: true },
    version: () => packageVersion('brain.js'),
  },
  {
    ...{ name: 'pytorch', title: 'PyTorch', file: 'pytorch.py', language: python3 },
    version: () => findPython()?.version,
  },
  {
    ...{ name: 'pytorch-tuned', title: 'PyTorch, memory kept', file: 'pytorch.py', language: python3 },
    // Where pages of memory are dear, as on virtual machines, giving tensors back to the system and asking for them anew can
    // take most of a step; PyTorch's guide to tuning advises another allocator, and this is the same without one.
    environment: { MALLOC_TRIM_THRESHOLD_: String(2 ** 30), MALLOC_MMAP_THRESHOLD_: String(2 ** 25) },
    version: () => findPython()?.version,
  },
];
