/** @file P7: two copies of the packed library in one process. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeConsumer, pack, remove, temporaryFolder } from '../matrix/consumer.mjs';
import { runIn } from '../matrix/runtimes.mjs';

const folder = temporaryFolder('copies');
let answer: Record<string, unknown>;
beforeAll(async () => {
  await makeConsumer(folder, await pack(folder));
  const copy = join(folder, 'node_modules/saddlepoint-copy');
  cpSync(join(folder, 'node_modules/saddlepoint'), copy, { recursive: true });
  const manifest = join(copy, 'package.json');
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"saddlepoint"', '"saddlepoint-copy"'));
  answer = await runIn('node20', folder, 'src/copies.js');
}, 120_000);
afterAll(() => remove(folder));

it.each([
  'a model of the other copy',
  'loss, optimizer and metrics of the other copy',
  'layers and ops of both',
  'a tensor of the other copy as data',
  'a run of the other copy, trained on',
  'a file of the other copy',
  'a gradient over ops of both',
  'an error of the other copy, told by its code',
])('P7: one copy of the library takes %s as its own', (crossing) => {
  expect(answer[crossing]).toBe(true);
});
