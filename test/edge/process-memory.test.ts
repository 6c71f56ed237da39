/** What a plan says beforehand that it takes, beside what workerd asks its system for. */
import { readdirSync, readFileSync } from 'node:fs';
import { crossEntropy, dense, fit, makePlan, sequential } from 'saddlepoint';
import { expect, test } from 'vitest';
import { bundle, start } from './worker.ts';

const CODE = `
import { load } from 'saddlepoint/edge';
let plan;
export default {
  async fetch(request) {
    if (!request.headers.has('x-plan')) return Response.json(await request.text());
    plan = await load(request);
    return Response.json(await plan.predict(new Float32Array(784)));
  },
};`;

/** The workerd processes that this process has started. */
const workers = (): Set<string> =>
  new Set(
    readdirSync('/proc').filter((id) => /^\d+$/.test(id) && /^Name:\s+workerd$/m.test(statusOf(id)) && isOurs(id)),
  );
const isOurs = (id: string): boolean => new RegExp(`^PPid:\\s+${process.pid}$`, 'm').test(statusOf(id));

function statusOf(id: string): string {
  try {
    return readFileSync(`/proc/${id}/status`, 'utf8');
  } catch {
    return ''; // It ended meanwhile.
  }
}

/** Bytes of anonymous pages: what the process has asked for, without the pages of its own program. */
const anonymous = (id: string): number => Number(/^RssAnon:\s+(\d+)/m.exec(statusOf(id))?.[1]) * 1024;

// 1.04 in bench/edge-memory.mjs; the promise is 20 %.
test.skipIf(process.platform !== 'linux')(
  'a plan that is posted takes the memory that it states, within 20 %',
  async () => {
    const x = Array.from({ length: 8 }, (_, i) => Float32Array.from({ length: 784 }, (_, k) => ((i + k) % 7) / 7));
    const model = sequential([dense(2048, { activation: 'relu' }), dense(10)]);
    const options = { loss: crossEntropy(), epochs: 1, progress: false };
    const { file, summary } = await makePlan(await fit(model, { x, y: x.map((_, i) => i) }, options), {});
    const others = workers();
    const runtime = start(await bundle(CODE));
    try {
      await (await runtime.dispatchFetch('http://x/', { method: 'POST', body: 'none' })).text();
      const [own = ''] = [...workers()].filter((id) => !others.has(id));
      const before = anonymous(own);
      let most = before;
      const watch = setInterval(() => {
        most = Math.max(most, anonymous(own));
      }, 1);
      const headers = { 'x-plan': 'yes' };
      const answer = await (await runtime.dispatchFetch('http://x/', { method: 'POST', body: file, headers })).json();
      clearInterval(watch);
      expect(answer).toHaveProperty('label');
      const grown = Math.max(most, anonymous(own)) - before;
      expect(grown / summary.peakBytes).toBeGreaterThan(0.8);
      expect(grown / summary.peakBytes).toBeLessThan(1.2);
    } finally {
      await runtime.dispose();
    }
  },
);
