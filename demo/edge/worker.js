/**
 * @file A worker that serves predictions and learns from corrections; its state is in a Durable Object's store.
 *
 *   POST /predict  { "x": [[…], …] }                  → { "answers": […] }
 *   POST /correct  { "x": [[…], …], "y": ["…", …] }   → { "steps": 3, "step": 13, "loss": 0.2, "left": 0 }
 *
 * `model.plan` is what `savePlan(run, { train: true }, 'model.plan')` wrote.
 */
import { load, SaddlepointError } from 'saddlepoint/edge';
import file from './model.plan';

const MOST_BYTES = 64 * 1024;
const MOST_ROWS = 64;
/** How long a request may train; what is left over is done by the next. */
const BUDGET_MS = 10;
/** Values in the store are at most 128 KiB. */
const PIECE = 100_000;

export default {
  fetch: (request, env) => env.MODEL.get(env.MODEL.idFromName('shared')).fetch(request),
};

export class Model {
  #storage;
  #plan;

  constructor({ storage }) {
    this.#storage = storage;
  }

  async fetch(request) {
    try {
      const { pathname } = new URL(request.url);
      const action = { '/predict': this.#predict, '/correct': this.#correct }[pathname];
      if (request.method !== 'POST' || action === undefined)
        return Response.json({ error: 'not found' }, { status: 404 });
      const posted = await read(request);
      this.#plan ??= this.#open();
      return Response.json(await action.call(this, await this.#plan, posted));
    } catch (error) {
      const isTheirs = error instanceof SaddlepointError || error instanceof Refusal;
      return Response.json({ error: isTheirs ? error.message : 'failed' }, { status: isTheirs ? 400 : 500 });
    }
  }

  async #open() {
    const plan = await load(file);
    const pieces = await this.#storage.list({ prefix: 'state ' });
    if (pieces.size > 0) plan.restore(await new Blob([...pieces.values()]).arrayBuffer());
    return plan;
  }

  async #predict(plan, { x }) {
    return { answers: await plan.predict(x) };
  }

  async #correct(plan, { x, y }) {
    const left = (await this.#storage.get('left')) ?? [];
    const before = plan.step;
    // What earlier requests had no time for comes first, row by row as it was posted.
    const queue = [...left, { x, y, from: 0 }].slice(-MOST_ROWS);
    let loss = Number.NaN;
    while (queue.length > 0) {
      const [{ from, ...batch }] = queue;
      const result = await plan.train(batch, { epochs: 3, from, budgetMs: BUDGET_MS });
      loss = result.loss;
      if (result.next === undefined) queue.shift();
      else {
        queue[0].from = result.next;
        break;
      }
    }
    const state = plan.state();
    const pieces = { left: queue };
    for (let at = 0; at < state.length; at += PIECE)
      pieces[`state ${String(at / PIECE).padStart(4, '0')}`] = state.slice(at, at + PIECE);
    await this.#storage.put(pieces);
    return { steps: plan.step - before, step: plan.step, loss, left: queue.length };
  }
}

class Refusal extends Error {}

/** The posted object, no larger than is allowed; what is in `x` and `y` the plan checks. */
async function read(request) {
  const bytes = await request.arrayBuffer();
  if (bytes.byteLength > MOST_BYTES) throw new Refusal(`at most ${MOST_BYTES} bytes`);
  let posted;
  try {
    posted = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new Refusal('no JSON');
  }
  if (!Array.isArray(posted?.x) || posted.x.length > MOST_ROWS)
    throw new Refusal(`x: expected at most ${MOST_ROWS} rows`);
  return posted;
}
