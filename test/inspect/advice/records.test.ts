/** @file Rules about what other tools measure, on what those tools measured: sick runs and models, and sound ones beside them. */
import {
  accuracy,
  adam,
  adversarialTraining,
  advise,
  advisor,
  attacks,
  crossEntropy,
  type Data,
  dense,
  embedding as embeddingLayer,
  embeddingRecord,
  embeddings,
  type FitOptions,
  fit,
  flatten,
  ganLosses,
  ganMonitor,
  type Layer,
  layer,
  lazyAdam,
  mul,
  noiseScale,
  normal,
  type PlayersOptions,
  players,
  robustness,
  sequential,
  sgd,
  tensor,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { pointsOf, ring } from '../../../demo/adversarial-networks/mixtures.ts';
import { digits8, digits28, pick } from '../../../demo/experiment-data.ts';
import { randomUniform } from '../../../src/core/philox.ts';

const rulesOf = (advice: readonly { readonly rule: string }[]) => advice.map(({ rule }) => rule);
const classes = { loss: crossEntropy(), metrics: [accuracy()], progress: false } as const;
const mlp = () => sequential([dense(64, { activation: 'relu' }), dense(10)]);
const small = (): Data => {
  const { x, y, width } = digits8();
  return { x: tensor(x, [x.length / width, width]), y };
};

describe('F1, F2, F3: the noise scale of a run', () => {
  const measured = async (data: Data, options: Partial<FitOptions>) => {
    const noise = noiseScale({ small: 32, big: 1024, every: 50, draws: 4 });
    const watch = advisor({ onAdvice: () => undefined, records: () => ({ noise: noise.measurements }) });
    const run = await fit(mlp(), data, { ...classes, ...options, callbacks: [noise, watch] });
    return { run, noise: noise.measurements, said: rulesOf(watch.advice) };
  };

  it('F2 sees a batch of all rows where the gradient is clear, and F3 no noise in it', async () => {
    // Steps of nothing: the run stays at its start, where the gradient of all rows stands out.
    const still = { batchSize: 1797, epochs: 100, optimizer: sgd({ learningRate: 1e-5 }) };
    const { run, noise, said } = await measured(small(), still);
    expect(said).toContain('F2');
    expect(rulesOf(await advise(run, { noise }))).toContain('F2');
    const normTest = { ...(noise.at(-1) as (typeof noise)[number]), batchSize: 1797 };
    expect(rulesOf(await advise(undefined, { normTest }))).not.toContain('F3');
  });

  it('F1 and F3 see a gradient of labels drawn by chance, which is noise alone', async () => {
    const { x } = small();
    const draws = new Float32Array(1797);
    randomUniform(draws, 5, 6);
    const y = Array.from(draws, (value) => Math.floor(10 * value));
    const { noise, said } = await measured(
      { x, y },
      { batchSize: 16, epochs: 8, optimizer: sgd({ learningRate: 0.02 }) },
    );
    expect(said).toContain('F1');
    expect(said).not.toContain('F2');
    const normTest = { ...(noise.at(-1) as (typeof noise)[number]), batchSize: 16 };
    expect(rulesOf(await advise(undefined, { normTest }))).toEqual(['F3']);
  });
});

describe('G2, G3: accuracy under attack', () => {
  const rows = (from: number, count: number) => {
    const { train } = digits28();
    const { x, y } = pick(
      train,
      Int32Array.from({ length: count }, (_, i) => from + i),
    );
    return { x: tensor(x, [count, 784]), y };
  };
  const [training, test] = [rows(0, 3000), rows(3000, 300)];
  const epsilon = 0.1;
  const curve = async (model: Layer, more: Partial<FitOptions> = {}) => {
    const options = {
      ...classes,
      standardize: false,
      epochs: 4,
      batchSize: 64,
      optimizer: adam({ learningRate: 1e-3 }),
    };
    const run = await fit(model, training, { ...options, ...more });
    return robustness(run, test, {
      attacks: [attacks.fgsm({ epsilon }), attacks.pgd({ epsilon, steps: 20 })],
      epsilons: [0, epsilon, 1],
      trainedAt: epsilon,
    });
  };

  it('G2 sees a network that was trained on clean rows alone, and not one that was trained on attacked ones', async () => {
    const plain = await curve(mlp());
    expect(rulesOf(await advise(undefined, { robustness: plain }))).toEqual(['G2']);
    const tricks = [adversarialTraining(attacks.pgd({ epsilon, steps: 7 }), { mix: 1 })];
    const sound = await curve(mlp(), { tricks, epochs: 8 });
    expect(rulesOf(await advise(undefined, { robustness: sound }))).toEqual([]);
  });

  it('G3 sees defensive distillation: at full temperature the gradient is rounded to nothing (Papernot 2016)', async () => {
    const temperature = 1e4;
    const cold = layer('cold', {}, (x, { mode }) => (mode === 'train' ? x : mul(x, temperature)));
    const masked = await curve(sequential([dense(64, { activation: 'relu' }), dense(10), cold]));
    expect(rulesOf(await advise(undefined, { robustness: masked }))).toContain('G3');
  });
});

describe('H1, H2: a game', () => {
  const network = (outputs: number) => sequential([dense(64, { activation: 'relu' }), dense(outputs)]);
  interface Side {
    readonly learningRate: number;
    readonly repeat: number;
  }
  const played = async (loss: ganLosses.GanLoss, critic: Side, generator: Side) => {
    const of = ({ learningRate, repeat }: Side) => ({ optimizer: adam({ learningRate, beta1: 0.5 }), repeat });
    const game = players(
      { critic: network(1), generator: network(2) },
      {
        critic: { ...of(critic), loss: (m, { x, z }) => loss.critic(m.critic(x), m.critic(m.generator(z))) },
        generator: { ...of(generator), loss: (m, { z }) => loss.generator(m.critic(m.generator(z))) },
      },
    );
    const monitor = ganMonitor();
    const options: PlayersOptions = { inputs: { z: normal([2]) }, batchSize: 128, epochs: 40, progress: false };
    const run = await fit(game, { x: pointsOf(ring, 2048, 0) }, { ...options, tricks: [monitor] });
    return rulesOf(await advise(run, { gan: monitor.readings }));
  };

  it('H1 sees a critic that is always right, of a generator whose gradient dies out (Arjovsky & Bottou 2017)', async () => {
    const sides = [
      { learningRate: 2e-3, repeat: 4 },
      { learningRate: 1e-6, repeat: 1 },
    ] as const;
    expect(await played(ganLosses.minimax(), ...sides)).toContain('H1');
  });

  it('H2 sees a generator that plays ten turns for one of the critic: all samples go where it scores most', async () => {
    const sides = [
      { learningRate: 1e-3, repeat: 1 },
      { learningRate: 2e-3, repeat: 10 },
    ] as const;
    expect(await played(ganLosses.nonSaturating(), ...sides)).toEqual(['H2']);
  });
});

describe('I1: an embedding', () => {
  it('sees words that were in no step, and says nothing of a table whose words all were', async () => {
    const table = async (words: number) => {
      const ids = Int32Array.from({ length: 1200 }, (_, i) => (i * 7) % 40);
      const y = Array.from({ length: 400 }, (_, row) => (ids[row * 3] as number) % 3);
      const model = sequential([embeddingLayer(words, 8), flatten(), dense(3)]);
      const options = { ...classes, batchSize: 32, seed: 1, optimizer: lazyAdam({ learningRate: 1e-2 }) };
      const data = { x: tensor(ids, [400, 3]), y };
      const values = async (epochs: number, learningRate: number) => {
        const run = await fit(model, data, { ...options, epochs, optimizer: lazyAdam({ learningRate }) });
        return [...run.parameters.values()].find(({ shape }) => shape[0] === words)?.data as Float32Array;
      };
      return embeddingRecord({ data: await values(1, 1e-2), dimensions: 8 }, await values(1, 0));
    };
    const [some, all] = [await table(50), await table(40)];
    expect([some.untouched, all.untouched]).toEqual([10, 0]);
    expect(rulesOf(await advise(undefined, { embedding: some }))).toEqual(['I1']);
    expect(rulesOf(await advise(undefined, { embedding: all }))).toEqual([]);
  });

  it('takes word vectors as they were trained, whose norms tell more than how often words come', async () => {
    const draws = new Float32Array(8 * 400);
    randomUniform(draws, 7, 8);
    // Words by Zipf's law.
    const text = Array.from({ length: 400 }, (_, i) =>
      Array.from({ length: 8 }, (_word, j) => `w${Math.floor(40 ** (draws[8 * i + j] as number))}`),
    );
    const options = { dimensions: 8, epochs: 5, minCount: 1, batchSize: 32, seed: 3, learningRate: 0.05 } as const;
    const vectors = await embeddings.train(text, { ...options, subsample: 0 });
    const record = embeddingRecord(vectors);
    expect(record.rows).toBe(vectors.words.length);
    expect(Math.abs(record.normFrequencyCorrelation as number)).toBeLessThan(0.9);
    expect(rulesOf(await advise(undefined, { embedding: record }))).toEqual([]);
  });

  it('sees norms that follow frequency where rare words are learnt, too, and none where the remedy was taken', async () => {
    // Sentences of eight topics: three words in ten are of all, each by Zipf's law.
    const draws = new Float32Array(2 * 12 * 1500);
    randomUniform(draws, 7, 9);
    const text = Array.from({ length: 1500 }, (_, i) =>
      Array.from({ length: 12 }, (_word, j) => {
        const [common, rank] = [0, 1].map((k) => draws[2 * (12 * i + j) + k] as number) as [number, number];
        return `${common < 0.3 ? '' : `topic ${i % 8}, `}word ${Math.floor(200 ** rank)}`;
      }),
    );
    const record = async (options: { readonly minCount: number; readonly subsample: number }) =>
      embeddingRecord(await embeddings.train(text, { dimensions: 32, epochs: 5, seed: 3, ...options }));
    const [sick, sound] = [await record({ minCount: 1, subsample: 0 }), await record({ minCount: 5, subsample: 1e-3 })];
    expect(rulesOf(await advise(undefined, { embedding: sick }))).toEqual(['I1']);
    expect(rulesOf(await advise(undefined, { embedding: sound }))).toEqual([]);
  });

  it('correlates norms with the logarithm of counts', () => {
    // Norms of ln 2, ln 4, ln 8 for words that come 2, 4, 8 times.
    const led = embeddingRecord({ data: [2, 4, 8].map(Math.log), dimensions: 1, counts: [2, 4, 8] });
    expect(led.normFrequencyCorrelation).toBeCloseTo(1, 12);
  });

  it('refuses tables whose sizes do not fit', () => {
    expect(() => embeddingRecord({ data: [1, 2, 3], dimensions: 2 })).toThrow(/3 numbers are no rows of 2/);
    expect(() => embeddingRecord({ data: [1, 2], dimensions: 2 }, [1])).toThrow(/1 numbers before, 2 after/);
    expect(() => embeddingRecord({ data: [1, 2], dimensions: 2, counts: [1, 2] })).toThrow(/2 counts of 1 rows/);
  });
});
