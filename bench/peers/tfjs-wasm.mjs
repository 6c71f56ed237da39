/** @file TensorFlow.js on its backend of WebAssembly: SIMD, one thread. */
import { fileURLToPath } from 'node:url';
import { serveTfjs } from './tfjs.mjs';

const files = fileURLToPath(new URL('../node_modules/@tensorflow/tfjs-backend-wasm/dist/', import.meta.url));

await serveTfjs('wasm', ({ setThreadsCount, setWasmPaths }) => {
  setWasmPaths(files);
  setThreadsCount(1);
});
