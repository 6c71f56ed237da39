import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  adam,
  applyModel,
  bagEmbedding,
  dense,
  fit,
  infoNce,
  initializeNamed,
  learned,
  loadModel,
  multimodal,
  pairwiseRanking,
  retrieval,
  sigmoidContrastive,
  tensor,
} from 'saddlepoint';
import { buildVocabulary } from 'saddlepoint/data';
import { describe, expect, it } from 'vitest';
import { rejection } from '../train/examples.ts';

const N = 6;
/** Rows of a dual encoder: unit vectors of two numbers, and what is learned. */
const rowsOf = (angles: readonly number[], logScale = 0, bias = 0) =>
  tensor(
    Float64Array.from(
      angles.flatMap((angle, i) => [
        ...[Math.cos(angle), Math.sin(angle), Math.cos(1.1 * angle + i), Math.sin(1.1 * angle + i)],
        ...[logScale, bias],
      ]),
    ),
    [angles.length, 6],
  );
const values = (x: { readonly data: ArrayLike<number> }): number[] => Array.from(x.data);
const distinct = tensor(Int32Array.from({ length: N }, (_, i) => i));
const angles = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: N, maxLength: N });
const LOSSES = [
  ['pairwiseRanking', pairwiseRanking()],
  ['hardest', pairwiseRanking({ negatives: 'hardest' })],
  ['infoNce', infoNce()],
  ['sigmoidContrastive', sigmoidContrastive()],
] as const;

describe('losses of pairs', () => {
  it.each(LOSSES)('%s does not depend on the order of the rows', (_, loss) => {
    fc.assert(
      fc.property(angles, (list) => {
        const rows = rowsOf(list);
        const turned = tensor(
          Float64Array.from(
            { length: N * 6 },
            (_, i) => rows.data[(N - 1 - Math.floor(i / 6)) * 6 + (i % 6)] as number,
          ),
          [N, 6],
        );
        const [straight, back] = [values(loss.call(rows, distinct)), values(loss.call(turned, distinct)).reverse()];
        straight.forEach((value, i) => {
          expect(value).toBeCloseTo(back[i] as number, 9);
        });
      }),
      { numRuns: 20 },
    );
  });

  it('leave rows of the same caption out: of nothing but duplicates, nothing is to be ranked', () => {
    const same = tensor(new Int32Array(N));
    const rows = rowsOf([0, 1, 2, 3, 4, 5]);
    expect(values(pairwiseRanking().call(rows, same))).toEqual(new Array(N).fill(0));
    expect(values(pairwiseRanking({ negatives: 'hardest' }).call(rows, same))).toEqual(new Array(N).fill(0));
    values(infoNce().call(rows, same)).forEach((value) => {
      expect(value).toBeCloseTo(0, 9);
    });
  });

  it('take duplicates as if one of the two were not there', () => {
    const rows = rowsOf([0.3, -1, 2, 0.3]);
    const ids = tensor(Int32Array.of(0, 1, 2, 0));
    const three = tensor(rows.data.slice(0, 18), [3, 6]);
    const whole = values(infoNce({ temperature: 0.5 }).call(rows, ids))[0] as number;
    // Row 3 has the same image, but another text, so row 0 alone is compared.
    expect(whole).toBeCloseTo(
      values(infoNce({ temperature: 0.5 }).call(three, tensor(Int32Array.of(0, 1, 2))))[0] as number,
      9,
    );
  });

  it('count duplicates as right answers of sigmoidContrastive', () => {
    const rows = rowsOf([0.5, 0.5], 0, 0);
    const options = { temperature: 1, bias: 0 } as const;
    const scores = (i: number, j: number): number => Math.cos(0.5 - (1.1 * 0.5 + j)) + 0 * i;
    const softplus = (z: number): number => Math.log1p(Math.exp(z));
    const expected = softplus(-scores(0, 0)) + softplus(-scores(0, 1));
    expect(values(sigmoidContrastive(options).call(rows, tensor(Int32Array.of(4, 4))))[0]).toBeCloseTo(expected, 9);
  });

  it('begin at the stated temperature, and go no further than a factor of 100', () => {
    const list = [0, 1, 2, 3, 4, 5];
    const fixed = values(infoNce({ temperature: 0.07 }).call(rowsOf(list), distinct));
    values(infoNce({ temperature: learned(0.07) }).call(rowsOf(list), distinct)).forEach((value, i) => {
      expect(value).toBeCloseTo(fixed[i] as number, 9);
    });
    const limit = values(infoNce({ temperature: 0.01 }).call(rowsOf(list), distinct));
    values(infoNce().call(rowsOf(list, 50), distinct)).forEach((value, i) => {
      expect(value / (limit[i] as number)).toBeCloseTo(1, 6);
    });
  });

  it('refuse options out of range and rows of another model', () => {
    expect(() => pairwiseRanking({ margin: -1 })).toThrow(
      /pairwiseRanking.margin: expected a finite number ≥ 0, got -1/,
    );
    expect(() => pairwiseRanking({ negatives: 'all' as never })).toThrow(
      /pairwiseRanking.negatives: unknown value 'all'/,
    );
    expect(() => infoNce({ temperature: 0 })).toThrow(/infoNce.temperature: expected a finite number > 0, got 0/);
    expect(() => infoNce({ temperature: 'learned' as never })).toThrow(/expected a number > 0 or learned\(number\)/);
    expect(() => learned(0)).toThrow(/learned: expected a finite number > 0, got 0/);
    expect(() => infoNce().call(tensor(new Float32Array(9), [3, 3]), distinct)).toThrow(
      /expected the rows of a dual encoder/,
    );
  });
});

