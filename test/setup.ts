import { buildWasm } from '../scripts/build-wasm.mjs';
import { buildWorker } from '../scripts/build-worker.mjs';

/** Before any test, also under a bare `npx vitest`: machine and worker are compiled from today's sources. */
export default async function setup(): Promise<void> {
  await buildWasm();
  await buildWorker();
}
