import {
  adam,
  binaryCrossEntropy,
  type ClassPrediction,
  dense,
  fit,
  flatten,
  meanSquaredError,
  type Run,
  sequential,
  tensor,
} from 'saddlepoint';
import { beforeAll, describe, expect, it } from 'vitest';
import { classes, classifier, clouds, identity, logits, rejection, still, trainedLine } from './examples.ts';

describe('predict for classes', () => {
  let run: Run<'accuracy'>;
  const { x, y } = clouds(60);
  const names = y.map((label) => ['a', '__proto__', 'c c'][label] as string);

  beforeAll(async () => {
    run = await fit(classifier(), { x, y: names }, { ...classes, epochs: 20, optimizer: adam({ learningRate: 0.05 }) });
  });

  it('gives one row its label, and the probability of each class by name', async () => {
    const answer = (await run.predict([4.5, 0.5])) as ClassPrediction;
    expect(answer.label).toBe('__proto__');
    // In the order of the classes, which are sorted.
    expect(Object.keys(answer.probabilities)).toEqual(['__proto__', 'a', 'c c']);
    const values = Object.values(answer.probabilities);
    expect(values.reduce((a, b) => a + b)).toBeCloseTo(1, 6);
    expect(Math.max(...values)).toBe(answer.probabilities[answer.label]);
  });

  it('gives many rows a list, with the same bits as one at a time', async () => {
    const answers = (await run.predict(x)) as ClassPrediction[];
    expect(answers.map(({ label }) => label)).toEqual(names);
    expect(await Promise.all(x.map((row) => run.predict(row)))).toEqual(answers);
  });

  it('tells one row from many in every form', async () => {
    const [one, two] = (await run.predict([
      [0.5, 0.5],
      [0.5, 4.5],
    ])) as ClassPrediction[];
    const single = [Float32Array.of(0.5, 0.5), Float64Array.of(0.5, 0.5), tensor([0.5, 0.5])];
    for (const form of single) expect(await run.predict(form)).toEqual(one);
    const many = [
      Float32Array.of(0.5, 0.5, 0.5, 4.5),
      tensor([0.5, 0.5, 0.5, 4.5], [2, 2]),
      [Float32Array.of(0.5, 0.5), Float32Array.of(0.5, 4.5)],
    ];
    for (const form of many) expect(await run.predict(form)).toEqual([one, two]);
    expect(await run.predict([[0.5, 0.5]])).toEqual([one]);
    expect(await run.predict(tensor([[0.5, 0.5]]))).toEqual([one]);
  });

  it('answers some hundred rows, more than one call computes', async () => {
    const rows = Array.from({ length: 600 }, (_, i) => x[i % 60] as number[]);
    const answers = (await run.predict(rows)) as ClassPrediction[];
    expect(answers.map(({ label }) => label)).toEqual(rows.map((_, i) => names[i % 60]));
    expect(answers[599]).toEqual(await run.predict(rows[599]));
  });

  it('answers several callers at once', async () => {
    const asked = [x.slice(0, 5), x.slice(3, 8), x.slice(0, 1), x, x.slice(7, 12), x.slice(2, 40)];
    const alone: unknown[] = [];
    for (const rows of asked) alone.push(await run.predict(rows));
    expect(await Promise.all(asked.map((rows) => run.predict(rows)))).toEqual(alone);
  });

  it('agrees with the reference device to single precision', async () => {
    const [wasm, reference] = (await Promise.all([
      run.predict([1, 2]),
      run.predict([1, 2], { device: 'reference' }),
    ])) as [ClassPrediction, ClassPrediction];
    expect(wasm.label).toBe(reference.label);
    for (const name of ['a', 'c c'])
      expect(wasm.probabilities[name]).toBeCloseTo(reference.probabilities[name] as number, 6);
  });

  it.each<[form: string, x: unknown, message: RegExp]>([
    ['rows that are too long', [[1, 2, 3]], /^x: rows of shape \[3\], the model takes \[2\]/],
    ['a row that is too long', [1, 2, 3], /^x: rows of shape \[3\], the model takes \[2\]/],
    [
      'a flat array that does not divide',
      Float32Array.of(1, 2, 3),
      /^x: 3 values cannot be cut into rows of shape \[2\]/,
    ],
    ['ragged rows', [[1, 2], [1, 2], [1]], /^x: row 2 \(counted from 0\) has 1 value, 2 expected/],
    [
      'NaN',
      [
        [1, 2],
        [1, Number.NaN],
      ],
      /^x: row 1 \(counted from 0\), column 1 is NaN, a finite number expected/,
    ],
    ['infinity', [Number.POSITIVE_INFINITY, 0], /^x: row 0 \(counted from 0\), column 0 is Infinity/],
    ['text', 'abc', /^x: expected rows of numbers, got 'abc'/],
    ['nothing', undefined, /^x: expected rows of numbers, got undefined/],
    ['no rows', [], /^x is empty: it has no rows/],
    ['a flat array of nothing', new Float32Array(0), /^x is empty: it has no rows/],
    ['rows of nothing', [[]], /^x: the rows have no values/],
    ['a tensor of another shape', tensor([[1, 2, 3]]), /^x: rows of shape \[3\], the model takes \[2\]/],
  ])('refuses %s', async (_, rows, message) => {
    const error = await rejection(run.predict(rows));
    expect(error.message).toMatch(message);
    expect(error.code).toBe('data');
  });

  it('refuses a device and an option that do not exist, with the near name', async () => {
    expect((await rejection(run.predict([1, 2], { device: 'wams' as never }))).message).toMatch(
      /^device: unknown value 'wams'\n.*did you mean 'wasm'/,
    );
    expect((await rejection(run.predict([1, 2], { devise: 'wasm' } as never))).message).toMatch(
      /^predict: unknown option 'devise'\n.*did you mean 'device'/,
    );
  });
});

