/** @file `npm run golden -- [--dir DIR] [--backend wasm,reference] [--list]`: runs golden cases and prints what fails. */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { DISPUTES } from './disputes.ts';
import { runGolden } from './golden.ts';
import { readGolden } from './read.ts';
import type { Device } from './session.ts';

const { values } = parseArgs({
  options: {
    dir: { type: 'string', default: fileURLToPath(new URL('data', import.meta.url)) },
    backend: { type: 'string', default: 'wasm,reference' },
    list: { type: 'boolean', default: false },
  },
});

const devices = values.backend.split(',').map((name) => {
  if (name === 'wasm' || name === 'reference') return name satisfies Device;
  throw new Error(`--backend: unknown device '${name}'; legal: wasm, reference`);
});
const report = await runGolden(readGolden(values.dir), devices);
for (const failure of report.failures) console.log(failure);
for (const { place, key, reason } of DISPUTES) {
  if (report.expressed.includes(place)) console.log(`disputed: ${place} ${key}: ${reason}`);
}
if (values.list) for (const name of report.missing) console.log(`not yet expressible: ${name}`);
console.log(`${report.passed} passed, ${report.failed} failed, ${report.missing.length} not yet expressible`);
process.exitCode = report.failed === 0 ? 0 : 1;
