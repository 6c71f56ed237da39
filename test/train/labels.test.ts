import {
  binaryCrossEntropy,
  crossEntropy,
  type Data,
  dense,
  fit,
  type Loss,
  loadModel,
  meanSquaredError,
  sequential,
  tensor,
  zeros,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { classes, classifier, clouds, lines, still } from './examples.ts';

describe('case 07: labels in every form', () => {
  const x = [
    [1, 2],
    [3, 4],
    [5, 6],
  ];
  const zeroLogits = (units: number) => sequential([dense(units, { kernelInitializer: zeros() })]);
  const firstLoss = async (units: number, data: Data, loss: Loss = crossEntropy()) =>
    (await fit(zeroLogits(units), data, { ...still, loss })).history[0]?.loss;

  it.each<[form: string, y: unknown]>([
    ['numbers', [2, 0, 1]],
    [
      'one-hot rows',
      [
        [0, 0, 1],
        [1, 0, 0],
        [0, 1, 0],
      ],
    ],
    ['names', ['c', 'a', 'b']],
    ['a column', [[2], [0], [1]]],
    ['bytes', Uint8Array.of(2, 0, 1)],
    ['floats', Float32Array.of(2, 0, 1)],
    ['a tensor', tensor(Int32Array.of(2, 0, 1))],
    ['a tensor of one column', tensor(Int32Array.of(2, 0, 1), [3, 1])],
    [
      'probabilities',
      [
        [0.25, 0.25, 0.5],
        [1, 0, 0],
        [0, 1, 0],
      ],
    ],
  ])('%s give ln 3 at zero logits', async (_, y) => {
    expect(await firstLoss(3, { x, y })).toBeCloseTo(1.0986123, 6);
  });

  it('26 labels 97 … 122 are 26 classes, and give ln 26', async () => {
    const y = Array.from({ length: 26 }, (_, i) => 122 - i);
    const rows = y.map((label) => [label / 100, 1]);
    expect(await firstLoss(26, { x: rows, y })).toBeCloseTo(3.2580965, 6);
    const run = await fit(zeroLogits(26), { x: rows, y }, { ...still, loss: crossEntropy() });
    expect(run.notes).toContain('y: 26 different integers, 97 … 122, numbered in order as classes 0 … 25');
    expect(Object.keys(((await run.predict(rows[0])) as { probabilities: object }).probabilities)).toEqual(
      Array.from({ length: 26 }, (_, i) => String(97 + i)),
    );
  });

  it('D6: all forms train to the same bits', async () => {
    const data = clouds(30);
    const forms = [
      data.y,
      data.y.map((label) => [0, 1, 2].map((k) => (k === label ? 1 : 0))),
      data.y.map((label) => 'abc'[label]),
      data.y.map((label) => [label]),
      data.y.map((label) => label + 97),
    ];
    const runs = await Promise.all(forms.map((y) => fit(classifier(), { x: data.x, y }, classes)));
    for (const run of runs) {
      expect(run.history.map(({ loss }) => loss)).toEqual(runs[0]?.history.map(({ loss }) => loss));
      expect([...run.parameters]).toEqual([...(runs[0]?.parameters ?? [])]);
    }
  });

  it('yes and no: numbers, booleans, names and a column give ln 2', async () => {
    for (const y of [
      [1, 0, 1],
      [true, false, true],
      ['yes', 'no', 'yes'],
      [[1], [0], [1]],
    ])
      expect(await firstLoss(1, { x, y }, binaryCrossEntropy())).toBeCloseTo(Math.LN2, 6);
  });
});

describe('D7: labels that do not fit are refused', () => {
  const x = [
    [1, 2],
    [3, 4],
    [5, 6],
  ];
  const classError = (y: unknown, units = 3) =>
    lines(fit(sequential([dense(units)]), { x, y }, { ...still, loss: crossEntropy() }));

  it.each<[what: string, y: unknown, message: string, help: RegExp]>([
    [
      'a negative number',
      [0, -1, 2],
      'y: label -1 at row 1: allowed 0 … 2',
      /count classes from 0, or give them names/,
    ],
    [
      'a number that is too large',
      [0, 0, 3],
      'y: label 3 at row 2: allowed 0 … 2',
      /the data have 2 different labels, the model's last layer has 3 units: count classes from 0/,
    ],
    ['a fraction', [0, 2.5, 1], 'y: label 2.5 at row 1: allowed 0 … 2', /to predict amounts use a regression loss/],
    ['NaN', [0, 1, Number.NaN], 'y: label NaN at row 2: allowed 0 … 2', /every row needs a label/],
    [
      'null',
      [0, null, 2],
      'y: row 1 (counted from 0) is null, expected a number as in the rows before',
      /all labels must be of one type/,
    ],
    [
      'numbers and names mixed',
      [0, 'a', 2],
      "y: row 1 (counted from 0) is the string 'a', expected a number as in the rows before",
      /one type/,
    ],
    [
      'more names than units',
      ['a', 'b', 'c'],
      "y: the data have 3 classes, the model's last layer has 2 units",
      /give the last layer 3 units/,
    ],
    ['fewer labels than rows', [0, 1], 'y has 2 rows, but x has 3', /every row needs its label/],
    [
      'rows that are neither one-hot nor probabilities',
      [
        [1, 1, 0],
        [1, 0, 0],
        [0, 1, 0],
      ],
      'y: row 0 (counted from 0) sums to 2, 1 expected',
      /one-hot/,
    ],
    [
      'one-hot rows of another width',
      [
        [1, 0],
        [0, 1],
        [1, 0],
      ],
      "y has rows of 2 values, the model's last layer has 3 units",
      /give the last layer 2 units/,
    ],
    ['no labels', [], 'y is empty: it has no rows', /where the data come from/],
  ])('%s', async (_, y, message, help) => {
    const [said, advice] = await classError(y, message.includes('2 units') ? 2 : 3);
    expect(said).toBe(message);
    expect(advice).toMatch(help);
  });

  it('class numbers against one unit name the likely mistake', async () => {
    const [said, advice] = await classError([0, 1, 2], 1);
    expect(said).toMatch(/label 1 at row 1: allowed 0 … 0/);
    expect(advice).toMatch(/last layer has 1 unit: count classes from 0, or give the last layer one unit a class/);
  });

  it('class numbers against the loss of values, with as many units as classes', async () => {
    const [said, advice] = await lines(
      fit(sequential([dense(3)]), { x, y: [0, 1, 2] }, { ...still, loss: meanSquaredError() }),
    );
    expect(said).toBe("y has one value a row, the model's last layer has 3 units");
    expect(advice).toBe('give the last layer 1 unit, or, if these are class labels, use a cross-entropy of classes');
  });

  it('a third name, and a number other than 0 and 1, for yes and no', async () => {
    const error = (y: unknown) =>
      lines(fit(sequential([dense(1)]), { x, y }, { ...still, loss: binaryCrossEntropy() }));
    expect(await error(['a', 'b', 'c'])).toEqual([
      'y: 3 different names, exactly 2 expected for a binary loss',
      'for more than two classes use a cross-entropy of classes',
    ]);
    expect((await error([0, 1, 2]))[0]).toBe('y: label 2 at row 2: allowed 0 and 1');
  });
});

describe('the classes of a model', () => {
  it('D6: stay with it over saving and further training', async () => {
    const data = { x: clouds(30).x, y: clouds(30).y.map((label) => ['x', 'y', 'z'][label] as string) };
    const run = await fit(classifier(), data, classes);
    const chunks: Uint8Array[] = [];
    await run.save(new WritableStream({ write: (chunk) => void chunks.push(chunk) }));
    const loaded = await loadModel(new Blob(chunks as BlobPart[]));
    expect(loaded.state.classes).toEqual(['x', 'y', 'z']);
    // Only two of the classes, and in another order: each keeps its number.
    const further = await fit(
      loaded,
      {
        x: [
          [4.5, 0.5],
          [0.5, 0.5],
        ],
        y: ['y', 'x'],
      },
      classes,
    );
    expect(further.state.classes).toEqual(['x', 'y', 'z']);
    const [said, advice] = await lines(fit(loaded, { x: [[1, 1]], y: ['w'] }, classes));
    expect(said).toBe("y: label 'w' at row 0: none of the model's 3 classes");
    expect(advice).toMatch(/legal: x, y, z/);
  });
});
