import { expect, it } from 'vitest';
import { accumulate } from '../../src/optim/accumulate.ts';
import { adam } from '../../src/optim/adam.ts';
import { weightEma } from '../../src/optim/average.ts';
import { clipByGlobalNorm } from '../../src/optim/clip.ts';
import { lookahead } from '../../src/optim/lookahead.ts';
import { cosineDecay } from '../../src/optim/schedules/cosine-decay.ts';
import { chain } from '../../src/optim/transform.ts';
import { distance, walk } from './walk.ts';

const inner = () =>
  chain(
    clipByGlobalNorm(0.5),
    adam({ learningRate: cosineDecay({ learningRate: 0.1, steps: 6 }), weightDecay: 0.1 }),
    weightEma(0.9),
  );
/** Mean gradients of four rows each; w enters, so that a step between would show. */
const rowsOf = (batch: number) => Array.from({ length: 4 }, (_, row) => Math.sin(4 * batch + row));
const meanGradient = (w: readonly number[], batches: readonly number[]) => {
  const rows = batches.flatMap(rowsOf);
  return w.map((x, i) => rows.reduce((sum, row) => sum + x * row + i * row * row, 0) / rows.length);
};

it('takes, for k batches of n rows, the steps of one batch of k · n: clipping, moments, schedule and average included', () => {
  const k = 3;
  const start = [1, -0.5, 2];
  const large = walk(inner(), start, 6, (w, step) => meanGradient(w, [k * step, k * step + 1, k * step + 2]));
  const small = walk(accumulate(k, inner()), start, 6 * k, (w, step) => meanGradient(w, [step]));
  for (const [i, { parameters, evaluated, slots }] of small.entries()) {
    const done = Math.floor((i + 1) / k);
    const expected = done === 0 ? { parameters: start, evaluated: start } : large[done - 1];
    // The same sums in another order, in double.
    expect(distance(parameters, expected?.parameters ?? [])).toBeLessThan(1e-13);
    expect(distance(evaluated, expected?.evaluated ?? [])).toBeLessThan(1e-13);
    if ((i + 1) % k === 0) expect(slots.sum).toEqual([0, 0, 0]);
  }
});

it('refuses counts that are none, and lookahead an inner transform whose weights it would leave behind', () => {
  expect(() => accumulate(0, adam())).toThrow(/accumulate: expected an integer ≥ 1, got 0/);
  expect(() => lookahead(chain(adam(), weightEma(0.9)))).toThrow(/lookahead: chain keeps weights for evaluation/);
});
