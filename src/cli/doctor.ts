/** @file `saddlepoint doctor`: what this machine has to run on, what is chosen and why. */
import { backendReport } from '../index.ts';
import type { CommandSpec } from './spec.ts';
import { version } from './version.ts';

export const doctorCommand: CommandSpec = {
  name: 'doctor',
  summary: 'Say what this machine has to run on, which device is chosen and why.',
  arguments: [],
  options: [],
  examples: [
    ['saddlepoint doctor', 'devices with verdict and reason, threads, builds'],
    ['saddlepoint doctor --json', 'the same for a report of a fault'],
  ],
  async run(_, __, output) {
    const report = await backendReport();
    const versions = { saddlepoint: version(), node: process.versions.node };
    const system = `${process.platform} ${process.arch}`;
    if (output.json) {
      output.result(JSON.stringify({ ...versions, system, ...report }));
      return;
    }
    output.result(`saddlepoint ${versions.saddlepoint}, Node ${versions.node}, ${system}`);
    output.heading(`device: ${report.chosen}`);
    for (const { name, verdict, reason, stepMilliseconds } of report.candidates) {
      const time = stepMilliseconds === undefined ? '' : `; ${stepMilliseconds.toPrecision(2)} ms a step of 784-128-10`;
      output.result(`  ${name.padEnd(10)} ${verdict.padEnd(8)} ${reason}${time}`);
    }
    if (report.renderer !== undefined) output.result(`  the GPU: ${report.renderer}`);
    output.heading(`threads: ${report.threads.count}`);
    output.result(`  ${report.threads.reason}`);
    output.heading('builds of the WebAssembly machine');
    for (const { name, available, reason } of report.builds)
      output.result(`  ${name.padEnd(10)} ${(available ? 'yes' : 'no').padEnd(8)} ${reason}`);
  },
};
