import {
  binaryCrossEntropy,
  crossEntropy,
  dense,
  fit,
  layer,
  matmul,
  meanAbsoluteError,
  meanSquaredError,
  ones,
  sequential,
  tensor,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { classes, classifier, clouds, lines, still } from './examples.ts';

describe('case 03: D4: rows of different length', () => {
  const y = [1, 0, 1, 0];
  it.each<[what: string, x: unknown, message: string]>([
    [
      'a short row',
      [
        [1, 0, 1, 0, 1],
        [0, 1, 0, 0, 1],
        [1, 1, 0, 0],
        [0, 0, 1, 1, 1],
      ],
      'x: row 2 (counted from 0) has 4 values, 5 expected',
    ],
    [
      'a short row that comes first',
      [
        [1, 1, 0, 0],
        [1, 0, 1, 0, 1],
        [0, 1, 0, 0, 1],
        [0, 0, 1, 1, 1],
      ],
      'x: row 0 (counted from 0) has 4 values, 5 expected',
    ],
    [
      'a hole',
      [[1, 0, 1, 0, 1], Object.assign(new Array(5), { 0: 1, 2: 1, 3: 0, 4: 1 }), [0, 1, 0, 0, 1], [0, 0, 1, 1, 1]],
      'x: row 1 (counted from 0), column 1 is missing (a hole in the array), a number expected',
    ],
    [
      'a short row among typed arrays',
      [Float32Array.of(1, 2), Float32Array.of(1), Float32Array.of(1, 2), Float32Array.of(1, 2)],
      'x: row 1 (counted from 0) has 1 value, 2 expected',
    ],
  ])('%s is refused by row and length before anything is trained', async (_, x, message) => {
    const [said] = await lines(fit(sequential([dense(1)]), { x, y }, { ...still, loss: binaryCrossEntropy() }));
    expect(said).toBe(message);
  });
});

describe('rows that cannot be used are refused', () => {
  it.each<[what: string, x: unknown, message: string]>([
    [
      'NaN',
      [
        [1, 2],
        [3, Number.NaN],
        [5, 6],
      ],
      'x: row 1 (counted from 0), column 1 is NaN, a finite number expected',
    ],
    [
      'infinity',
      [
        [1, 2],
        [3, 4],
        [Number.NEGATIVE_INFINITY, 6],
      ],
      'x: row 2 (counted from 0), column 0 is -Infinity, a finite number expected',
    ],
    [
      'NaN in a flat array',
      Float32Array.of(1, 2, 3, 4, Number.NaN, 6),
      'x: row 2 (counted from 0), column 0 is NaN, a finite number expected',
    ],
    [
      'numbers beyond 32 bits',
      [
        [1, 2],
        [3, 1e39],
        [5, 6],
      ],
      'x: row 1 (counted from 0), column 1 is 1e+39, too large for a 32-bit float',
    ],
    [
      'text',
      [
        [1, 2],
        [3, '4'],
        [5, 6],
      ],
      "x: row 1 (counted from 0), column 1 is the string '4', a number expected",
    ],
    [
      'null',
      [
        [1, 2],
        [3, null],
        [5, 6],
      ],
      'x: row 1 (counted from 0), column 1 is null, a number expected',
    ],
    ['no rows', [], 'x is empty: it has no rows'],
    ['an empty typed array', new Float32Array(0), 'x is empty: it has no rows'],
    ['rows without columns', [[], [], []], 'x: the rows have no values'],
    ['a flat array that does not divide', new Float32Array(7), 'x: 7 values cannot be cut into 3 rows of equal length'],
    ['another count than of labels', [[1, 2]], 'y has 3 rows, but x has 1'],
    ['nothing', undefined, 'x: expected rows of numbers, got undefined'],
  ])('%s', async (_, x, message) => {
    const [said] = await lines(fit(sequential([dense(3)]), { x, y: [0, 1, 2] }, { ...still, loss: crossEntropy() }));
    expect(said).toBe(message);
  });

  it.each([undefined, null, [[1], [2]], { x: [[1]] }])('data that are %j', async (data) => {
    const [said] = await lines(fit(sequential([dense(3)]), data as never, { ...still, loss: crossEntropy() }));
    expect(said).toBe('expected data { x, y }');
  });

  it('targets with NaN name row and column', async () => {
    const data = {
      x: [[1], [2]],
      y: [
        [1, 2],
        [Number.NaN, 4],
      ],
    };
    const [said] = await lines(fit(sequential([dense(2)]), data, { ...still, loss: meanSquaredError() }));
    expect(said).toBe('y: row 1 (counted from 0), column 0 is NaN, a finite number expected');
  });
});

describe('wrong shapes inside the model', () => {
  it('E1: name op, shapes and the path of the layer', async () => {
    const stray = layer('stray', {}, (x, context) => matmul(x, context.parameter('w', [5, 2], ones())));
    const model = sequential([dense(4), sequential([stray], { name: 'middle' }), dense(3)]);
    const [said] = await lines(fit(model, clouds(6), classes));
    expect(said).toMatch(/^matmul: .*\[1,4\].*\[5,2\].* \(in layer 'middle\/0'\)$/);
  });

  it('name the stated input size', async () => {
    const [said, advice] = await lines(fit(sequential([dense(4, { inputSize: 10 })]), clouds(6), classes));
    expect(said).toBe("dense: inputSize is 10, but the input [1,2] has 2 features (in layer '0')");
    expect(advice).toMatch(/leave inputSize out/);
  });

  it('name the output where flatten is missing', async () => {
    const x = tensor(new Float32Array(24), [4, 2, 3]);
    const [said, advice] = await lines(
      fit(sequential([dense(2)]), { x, y: [0, 1, 0, 1] }, { ...still, loss: crossEntropy() }),
    );
    expect(said).toMatch(/output has shape \[1,2,2\], expected \[rows, units\]/);
    expect(advice).toMatch(/flatten\(\)/);
  });

  it('name the activation that a loss contains already', async () => {
    const model = sequential([dense(3, { activation: 'softmax' as never })]);
    const message = await lines(fit(model, clouds(6), classes)).catch((error: Error) => [error.message]);
    expect(message[0]).toMatch(/softmax/);
  });

  it('name the metric that does not fit', async () => {
    const options = { ...classes, metrics: [meanAbsoluteError()] };
    const [said, advice] = await lines(fit(classifier(), clouds(6), options));
    expect(said).toBe("meanAbsoluteError: expected targets of the predictions' shape [6,3], got i32[6]");
    expect(advice).toMatch(
      /one target a row, but the last layer has 3 units: if the targets are class numbers, use crossEntropy/,
    );
  });
});
