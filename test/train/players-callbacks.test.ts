/** Callbacks and tricks of players: averages for evaluation, looks in between, and an end before the end. */
import {
  adam,
  chain,
  fit,
  forPlayer,
  mean,
  normal,
  type PlayersCallback,
  type PlayersStep,
  players,
  sgd,
  square,
  type Tensor,
  type TransformTrick,
  weightEma,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { rejection } from './examples.ts';
import { bitsOf, ring, smallGan, weight, weightOf } from './games.ts';

const quick = { inputs: { z: normal([2]) }, epochs: 2, batchSize: 16, progress: false } as const;

/** One weight that falls by a tenth of itself at each step: the loss is w² / 2 of rows of 1. */
const falling = (optimizer = sgd({ learningRate: 0.05 })) =>
  players({ a: weight(1) }, { a: { optimizer, loss: (m, { x }) => mean(square(m.a(x))) } });
const ones = { x: [[1], [1]] };
const steps = (epochs: number) => ({ batchSize: 2, epochs, progress: false }) as const;

/** As the trick of averages is, for one player. */
const ema = (decay: number): TransformTrick => ({
  ...{ kind: 'transform', name: 'ema', options: { decay } },
  wrap: (optimizer) => chain(optimizer, weightEma(decay)),
});

describe('an average of weights', () => {
  it('is what the models of a run have, by hand', async () => {
    const run = await fit(falling(chain(sgd({ learningRate: 0.05 }), weightEma(0.5))), ones, steps(3));
    let [w, average] = [1, 1];
    for (let step = 0; step < 3; step++) {
      w *= 0.9;
      average = 0.5 * average + 0.5 * w;
    }
    // f32 against double.
    expect(weightOf(run.models.a)).toBeCloseTo(average, 6);
    expect(await run.models.a.predict([[2]])).toEqual([expect.closeTo(2 * average, 5)]);
  });

  it('of one player leaves the other, and the training of both, bit for bit', async () => {
    const game = smallGan();
    const plain = await fit(game, ring(64), quick);
    const averaged = await fit(game, ring(64), { ...quick, tricks: [forPlayer('generator', ema(0.9))] });
    expect(averaged.history.map(({ losses }) => losses)).toEqual(plain.history.map(({ losses }) => losses));
    const leaves = (run: typeof plain, name: 'critic' | 'generator') =>
      [...run.models[name].parameters.values()].map(({ data }) => [...data]);
    expect(leaves(averaged, 'critic')).toEqual(leaves(plain, 'critic'));
    expect(leaves(averaged, 'generator')).not.toEqual(leaves(plain, 'generator'));
  });

  it('of a player that is not there is refused, as are tricks of other kinds', async () => {
    const [message, help] = (
      await rejection(fit(smallGan(), ring(64), { ...quick, tricks: [forPlayer('generater', ema(0.9))] }))
    ).message.split('\n  help: ');
    expect(message).toBe("fit: tricks: 'ema' is for 'generater', and there is no such player");
    expect(help).toContain("did you mean 'generator'?");
    const other = { kind: 'augmentation', name: 'mixup', options: {} } as never;
    expect((await rejection(fit(smallGan(), ring(64), { ...quick, tricks: [other] }))).message).toContain(
      "fit: tricks[0]: 'mixup' is a trick of kind 'augmentation'",
    );
    const none = [undefined] as never;
    expect((await rejection(fit(smallGan(), ring(64), { ...quick, tricks: none }))).message).toContain(
      'fit: tricks[0]: expected a trick or a callback, got undefined',
    );
  });
});

describe('callbacks of players', () => {
  it('are told of each step and each epoch, in order, and change no number', async () => {
    const told: PlayersStep[] = [];
    const epochs: number[] = [];
    const watch: PlayersCallback = {
      onStep: (step) => {
        told.push(step);
      },
      async onEpoch({ epoch }, control) {
        epochs.push(epoch);
        const { real, fake } = await control.look((m, { x, z }) => {
          const { critic, generator } = m as never as Record<string, (x: Tensor) => Tensor>;
          return { real: critic?.(x) as Tensor, fake: generator?.(z) as Tensor };
        });
        expect([real.shape, fake.shape]).toEqual([
          [16, 1],
          [16, 2],
        ]);
      },
    };
    const plain = await fit(smallGan(), ring(64), quick);
    const run = await fit(smallGan(), ring(64), { ...quick, callbacks: [watch] });
    expect(bitsOf(run)).toEqual(bitsOf(plain));
    expect(told.map(({ step }) => step)).toEqual(Array.from({ length: run.steps }, (_, i) => i));
    expect(epochs).toEqual([1, 2]);
    const mean = told.reduce((sum, { gradientNorms }) => sum + (gradientNorms.critic as number), 0) / told.length;
    const ofHistory = run.history.reduce((sum, { gradientNorms }) => sum + gradientNorms.critic, 0) / 2;
    expect(mean).toBeCloseTo(ofHistory, 5);
    expect(told[0]?.losses.critic).toBeTypeOf('number');
  });

  it('see the models as they are, and the numbers of the models are those of a look', async () => {
    const seen: number[][] = [];
    const watch: PlayersCallback = {
      async onEpoch(_, control) {
        const models = await control.models();
        const looked = await control.look((m, { x }) => (m as never as { a: (x: Tensor) => Tensor }).a(x));
        seen.push([weightOf(models.a as never), looked.data[0] as number]);
      },
    };
    await fit(falling(), ones, { ...steps(2), callbacks: [watch] });
    // 1 · 0.9, and once more; rows of 1.
    expect(seen.flat()).toEqual([0.9, 0.9, 0.81, 0.81].map((value) => expect.closeTo(value, 6)));
  });

  it('may end the run, and say why', async () => {
    const ends: string[] = [];
    const stopper: PlayersCallback = {
      onEpoch: ({ epoch }, control) => {
        if (epoch === 2) control.stop('it is enough');
      },
      onEnd: ({ ending }) => {
        ends.push(ending);
      },
    };
    const run = await fit(falling(adam()), ones, { ...steps(9), tricks: [stopper] });
    expect([run.ending, run.history.length, ends]).toEqual(['stopped', 2, ['stopped']]);
    expect(run.notes).toContain('stopped: it is enough');
  });
});
