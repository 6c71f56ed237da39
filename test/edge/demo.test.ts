/** The example worker of demo/edge in workerd, with its durable store. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makePlan } from '../../src/index.ts';
import { dataOf, trained } from './models.ts';
import { bundle, root, start } from './worker.ts';

const folder = join(root, 'demo/edge');

test('P4: the example worker predicts, learns from corrections, keeps what it learnt, and refuses what does not fit', async () => {
  const { file } = await makePlan(await trained('classes with names'), { train: true });
  const code = readFileSync(join(folder, 'worker.js'), 'utf8');
  const runtime = start(await bundle(code, folder), { durableObjects: { MODEL: 'Model' } }, file);
  try {
    const post = async (path: string, body: string) => {
      const response = await runtime.dispatchFetch(`http://x${path}`, { method: 'POST', body });
      return [response.status, await response.json()] as [number, Record<string, unknown>];
    };
    const { x, y } = dataOf('classes with names');
    const [status, { answers }] = await post('/predict', JSON.stringify({ x: x.slice(0, 3) }));
    expect([status, (answers as unknown[]).length]).toEqual([200, 3]);
    let step = 10;
    for (let i = 0; i < 3; i++) {
      const [, answer] = await post('/correct', JSON.stringify({ x: x.slice(0, 8), y: y.slice(0, 8) }));
      expect(answer.step as number).toBeGreaterThan(step);
      step = answer.step as number;
    }
    for (const [body, message] of [
      ['{ "x": [[1, 2]], "y": ["ant"] }', /row 0 .* has 2 values, 5 expected/],
      ['{ "x": [[1, 2, 3, 4, 5]], "y": ["dog"] }', /one of ant, bee, cat expected/],
      ['{ "x": [[1, 2, 3, 4, null]], "y": ["ant"] }', /has null/],
      ['<html>', /no JSON/],
      [`{ "x": [${'['.repeat(70_000)}`, /at most 65536 bytes/],
    ] as const) {
      const [code, { error }] = await post('/correct', body);
      expect([code, error]).toEqual([400, expect.stringMatching(message)]);
    }
  } finally {
    await runtime.dispose();
  }
});
