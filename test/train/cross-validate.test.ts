import {
  accuracy,
  binaryCrossEntropy,
  crossEntropy,
  crossValidate,
  dense,
  fit,
  meanSquaredError,
  r2,
  rocAuc,
  sequential,
  sgd,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { classes, classifier, clouds, line, rejection, spread, weightsOf } from './examples.ts';

const quick = { ...classes, epochs: 2 };
const sorted = (rows: Iterable<number>) => [...rows].sort((a, b) => a - b);

describe('crossValidate', () => {
  it.each(['wasm', 'reference'] as const)('measures every row once, by a model without it (%s)', async (device) => {
    const data = clouds(47);
    const result = await crossValidate(classifier(), data, { ...quick, folds: 4, seed: 3, device });
    expect(result.folds).toHaveLength(4);
    expect(sorted(result.folds.flatMap(({ validation }) => [...validation]))).toEqual([...Array(47).keys()]);
    for (const { train, validation, measures, model, history } of result.folds) {
      expect(sorted([...train, ...validation])).toEqual([...Array(47).keys()]);
      // The fold by hand: its training rows alone, then its own rows. Scaling is of the training rows, so all bits agree.
      const rows = (of: Int32Array) => ({
        x: Array.from(of, (row) => data.x[row] as number[]),
        y: Array.from(of, (row) => data.y[row] as number),
      });
      const alone = await fit(classifier(), rows(train), { ...quick, seed: 3, device });
      expect(weightsOf(model)).toEqual(weightsOf(alone));
      expect(measures).toEqual(await alone.evaluate(rows(validation), { device }));
      expect(history.map(({ loss }) => loss)).toEqual(alone.history.map(({ loss }) => loss));
    }
  });

  it('gives each fold its share of every class unless told otherwise', async () => {
    const data = clouds(45);
    const counts = ({ validation }: { readonly validation: Int32Array }) =>
      [0, 1, 2].map((label) => validation.filter((row) => data.y[row] === label).length);
    const { folds } = await crossValidate(classifier(), data, quick);
    expect(folds.map(counts)).toEqual(Array(5).fill([3, 3, 3]));
    const plain = await crossValidate(classifier(), data, { ...quick, stratified: false });
    expect(plain.folds.map(counts)).not.toEqual(folds.map(counts));
  });

  it('pools exactly: sums and rows of all folds together, also where a measure is no mean', async () => {
    const x = Array.from({ length: 60 }, (_, i) => [spread(i, 0), spread(i, 1)]);
    const y = x.map(([a, b], i) => ((a as number) + (b as number) + spread(i, 2) / 2 > 1.2 ? 'yes' : 'no'));
    const model = sequential([dense(1)]);
    const options = {
      loss: binaryCrossEntropy(),
      metrics: [accuracy(), rocAuc()],
      epochs: 3,
      progress: false,
    } as const;
    const result = await crossValidate(model, { x, y }, options);
    const scores: { score: number; label: string }[] = [];
    let right = 0;
    for (const { validation, model: own } of result.folds) {
      const answers = (await own.predict(Array.from(validation, (row) => x[row]))) as {
        label: string;
        probabilities: Record<string, number>;
      }[];
      answers.forEach(({ label, probabilities }, i) => {
        const truth = y[validation[i] as number] as string;
        right += Number(label === truth);
        scores.push({ score: probabilities.yes as number, label: truth });
      });
    }
    const [yes, no] = ['yes', 'no'].map((label) => scores.filter((one) => one.label === label));
    let wins = 0;
    for (const a of yes ?? []) for (const b of no ?? []) wins += a.score > b.score ? 1 : a.score === b.score ? 0.5 : 0;
    expect(result.pooled.accuracy).toBe(right / 60);
    // Scores are compared as probabilities here and as logits there; the order is the same.
    expect(result.pooled.rocAuc).toBeCloseTo(wins / ((yes?.length ?? 0) * (no?.length ?? 0)), 10);
    const values = result.folds.map(({ measures }) => measures.rocAuc);
    const mean = values.reduce((sum, value) => sum + value, 0) / 5;
    expect(result.mean.rocAuc).toBeCloseTo(mean, 12);
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 4;
    expect(result.standardDeviation.rocAuc).toBeCloseTo(Math.sqrt(variance), 12);
  });

  it('keeps class numbers where a fold lacks a class, and weighs classes by their names', async () => {
    const names = ['low', 'middle', 'high'];
    const { x, y } = clouds(30);
    const data = { x, y: y.map((label) => names[label]) };
    const groups = y;
    const options = { ...quick, folds: 3, classWeights: { low: 2 } };
    const { folds } = await crossValidate(classifier(), data, { ...options, groups });
    for (const { train, model, measures } of folds) {
      expect(model.state.classes).toEqual(['high', 'low', 'middle']);
      expect(new Set(Array.from(train, (row) => y[row])).size).toBe(2);
      expect(measures.accuracy).toBe(0);
    }
    const error = await rejection(crossValidate(classifier(), data, { ...quick, classWeights: { lows: 2 } }));
    expect(error.message).toMatch(/no class 'lows'\n.*did you mean 'low'/);
  });

  it('trains on what came before where rows are in the order of time', async () => {
    const options = { loss: meanSquaredError(), metrics: [r2()], epochs: 1, progress: false } as const;
    const result = await crossValidate(sequential([dense(1)]), line(12), { ...options, folds: 3, time: { gap: 1 } });
    expect(result.folds.map(({ train }) => [...train])).toEqual([
      [0, 1],
      [0, 1, 2, 3, 4],
      [0, 1, 2, 3, 4, 5, 6, 7],
    ]);
    expect(result.folds.map(({ validation }) => [...validation])).toEqual([
      [3, 4, 5],
      [6, 7, 8],
      [9, 10, 11],
    ]);
  });

  it('goes on from a trained model without changing it', async () => {
    const data = clouds(30);
    const named = { x: data.x, y: data.y.map((label) => `class ${label}`) };
    const base = await fit(classifier(), named, quick);
    const before = weightsOf(base);
    const result = await crossValidate(base, named, { ...quick, optimizer: sgd({ learningRate: 0 }), folds: 3 });
    expect(weightsOf(base)).toEqual(before);
    for (const { model } of result.folds) expect(weightsOf(model)).toEqual(before);
    expect(result.pooled.accuracy).toBe((await base.evaluate(named)).accuracy);
  });

  it('takes records: encoders of the training rows, groups by a column', async () => {
    const records = clouds(60).x.map(([a, b], i) => ({ a, b, person: `p${i % 10}`, kind: `k${i % 3}` }));
    const options = { target: 'kind', groups: 'person', folds: 5, epochs: 3, progress: false } as const;
    const result = await crossValidate(records, options);
    for (const { train, validation, model } of result.folds) {
      const people = new Set(Array.from(train, (row) => records[row]?.person));
      expect(Array.from(validation).some((row) => people.has(records[row]?.person ?? ''))).toBe(false);
      expect(model.state.columns?.encoder.columns).toEqual(['a', 'b']);
      expect(model.state.inputShape).toEqual([2]);
    }
    expect(result.pooled).toHaveProperty('accuracy');
  });

  it('shows a table, and is JSON without its models', async () => {
    const result = await crossValidate(classifier(), clouds(30), { ...quick, folds: 3 });
    const lines = String(result).split('\n');
    expect(lines.map((text) => text.split(/ +/)[0])).toEqual(['fold', '1', '2', '3', 'mean', '±', 'pooled']);
    expect(lines[0]).toMatch(/^fold +rows +loss +accuracy$/);
    const json = JSON.parse(JSON.stringify(result));
    expect(json.folds[1].validation).toEqual([...(result.folds[1]?.validation ?? [])]);
    expect(json.pooled).toEqual(result.pooled);
  });

  it('refuses folds that cannot be made, and a class that one fold alone has', async () => {
    const message = async (options: object, data: unknown = clouds(9)) =>
      (await rejection(crossValidate(classifier(), data as never, { ...quick, ...options } as never))).message;
    expect(await message({ folds: 10 })).toMatch(/folds: expected an integer ≥ 2 and ≤ 9, got 10/);
    expect(await message({ time: true, groups: [1] })).toMatch(/time together with groups/);
    const amounts = crossValidate(sequential([dense(1)]), line(9), { loss: meanSquaredError(), stratified: true });
    expect((await rejection(amounts)).message).toMatch(/stratified: the targets are no classes/);
    expect(await message({ validation: clouds(3) })).toMatch(/validation: expected a share of the training rows/);
    expect(await message({ resume: {} })).toMatch(/'resume' is for one run/);
    expect(await message({ fold: 3 })).toMatch(/unknown option 'fold'/);
    const records = [...Array(20).keys()].map((i) => ({ a: i, kind: i === 0 ? 'rare' : `k${i % 2}` }));
    const error = await rejection(crossValidate(records, { target: 'kind', epochs: 1, progress: false }));
    expect(error.message).toMatch(/no training row has class 'rare' of row 0/);
  });

  it('an abort ends the whole of it', async () => {
    const stop = new AbortController();
    const callbacks = [() => stop.abort()];
    const options = { loss: crossEntropy(), callbacks, signal: stop.signal, progress: false };
    const error = await rejection(crossValidate(classifier(), clouds(30), options));
    expect(error).toMatchObject({ code: 'aborted' });
    expect(error.message).toMatch(/aborted in fold 1 of 5/);
  });
});
