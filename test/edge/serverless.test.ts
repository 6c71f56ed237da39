/** The example of demo/serverless, in a Node of its own, on the built package. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { makePlan } from '../../src/index.ts';
import { dataOf, trained } from './models.ts';
import { root } from './worker.ts';

const run = promisify(execFile);
const path = join(root, 'demo/serverless/handler.mjs');

test('P4: the serverless example answers many at once, refuses what does not fit, and loads again after a failure', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'saddlepoint-serverless-'));
  try {
    const file = join(folder, 'model.plan');
    const made = await trained('classes with names');
    const x = dataOf('classes with names').x as readonly (readonly number[])[];
    const script = `
      import { writeFile } from 'node:fs/promises';
      const { handler } = await import(${JSON.stringify(pathToFileURL(path).href)});
      const rows = ${JSON.stringify(x.slice(0, 4))};
      const ask = (body) => handler({ body });
      const missing = await ask('{ "x": [1] }');
      await writeFile(process.env.PLAN, Buffer.from(process.env.BYTES, 'base64'));
      const together = await Promise.all(rows.map((row) => ask(JSON.stringify({ x: row }))));
      const wrong = await Promise.all(['<html>', '{ "x": [[1, 2]] }', '{}'].map(ask));
      console.log(JSON.stringify({ missing, together, wrong }));`;
    const bytes = Buffer.from((await makePlan(made, {})).file).toString('base64');
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], {
      ...{ cwd: root, timeout: 60_000 },
      env: { ...process.env, PLAN: file, BYTES: bytes },
    });
    const { missing, together, wrong } = JSON.parse(stdout);
    expect(missing.statusCode).toBe(500);
    const expected = (await made.predict(x.slice(0, 4))) as { label: string }[];
    expect(together.map(({ body }: { body: string }) => JSON.parse(body).label)).toEqual(
      expected.map(({ label }) => label),
    );
    expect(wrong.map(({ statusCode }: { statusCode: number }) => statusCode)).toEqual([400, 400, 400]);
    await writeFile(file, Buffer.from(bytes, 'base64'));
    const alone = await run(process.execPath, [path, file, JSON.stringify(x[0])]);
    expect(alone.stdout).toMatch(/"label":".*first answer after \d+\.\d ms/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