describe('predict for values', () => {
  it('answers in the units of the data: one number a row, and a number for a number', async () => {
    const run = await trainedLine();
    expect(await run.predict([30])).toBeCloseTo(32, 3);
    expect(await run.predict(30)).toBeCloseTo(32, 3);
    expect(await run.predict([[30], [40]])).toEqual([expect.closeTo(32, 3), expect.closeTo(42, 3)]);
    expect(await run.predict([30, 40])).toEqual([expect.closeTo(32, 3), expect.closeTo(42, 3)]);
    expect(await run.predict(Float32Array.of(30, 40))).toEqual([expect.closeTo(32, 3), expect.closeTo(42, 3)]);
  });

  it('gives a list of numbers for several values a row', async () => {
    const run = await fit(identity(2), { x: [[1, 2]], y: [[1, 2]] }, { ...still, loss: meanSquaredError() });
    expect(await run.predict([3, 4])).toEqual([3, 4]);
    expect(
      await run.predict([
        [3, 4],
        [5, 6],
      ]),
    ).toEqual([
      [3, 4],
      [5, 6],
    ]);
  });
});

describe('predict for yes and no', () => {
  it('gives label and probabilities from one logit', async () => {
    const run = await logits();
    const { label, probabilities } = (await run.predict([Math.log(3)])) as ClassPrediction;
    expect(label).toBe('1');
    expect(probabilities).toEqual({ 0: expect.closeTo(0.25, 6), 1: expect.closeTo(0.75, 6) });
    expect(await run.predict([-200])).toEqual({ label: '0', probabilities: { 0: 1, 1: 0 } });
  });

  it('takes probabilities as they are where the loss takes them', async () => {
    const run = await logits(true);
    expect(await run.predict([0.25])).toEqual({ label: '0', probabilities: { 0: 0.75, 1: 0.25 } });
  });

  it('gives a probability for each of several answers', async () => {
    const options = { ...still, loss: binaryCrossEntropy() };
    const run = await fit(identity(2), { x: [[0, 0]], y: [[1, 0]] }, options);
    expect(await run.predict([0, Math.log(3)])).toEqual([0.5, expect.closeTo(0.75, 6)]);
  });
});

describe('predict for images', () => {
  it('takes bytes as trained: nested, flat, one and many', async () => {
    const images = Array.from({ length: 8 }, (_, i) => new Uint8Array(6).fill(i * 30));
    const run = await fit(
      sequential([dense(2)]),
      { x: images, y: images.map((_, i) => i % 2) },
      { ...classes, epochs: 1 },
    );
    const answers = await run.predict(images);
    const flat = Uint8Array.from(images.flatMap((image) => Array.from(image)));
    expect(await run.predict(flat)).toEqual(answers);
    expect(await run.predict(images[3])).toEqual((answers as unknown[])[3]);
    expect(await run.predict(images.map((image) => Array.from(image)))).toEqual(answers);
    expect(await run.predict(new Uint8ClampedArray(flat))).toEqual(answers);
  });

  it('takes rows of rank 2 nested, flat and as tensors', async () => {
    const x = tensor(
      Float32Array.from({ length: 24 }, (_, i) => i / 24),
      [4, 2, 3],
    );
    const run = await fit(sequential([flatten(), dense(2)]), { x, y: [0, 1, 0, 1] }, { ...classes, epochs: 1 });
    const answers = (await run.predict(x)) as ClassPrediction[];
    expect(answers).toHaveLength(4);
    const first = [
      [0, 1 / 24, 2 / 24],
      [3 / 24, 4 / 24, 5 / 24],
    ];
    for (const form of [first, Float32Array.from(first.flat()), tensor(first)])
      expect(await run.predict(form)).toEqual(answers[0]);
  });
});
