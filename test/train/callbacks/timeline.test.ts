import { batchSchedule, type Callback, fit, sam, sgd, svrg, timeline } from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { TIMELINE_AXES, timelineBy } from '../../../src/train/callbacks/timeline.ts';
import { classes, classifier, clouds } from '../examples.ts';

const data = clouds(40);
const options = { ...classes, optimizer: sgd({ learningRate: 0.1 }), batchSize: 16, epochs: 3 } as const;
const run = (callbacks: readonly Callback[], more: object = {}) =>
  fit(classifier(), data, { ...options, callbacks, ...more });

describe('timeline', () => {
  it('counts steps, epochs and examples as they come, the last, smaller batch with its own rows', async () => {
    const line = timeline({ every: 1 });
    await run([line]);
    expect(line.points('step', 'loss').map(([step]) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(line.records.map(({ examples }) => examples)).toEqual([16, 32, 40, 56, 72, 80, 96, 112, 120]);
    expect(line.records.map(({ epoch }) => epoch)).toEqual([0.4, 0.8, 1, 1.4, 1.8, 2, 2.4, 2.8, 3]);
    expect(line.records.map(({ gradientEvaluations }) => gradientEvaluations)).toEqual(
      line.records.map(({ examples }) => examples),
    );
  });

  it('has the means of losses over the rows between two records', async () => {
    const [each, third] = [timeline({ every: 1 }), timeline({ every: 3 })];
    const { history } = await run([each, third]);
    // Three steps are an epoch here, whose record is the exact mean over its rows.
    expect(third.points('epoch', 'loss')).toEqual(history.map(({ epoch, loss }) => [epoch, expect.closeTo(loss, 12)]));
    expect(each.records).toHaveLength(9);
  });

  it('counts the gradients that tricks take of each row', async () => {
    const [plain, twice, svrgs, both] = [1, 1, 1, 1].map(() => timeline({ every: 3 }));
    await run([plain as Callback]);
    await run([twice as Callback], { tricks: [sam(0.05)] });
    await run([svrgs as Callback], { tricks: [svrg()] });
    await run([both as Callback], { tricks: [sam(0.05), svrg()] });
    // What SVRG keeps would be of displaced parameters.
    await expect(run([], { tricks: [svrg(), sam(0.05)] })).rejects.toThrow(/svrg keeps 'rows' .* asked several times/);
    const evaluations = [plain, twice, svrgs, both].map((line) =>
      line?.points('gradientEvaluations', 'loss').map(([x]) => x),
    );
    // SVRG: a pass for the snapshot, then two gradients a row.
    expect(evaluations).toEqual([
      [40, 80, 120],
      [80, 160, 240],
      [40, 120, 200],
      [80, 240, 400],
    ]);
  });

  it('follows batches that grow', async () => {
    const line = timeline({ every: 1 });
    await run([line], { batchSize: batchSchedule.grow({ from: 10, max: 40 }) });
    expect(line.records.map(({ examples }) => examples)).toEqual([10, 20, 30, 40, 60, 80, 120]);
  });

  it('counts the seconds of steps, and of nothing else', async () => {
    let now = 0;
    const clock = () => now;
    const costs: Callback = {
      every: 1,
      onStep(_, control) {
        now += 1000;
        // What validation costs, which fit and the timeline ask for behind this.
        const { validate } = control;
        if (!('isCounted' in control))
          Object.defineProperties(control, {
            isCounted: { value: true },
            validate: {
              value: async () => {
                now += 50_000;
                return validate();
              },
            },
          });
      },
      onEpoch() {
        now += 7000;
      },
    };
    const line = timelineBy({ every: 1, validate: true }, clock);
    await run([costs, line], { validation: 0.2, epochs: 2 });
    expect(line.points('seconds', 'validation.accuracy').map(([seconds]) => seconds)).toEqual([1, 2, 3, 4]);
    expect(line.records.every(({ validation }) => validation !== undefined)).toBe(true);
  });

  it('goes on with a run that goes on', async () => {
    const whole = timeline({ every: 2 });
    await run([whole], { resumable: true });
    const first = timeline({ every: 2 });
    const half = await run([first], { epochs: 1, resumable: true });
    const second = timeline({ every: 2 });
    await run([second], { resume: half.checkpoint() });
    const counts = (line: typeof whole) => line.records.map(({ seconds, ...rest }) => rest);
    expect(counts(second)).toEqual(counts(whole));
  });

  it('changes no bit of the run, and refuses what is not there', async () => {
    const losses = async (callbacks: readonly Callback[]) =>
      (await run(callbacks, { validation: 0.2 })).history.map(({ loss }) => loss);
    const line = timeline({ every: 1, validate: true });
    expect(await losses([line])).toEqual(await losses([]));
    expect(TIMELINE_AXES.map((axis) => line.points(axis, 'validation.loss').length)).toEqual([6, 6, 6, 6, 6]);
    expect(() => line.points('hours' as never, 'loss')).toThrow(/timeline\.points: unknown value 'hours'/);
    expect(() => line.points('step', 'validation.acuracy')).toThrow(/did you mean 'validation\.accuracy'/);
    expect(() => timeline({ every: 0 })).toThrow(/timeline\.every: expected an integer ≥ 1, got 0/);
    expect(() => timeline({ evry: 3 } as never)).toThrow(/did you mean 'every'/);
    await expect(run([timeline({ every: 1, validate: true })])).rejects.toThrow(
      /control\.validate: no rows are held out/,
    );
  });
});
