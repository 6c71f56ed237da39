import { accuracy, type ClassPrediction, crossEntropy, dense, fit, sequential, sgd } from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { drawDigits } from '../../demo/draw-digits.ts';
import { firstDigits, readMnist } from '../../demo/mnist-data.ts';

const { train, test } = readMnist();
const model = () => sequential([dense(128, { activation: 'relu' }), dense(10)]);
const options = { loss: crossEntropy(), metrics: [accuracy()], batchSize: 128, progress: false } as const;

describe('the MNIST files', () => {
  it('are the official ones', () => {
    const counts = new Array<number>(10).fill(0);
    for (const label of train.y) counts[label] = (counts[label] as number) + 1;
    expect(counts).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    expect([...train.y.subarray(0, 8)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3]);
    expect([train.x.length, test.x.length, test.y.length]).toEqual([47_040_000, 7_840_000, 10_000]);
    const mean = train.x.reduce((sum, value) => sum + value, 0) / train.x.length / 255;
    expect(mean).toBeCloseTo(0.13066, 5);
  });
});

describe('MNIST', () => {
  it('is learnt to more than 0.85 from 3,000 digits in 2 epochs', async () => {
    const run = await fit(model(), firstDigits(train, 3000), { ...options, batchSize: 32, epochs: 2 });
    const { accuracy: share, loss } = await run.evaluate(test);
    expect(share).toBeGreaterThan(0.85);
    expect(loss).toBeLessThan(0.55);
    expect(run.notes).toEqual(['y: class numbers 0 … 9', 'x: bytes are divided by 255']);
    const answers = (await run.predict(firstDigits(test, 100).x)) as ClassPrediction[];
    const right = answers.filter(({ label }, i) => label === String(test.y[i])).length;
    expect(right).toBe(Math.round(100 * (await run.evaluate(firstDigits(test, 100))).accuracy));
  });

  it('D12: stays bytes: the device holds at most 1.2 times the data', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    const run = await fit(model(), train, { ...options, optimizer: sgd(), epochs: 1, signal: controller.signal });
    expect(run.bytes).toBeGreaterThan(47_040_000);
    expect(run.bytes).toBeLessThan(1.2 * 47_040_000);
  });
});

describe('the pictures of the demo', () => {
  it('show a digit with two pixels a character, and what is said about it under it', () => {
    const one = new Uint8Array(784);
    for (let y = 4; y < 24; y++) one[y * 28 + 14] = 255;
    const text = drawDigits(
      [
        { pixels: one, lines: ['\x1b[32manswer 1\x1b[39m', 'right'] },
        { pixels: one, lines: ['answer 7'] },
      ],
      50,
    );
    const rows = text.split('\n');
    expect(rows.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => `${' '.repeat(9)}█${' '.repeat(22)}█`));
    expect(rows[10]).toBe(`\x1b[32manswer 1\x1b[39m${' '.repeat(15)}answer 7`);
    expect(rows.slice(11)).toEqual(['right', '']);
    // As many as fit; the rest below.
    expect(
      drawDigits(
        [1, 2, 3].map(() => ({ pixels: one, lines: [] })),
        45,
      ).split('\n'),
    ).toHaveLength(22);
  });
});