const kinds = [
  [1, 0, 0, 1],
  [0, 1, 1, 0],
  [1, 1, 0, 0],
];
const image = Array.from({ length: 60 }, (_, i) =>
  (kinds[i % 3] as number[]).map((v, j) => v + 0.1 * Math.sin(7 * i + j)),
);
const text = image.map((_, i) => [i % 3, 3]);
const joint = () => multimodal.dualEncoder({ image: dense(8), text: bagEmbedding(4, 8, { mode: 'sum', rows: false }) });
const train = (loss = infoNce()) =>
  fit(joint(), multimodal.pairs({ image, text }), {
    ...{ loss, optimizer: adam({ learningRate: 0.03 }), epochs: 30, batchSize: 20, progress: false },
  });

describe('dualEncoder', () => {
  it('gives unit vectors of both sides, and what losses learn', () => {
    const { parameters, output } = initializeNamed(
      joint(),
      { image: { shape: [1, 4], dtype: 'f32' }, text: { shape: [1, 2], dtype: 'f32' } },
      1,
    );
    expect(output.shape).toEqual([1, 18]);
    const leaves = new Map(parameters.map(({ path, data, shape }) => [path, tensor(data, shape)]));
    const rows = values(
      applyModel(joint(), leaves, { image: tensor([[1, 2, 3, 4]]), text: tensor([[1, 2]]) }, { mode: 'predict' }),
    );
    expect(Math.hypot(...rows.slice(0, 8))).toBeCloseTo(1, 6);
    expect(Math.hypot(...rows.slice(8, 16))).toBeCloseTo(1, 6);
    expect(rows.slice(16)).toEqual([0, 0]);
  });

  it('refuses sides of different sizes', async () => {
    const uneven = multimodal.dualEncoder({ image: dense(8), text: bagEmbedding(4, 6) });
    await expect(
      rejection(fit(uneven, multimodal.pairs({ image, text }), { loss: infoNce(), progress: false })),
    ).resolves.toMatchObject({ message: expect.stringContaining('got [1,8] of image and [1,6] of text') });
  });

  it('learns, is saved and read, and encodes as the model itself does', async () => {
    const run = await train();
    expect(run.history.at(-1)?.loss).toBeLessThan(0.5 * (run.history[0]?.loss as number));
    expect(run.parameters.get('logScale')?.data[0]).not.toBe(0);
    const path = join(await mkdtemp(join(tmpdir(), 'pairs-')), 'pairs.safetensors');
    await run.save(path);
    const read = await loadModel(path);
    const [own, again] = [multimodal.encoders(run), multimodal.encoders(read)];
    const vectors = await own.image(image);
    expect(values(await again.image(image))).toEqual(values(vectors));
    const whole = (await run.predict({
      image: image.slice(0, 2),
      text: tensor(Int32Array.of(0, 3, 1, 3), [2, 2]),
    })) as unknown as number[][];
    const captions = await own.text([
      [0, 3],
      [1, 3],
      [2, 3],
    ]);
    whole.forEach((row, i) => {
      row.slice(0, 8).forEach((value, j) => {
        expect(value).toBeCloseTo(vectors.data[i * 8 + j] as number, 5);
      });
      row.slice(8, 16).forEach((value, j) => {
        expect(value).toBeCloseTo(captions.data[i * 8 + j] as number, 5);
      });
    });
    const scores = await retrieval.index(captions).scores(vectors);
    const found = retrieval.evaluate(scores, { rows: image.map((_, i) => i % 3), columns: [0, 1, 2] });
    expect([found.rows.recallAt1, found.columns.recallAt1]).toEqual([1, 1]);
    const classify = await own.zeroShot([
      [[0, 3]],
      [
        [1, 3],
        [1, 1],
      ],
      [[2, 3]],
    ]);
    expect(Array.from((await classify(image)).classes)).toEqual(image.map((_, i) => i % 3));
    const probe = await retrieval.linearProbe(
      vectors,
      image.map((_, i) => i % 3),
      3,
    );
    expect(
      (await probe.evaluate({ x: tensor(vectors.data, vectors.shape), y: image.map((_, i) => i % 3) })).accuracy,
    ).toBe(1);
  });

  it('knows the words of its texts by name, also from a file, and what the text side gives for each alone', async () => {
    const names = ['disc', 'square', 'ring', 'red'];
    const text = image.map((_, i) => [i % 3, 3]);
    const model = multimodal.dualEncoder({
      image: dense(8),
      text: bagEmbedding(names, 8, { mode: 'sum', rows: false }),
    });
    const run = await fit(model, multimodal.pairs({ image, text }), { loss: infoNce(), epochs: 2, progress: false });
    const path = join(await mkdtemp(join(tmpdir(), 'pairs-')), 'words.safetensors');
    await run.save(path);
    const raw = multimodal.encoders(await loadModel(path), { normalize: false });
    const words = raw.words as multimodal.WordTable;
    expect(words.words).toEqual(names);
    const [ring, red] = [values(words.vector('ring')), values(words.vector('red'))];
    values(await raw.text([[2, 3]])).forEach((value, j) => {
      expect(value).toBeCloseTo((ring[j] as number) + (red[j] as number), 6);
    });
    expect([words.has('ring'), words.has('rnig')]).toEqual([true, false]);
    const of = (word: string) => () => retrieval.arithmetic(tensor(new Float32Array(8)), { plus: [word], words });
    expect(of('sqare')).toThrow(/unknown word 'sqare'\n {2}help: did you mean 'square'\?/);
    expect(of('elephant')).toThrow(/ask has\(word\) before; known are disc, square, ring, red/);
    expect(multimodal.encoders(await train()).words).toBeUndefined();
  });

  it('takes a vocabulary, whose padding does not count', () => {
    const vocabulary = buildVocabulary([['red', 'disc'], ['disc']]);
    const side = bagEmbedding(vocabulary, 8);
    expect(side.options).toMatchObject({ vocabulary: ['<pad>', '<unk>', 'disc', 'red'], padding: 0 });
    expect(bagEmbedding(vocabulary, 8, { padding: 1 }).options.padding).toBe(1);
  });

  it('classifies by the mean of the unit vectors of a class, of length 1 again', async () => {
    const encode = multimodal.encoders(await train());
    const prompts = [
      [0, 3],
      [0, 1],
      [2, 2],
    ];
    const [vectors, pictures] = [await encode.text(prompts), await encode.image(image.slice(0, 4))];
    const classify = await encode.zeroShot([prompts, [[1, 3]]]);
    const { scores, classes } = await classify(image.slice(0, 4));
    const unit = (v: readonly number[]): number[] => v.map((value) => value / Math.hypot(...v));
    const rowsOfTensor = ({ data, shape }: { readonly data: ArrayLike<number>; readonly shape: readonly number[] }) =>
      Array.from({ length: shape[0] as number }, (_, i) => Array.from(data).slice(i * 8, (i + 1) * 8));
    const units = rowsOfTensor(vectors).map(unit);
    const center = unit((units[0] as number[]).map((_, j) => units.reduce((sum, row) => sum + (row[j] as number), 0)));
    rowsOfTensor(pictures).forEach((row, i) => {
      const cosine = unit(row).reduce((sum, value, j) => sum + value * (center[j] as number), 0);
      expect(scores.data[i * 2]).toBeCloseTo(cosine, 5);
      expect(classes[i]).toBe((scores.data[i * 2] as number) >= (scores.data[i * 2 + 1] as number) ? 0 : 1);
    });
    await expect(rejection(encode.zeroShot([[[0, 3]], []]))).resolves.toMatchObject({
      message: expect.stringContaining('zeroShot: class 1 has no prompt'),
    });
  });

  it.each(LOSSES)('%s keeps its name and options in a file', async (_, loss) => {
    const run = await train(loss);
    const path = join(await mkdtemp(join(tmpdir(), 'pairs-')), 'pairs.safetensors');
    await run.save(path);
    const data = multimodal.pairs({ image, text });
    expect(await (await loadModel(path)).evaluate(data as never)).toEqual(await run.evaluate(data as never));
  });
});

describe('pairs', () => {
  it('numbers equal texts alike, and refuses sides of different counts', () => {
    const data = multimodal.pairs({
      image: [[1], [2], [3]],
      text: [
        [3, 7],
        [1, 7],
        [3, 7],
      ],
    });
    expect(Array.from(data.y)).toEqual([0, 1, 0]);
    expect(data.x.text.dtype).toBe('i32');
    expect(() => multimodal.pairs({ image: [[1]], text: [[1], [2]] })).toThrow(/pairs: 1 rows of image and 2 of text/);
  });
});
