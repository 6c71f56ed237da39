import {
  type Callback,
  constant,
  dense,
  type EpochRecord,
  earlyStopping,
  fit,
  logger,
  meanSquaredError,
  reduceOnPlateau,
  sequential,
  sgd,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { schedule } from '../../src/optim/schedules/schedule.ts';
import { classes, classifier, clouds, rejection, weightsOf } from './examples.ts';

/** f(w) = w², w₀ = 1: one row, x = 1, y = 0, no bias, so that the prediction is w. */
const parabola = () => sequential([dense(1, { kernelInitializer: constant(1), bias: false })]);
const point = { x: [[1]], y: [0] };
const still = { loss: meanSquaredError(), standardize: false, progress: false, batchSize: 1, shuffle: false } as const;
const w = (run: Parameters<typeof weightsOf>[0]) => weightsOf(run)[0];

/** Reports these validation losses, one an epoch, whatever the run does. */
function forced(losses: readonly number[], then: Callback): Callback {
  const validation = (record: EpochRecord) =>
    ({ ...record, validation: { loss: losses[record.epoch - 1] as number } }) as EpochRecord;
  return { ...then, onEpoch: (record, control) => then.onEpoch?.(validation(record), control) };
}

describe('callbacks', () => {
  it('T14: a chart, a stopper and a checkpointer work together, in order, each awaited', async () => {
    const order: string[] = [];
    const slow: Callback = {
      async onEpoch({ epoch }) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        order.push(`chart ${epoch}`);
      },
    };
    const kept: number[] = [];
    const keeper: Callback = {
      async onEpoch(_, control) {
        order.push(`keep ${control.epoch}`);
        kept.push((await control.checkpoint()).step);
      },
    };
    const stopper: Callback = { onEpoch: ({ epoch }, control) => void (epoch === 2 && control.stop('enough')) };
    const run = await fit(classifier(), clouds(32), { ...classes, callbacks: [slow, keeper, stopper] });
    expect(order).toEqual(['chart 1', 'keep 1', 'chart 2', 'keep 2']);
    expect(kept).toEqual([2, 4]);
    expect(run.ending).toBe('stopped');
    expect(run.notes.at(-1)).toBe('stopped: enough');
    expect(run.history).toHaveLength(2);
  });

  it('tell each step once, in order, with the loss before its update', async () => {
    const steps: number[] = [];
    const losses: number[] = [];
    const watch: Callback = {
      onStep({ step, loss }) {
        steps.push(step);
        losses.push(loss);
      },
    };
    await fit(parabola(), point, { ...still, optimizer: sgd({ learningRate: 0.25 }), epochs: 3, callbacks: [watch] });
    expect(steps).toEqual([0, 1, 2]);
    expect(losses).toEqual([1, 0.25, 0.0625]);
  });

  it('do not change the numbers of a run, however often they look', async () => {
    const plain = await fit(classifier(), clouds(64), classes);
    for (const every of [1, 3, undefined]) {
      const watch: Callback = { ...(every === undefined ? {} : { every }), onStep() {}, onEpoch() {} };
      const watched = await fit(classifier(), clouds(64), { ...classes, callbacks: [watch] });
      expect(weightsOf(watched)).toEqual(weightsOf(plain));
    }
  });

  it('T5: a callback that throws ends the run with its error, and the model is as usable as before', async () => {
    const model = classifier();
    const bad: Callback = {
      onEpoch() {
        throw new Error('chart broke');
      },
    };
    expect((await rejection(fit(model, clouds(32), { ...classes, callbacks: [bad] }))).message).toBe('chart broke');
    expect((await fit(model, clouds(32), classes)).ending).toBe('completed');
  });

  it('T5: two runs of one model at once do not touch each other', async () => {
    const model = classifier();
    const [one, two] = await Promise.all([
      fit(model, clouds(48), { ...classes, seed: 1 }),
      fit(model, clouds(48), { ...classes, seed: 2 }),
    ]);
    expect(weightsOf(one)).toEqual(weightsOf(await fit(model, clouds(48), { ...classes, seed: 1 })));
    expect(weightsOf(two)).not.toEqual(weightsOf(one));
  });

  it('case 17: T13: each epoch has a record of its own, which cannot be written to', async () => {
    const kept: EpochRecord[] = [];
    const run = await fit(classifier(), clouds(32), {
      ...classes,
      epochs: 3,
      callbacks: [(record: EpochRecord) => void kept.push(record)],
    });
    expect(new Set(kept).size).toBe(3);
    expect(kept).toEqual(run.history);
    expect(() => Object.assign(kept[0] as object, { loss: 0 })).toThrow(TypeError);
  });

  it.each([
    [[earlyStopping], 'fit: callbacks: element 0 is no callback'],
    ['earlyStopping', "fit: callbacks: expected a list, got 'earlyStopping'"],
  ])('that are none are refused', async (callbacks, message) => {
    const given = Array.isArray(callbacks) ? [5] : callbacks;
    const error = await rejection(fit(classifier(), clouds(8), { ...classes, callbacks: given as never }));
    expect(error.message).toContain(message.replace('element 0 is no callback', 'element 0 is no callback: 5'));
  });
});

