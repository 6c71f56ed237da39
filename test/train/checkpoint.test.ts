import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  adam,
  type Checkpoint,
  checkpointEvery,
  constant,
  dense,
  fit,
  loadCheckpoint,
  meanSquaredError,
  sequential,
} from 'saddlepoint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashOf } from '../browser/scenario.ts';
import { classes, classifier, clouds, rejection, weightsOf } from './examples.ts';
import { runScript } from './process/run.ts';
import { resumable } from './resumable.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'saddlepoint-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('T7: a checkpoint', () => {
  it('T7: 10 epochs are 5, a save, a new process and 5 more, byte for byte', async () => {
    const path = join(folder, 'five.checkpoint');
    await (await resumable({ epochs: 5, resumable: true })).checkpoint().save(path);
    const whole = await resumable({ epochs: 10 });
    expect((await runScript('resumed', { args: [path] })).trim()).toBe(await hashOf(whole));
  });

  it('T7: may be taken in the middle of an epoch', async () => {
    let taken: Checkpoint | undefined;
    const take = {
      every: 1,
      async onStep({ step }: { step: number }, control: { checkpoint(): Promise<Checkpoint> }) {
        if (step === 9) taken = await control.checkpoint();
      },
    };
    const whole = await resumable({ epochs: 4, callbacks: [take] });
    expect(taken?.progress.at).toBeGreaterThan(0);
    const rest = await resumable({ epochs: 4, callbacks: [], resume: taken as Checkpoint });
    expect(weightsOf(rest)).toEqual(weightsOf(whole));
    const plain = (run: typeof whole) => run.history.map(({ seconds: _, ...record }) => record);
    expect(plain(rest)).toEqual(plain(whole));
    expect(rest.steps).toBe(whole.steps);
    expect(rest.bestEpoch).toBe(whole.bestEpoch);
  });

  it('T7: holds the best weights so far, and what callbacks count', async () => {
    const path = join(folder, 'best.checkpoint');
    await (await resumable({ epochs: 3, resumable: true })).checkpoint().save(path);
    const loaded = await loadCheckpoint(path);
    expect(loaded.best.size).toBeGreaterThan(0);
    expect(loaded.progress.callbacks).toHaveProperty('earlyStopping');
    expect(loaded.epochs).toBe(3);
  });

  it('case 10: holds the moments of Adam: w² from 1 is 0.7015863 after 3 steps, 0.4142365 after 6', async () => {
    const model = sequential([dense(1, { kernelInitializer: constant(1), bias: false })]);
    const options = {
      ...{ loss: meanSquaredError(), optimizer: adam({ learningRate: 0.1 }), standardize: false, progress: false },
      ...{ batchSize: 1, resumable: true },
    };
    const three = await fit(model, { x: [[1]], y: [0] }, { ...options, epochs: 3 });
    expect(weightsOf(three)[0]).toBeCloseTo(0.7015863, 6);
    const path = join(folder, 'adam.checkpoint');
    await three.checkpoint().save(path);
    const resume = await loadCheckpoint(path);
    const six = await fit(model, { x: [[1]], y: [0] }, { ...options, epochs: 6, resume });
    expect(weightsOf(six)[0]).toBeCloseTo(0.4142365, 6);
  });

  it('of the reference backend is saved in doubles: the run goes on as if it had not stopped, also on the machine', async () => {
    const path = join(folder, 'reference.checkpoint');
    const options = { device: 'reference', epochs: 4 } as const;
    await (await resumable({ ...options, epochs: 2, resumable: true })).checkpoint().save(path);
    const resume = await loadCheckpoint(path);
    expect([...resume.blocks.values(), ...resume.best.values()].every((data) => data instanceof Float64Array)).toBe(
      true,
    );
    const [whole, rest] = [await resumable(options), await resumable({ ...options, resume })];
    expect(weightsOf(rest)).toEqual(weightsOf(whole));
    const losses = (run: typeof whole) => run.history.map(({ loss }) => loss);
    expect(losses(rest)).toEqual(losses(whole));

    // f32 against doubles, over ten steps: some roundings of 6e-8 each.
    const machine = weightsOf(await resumable({ epochs: 4, resume }));
    weightsOf(whole).forEach((value, i) => {
      expect(machine[i]).toBeCloseTo(value, 4);
    });
  });

  it('is written after each epoch, aside and renamed', async () => {
    const path = join(folder, 'every.checkpoint');
    const run = await resumable({ epochs: 2, callbacks: [checkpointEvery({ path })] });
    expect((await loadCheckpoint(path)).step).toBe(run.steps);
    expect((await readdir(folder)).filter((name) => name.startsWith('every'))).toEqual(['every.checkpoint']);
  });

  it('is asked for beforehand', async () => {
    const run = await fit(classifier(), clouds(16), classes);
    expect(() => run.checkpoint()).toThrow(/train with { resumable: true }/);
  });

  it('refuses another seed, batch size or optimizer, and another model, with both values', async () => {
    const resume = (await resumable({ epochs: 1, resumable: true })).checkpoint();
    const error = await rejection(resumable({ epochs: 2, resume, seed: 7, batchSize: 8 }));
    expect(error.message).toMatch(/seed: 0, now 7; batchSize: 16, now 8/);
    const other = await rejection(fit(classifier(), clouds(70), { ...classes, resume }));
    expect(other.message).toMatch(/of another run: model:/);
  });

  it('T9: goes on without the last rows as it began, and refuses to go on without', async () => {
    const options = { last: 'drop', batchSize: 30 } as const;
    const whole = await resumable({ ...options, epochs: 4 });
    const resume = (await resumable({ ...options, epochs: 2, resumable: true })).checkpoint();
    expect(weightsOf(await resumable({ ...options, epochs: 4, resume }))).toEqual(weightsOf(whole));
    const error = await rejection(resumable({ batchSize: 30, epochs: 4, resume }));
    expect(error.message).toMatch(/last: "?drop"?, now undefined/);
  });

  it('is no model, and a model is no checkpoint', async () => {
    const path = join(folder, 'model.safetensors');
    await (await fit(classifier(), clouds(16), classes)).save(path);
    expect((await rejection(loadCheckpoint(path))).message).toMatch(/the file is a model, not a checkpoint/);
    const wrong = rejection(fit(classifier(), clouds(16), { ...classes, resume: path as never }));
    expect((await wrong).message).toMatch(/fit: resume: expected a checkpoint, got/);
  });
});
