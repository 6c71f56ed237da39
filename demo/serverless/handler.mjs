/**
 * @file A serverless function in Node that predicts: `handler({ body: '{"x": [[…], …]}' })`. The plan is loaded once, with the
 * first request; `node demo/serverless/handler.mjs model.plan '[1, 2, 3]'` prints how long that took.
 */
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { load, SaddlepointError } from 'saddlepoint/edge';

const path = process.env.PLAN ?? process.argv[2] ?? 'model.plan';
let plan;

export async function handler({ body }) {
  try {
    const { x } = JSON.parse(body);
    plan ??= load(readFile(path));
    const loaded = await plan.catch((error) => {
      plan = undefined; // the next request tries again
      throw new Error(`the plan cannot be loaded: ${error.message}`);
    });
    return { statusCode: 200, body: JSON.stringify(await loaded.predict(x)) };
  } catch (error) {
    const isTheirs = error instanceof SaddlepointError || error instanceof SyntaxError;
    return { statusCode: isTheirs ? 400 : 500, body: JSON.stringify({ error: isTheirs ? error.message : 'failed' }) };
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const began = performance.now();
  const answer = await handler({ body: `{ "x": ${process.argv[3]} }` });
  console.log(answer.body, `first answer after ${(performance.now() - began).toFixed(1)} ms`);
}
