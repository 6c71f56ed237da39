import { buildWasm } from '../scripts/build-wasm.mjs';

/** Before any test, also under a bare `npx vitest`: the machine is compiled from today's sources. */
export default async function setup(): Promise<void> {
  await buildWasm();
}