describe('the learning rate', () => {
  const rates = [0.1, 0.1, 0.01];
  const setter: Callback = {
    every: 1,
    onStep({ step }, control) {
      if (step === 1) control.learningRate = 0.01;
    },
  };
  const bySetting = (callbacks: Callback[]) =>
    fit(parabola(), point, { ...still, optimizer: sgd({ learningRate: 0.1 }), epochs: 3, callbacks });

  it('case 18: set by a step callback, by an epoch callback or by a schedule, is that of the very next step', async () => {
    const byEpoch: Callback = {
      onEpoch({ epoch }, control) {
        if (epoch === 2) control.learningRate = 0.01;
      },
    };
    const table = schedule('table', {}, (step) => rates[step] as number);
    const scheduled = await fit(parabola(), point, { ...still, optimizer: sgd({ learningRate: table }), epochs: 3 });
    for (const run of [await bySetting([setter]), await bySetting([byEpoch]), scheduled])
      expect(w(run)).toBeCloseTo(0.6272, 6);
  });

  it('case 18: is heard in the middle of an epoch of many steps', async () => {
    const three = { x: [[1], [1], [1]], y: [0, 0, 0] };
    const run = await fit(parabola(), three, {
      ...still,
      optimizer: sgd({ learningRate: 0.1 }),
      epochs: 1,
      callbacks: [setter],
    });
    expect(w(run)).toBeCloseTo(0.6272, 6);
  });

  it('T10: set on the way, goes on in proportion with its schedule', async () => {
    const halving = schedule('halving', {}, (step) => 0.4 * 0.5 ** step);
    const seen: number[] = [];
    const half: Callback = {
      every: 1,
      onStep({ step }, control) {
        if (step === 0) control.learningRate = 0.1;
        seen.push(control.learningRate);
      },
    };
    await fit(parabola(), point, { ...still, optimizer: sgd({ learningRate: halving }), epochs: 3, callbacks: [half] });
    expect(seen.map((rate) => Number(rate.toPrecision(6)))).toEqual([0.1, 0.05, 0.025]);
  });

  it('falls on a plateau by the factor, after the patience, and rests', async () => {
    const seen: number[] = [];
    const plateau = forced([1, 1, 1, 1, 1, 1], reduceOnPlateau({ factor: 0.5, patience: 1, cooldown: 1 }));
    const look: Callback = { onEpoch: (_, control) => void seen.push(control.learningRate) };
    await bySettingEpochs(6, [plateau, look]);
    // Epoch 1 is the best; 2 is borne, 3 is one too many; 4 is the rest; 5 is borne, 6 is one too many.
    expect(seen).toEqual([0.1, 0.1, 0.05, 0.05, 0.05, 0.025]);
  });

  const bySettingEpochs = (epochs: number, callbacks: Callback[]) =>
    fit(parabola(), point, { ...still, optimizer: sgd({ learningRate: 0.1 }), epochs, callbacks });
});

describe('early stopping', () => {
  const losses = [0.9, 0.5, 0.4, 0.45, 0.47, 0.48, 0.49];
  const stopping = (patience: number, epochs: number) =>
    fit(classifier(), clouds(32), { ...classes, epochs, callbacks: [forced(losses, earlyStopping({ patience }))] });

  it('case 12: does not stop within its patience', async () => {
    const run = await stopping(3, 5);
    expect([run.ending, run.history.length]).toEqual(['completed', 5]);
  });

  it('stops when the patience is over', async () => {
    const run = await stopping(3, 7);
    expect([run.ending, run.history.length]).toEqual(['stopped', 6]);
    expect(run.notes.at(-1)).toBe('stopped: earlyStopping: validation.loss has not improved for 3 epochs');
  });

  it('T13: names near names for a number that no record has, and says what is missing without validation', async () => {
    const run = (monitor: string) =>
      rejection(fit(classifier(), clouds(32), { ...classes, callbacks: [earlyStopping({ monitor })] }));
    expect((await run('acuracy')).message).toMatch(/did you mean 'accuracy'/);
    expect((await run('validation.loss')).message).toMatch(/the run has no validation/);
  });
});

it('a logger writes one line an epoch', async () => {
  const lines: string[] = [];
  const callbacks = [logger({ format: 'json', write: (line) => void lines.push(line) })];
  const run = await fit(classifier(), clouds(32), { ...classes, epochs: 2, callbacks });
  expect(lines.map((line) => JSON.parse(line))).toEqual(run.history);
});

it('a run ends when its time is over, and says so', async () => {
  const run = await fit(classifier(), clouds(300), { ...classes, epochs: 1e6, maxSeconds: 0.2 });
  expect(run.ending).toBe('stopped');
  expect(run.notes.at(-1)).toBe('stopped: the time of 0.2 s is over');
  expect((run as { history: readonly unknown[] }).history.length).toBeLessThan(1e6);
});
