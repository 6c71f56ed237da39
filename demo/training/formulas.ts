/** @file The golden cases of optimizers, schedules and clipping, as one line. */
import { fileURLToPath } from 'node:url';
import { runGolden } from '../../test/golden/golden.ts';
import { readGolden } from '../../test/golden/read.ts';
import type { Finding } from '../experiment.ts';

const FILES = ['optimizers', 'schedules', 'clipping'];

export async function formulas(): Promise<Finding> {
  const folder = fileURLToPath(new URL('../../test/golden/data', import.meta.url));
  const files = readGolden(folder).filter(({ file }) => FILES.includes(file));
  const { passed, failed, expressed, missing } = await runGolden(files, ['wasm', 'reference']);
  const counts = FILES.map((file) => `${expressed.filter((name) => name.startsWith(`${file}/`)).length} ${file}`);
  return {
    what: 'optimizers, schedules and clipping against PyTorch in double precision',
    published: 'formulas',
    reference: '41 + 27 + 6 cases',
    ours: `${passed} of ${passed + failed} comparisons agree (${counts.join(', ')}; on wasm and on the reference device)`,
    target: '2e-5 relative after all steps of each',
    isMet: failed === 0 && missing.length === 0 && passed === 2 * (41 + 27 + 6),
  };
}
