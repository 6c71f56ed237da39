import { constant, dense, fit, meanSquaredError, sequential } from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { classes, classifier, clouds, rejection, still } from './examples.ts';

describe('validation', () => {
  it('case 08: D8: holds out a share of each class, and reports on it', async () => {
    const { x } = clouds(100);
    const y = x.map((_, i) => Math.floor(i / 20));
    const run = await fit(sequential([dense(5)]), { x, y }, { ...still, loss: classes.loss, validation: 0.2 });
    expect(run.history[0]?.validation?.loss).toBeGreaterThan(0);
    expect(run.notes).toEqual(['y: class numbers 0 … 4']);
  });

  it('holds out the last rows where order counts', async () => {
    // Predicting the input, only the last two rows are wrong.
    const [x, y] = [
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
      [1, 2, 3, 4, 5, 6, 7, 8, 10, 12],
    ].map((values) => values.map((v) => [v]));
    const model = sequential([dense(1, { kernelInitializer: constant(1) })]);
    const options = { ...still, loss: meanSquaredError(), validation: 0.2 };
    const run = await fit(model, { x, y }, { ...options, split: 'time' });
    expect(run.history[0]).toMatchObject({ loss: 0, validation: { loss: 2.5 } });
    expect((await fit(model, { x, y }, options)).history[0]?.loss).not.toBe(0);
  });

  it('does not let the rows held out into the scaling', async () => {
    const x = [[1], [3], [1e6]];
    const run = await fit(
      sequential([dense(1)]),
      { x, y: [1, 2, 3] },
      {
        ...{ ...still, loss: meanSquaredError(), standardize: true, validation: 0.3, split: 'time' },
      },
    );
    expect(run.notes).toContain(
      'x: the column is standardized over 2 training rows (standardize: false turns this off)',
    );
    expect(run.state.inputScaling.shift[0]).toBe(2);
  });

  it('takes data of their own, in the classes of the training data', async () => {
    const y = clouds(60).y.map((label) => ['x', 'y', 'z'][label] as string);
    const held = { x: clouds(6).x, y: ['z', 'y', 'x', 'x', 'y', 'z'] };
    const run = await fit(classifier(), { x: clouds(60).x, y }, { ...classes, validation: held });
    const best = run.history[run.bestEpoch - 1]?.validation;
    expect(await run.evaluate(held)).toEqual({
      loss: expect.closeTo(best?.loss as number, 6),
      accuracy: best?.accuracy,
    });
  });

  it.each<[what: string, held: unknown, message: RegExp]>([
    [
      'a label that training does not have',
      { x: [[1, 2]], y: [7] },
      /^validation: y: label 7 at row 0: none of the model's 3 classes/,
    ],
    ['other columns', { x: [[1, 2, 3]], y: [1] }, /^validation: x: rows of shape \[3\], the model takes \[2\]/],
    ['another type', { x: [Uint8Array.of(1, 2)], y: [1] }, /^validation: x is u8, the training data's is f32/],
    ['NaN', { x: [[1, Number.NaN]], y: [1] }, /^validation: x: row 0 \(counted from 0\), column 1 is NaN/],
    ['no rows', { x: [], y: [] }, /^validation: x is empty/],
    ['no data', 'all', /^validation: expected data \{ x, y \}/],
    ['nothing but null', null, /^validation: expected data \{ x, y \}/],
    ['a share of 0', 0, /^fit: validation: expected a finite number > 0 and < 1, got 0/],
    ['a share of 1', 1, /^fit: validation: expected a finite number > 0 and < 1, got 1/],
    ['a share of NaN', Number.NaN, /^fit: validation: expected a finite number > 0 and < 1, got NaN/],
  ])('refuses %s', async (_, held, message) => {
    const error = await rejection(fit(classifier(), clouds(30), { ...classes, validation: held as never }));
    expect(error.message).toMatch(message);
  });

  it('refuses to split a single row', async () => {
    const options = { ...still, loss: meanSquaredError(), validation: 0.5 };
    expect((await rejection(fit(sequential([dense(1)]), { x: [[1]], y: [1] }, options))).message).toMatch(
      /^validation: 1 row cannot be split/,
    );
  });
});
