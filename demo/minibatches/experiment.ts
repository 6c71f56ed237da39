/** @file Batch sizes on a network: noise scale, steps and seconds to a test accuracy, examples a second. */
import {
  accuracy,
  type Callback,
  crossEntropy,
  dense,
  deviceCurves,
  fit,
  microBatches,
  noiseScale,
  sequential,
  sgd,
  tensor,
} from 'saddlepoint';
import { pointsFigure } from 'saddlepoint/plot';
import type { Experiment, Figure, Finding } from '../experiment.ts';
import { digits28, type Rows, standardizedGlobally } from '../experiment-data.ts';

const SIZES = [1, 8, 32, 128, 512, 2048, 8000] as const;
/** Of the reference's grid: the best of them counts. */
const RATES: Readonly<Record<number, readonly number[]>> = {
  1: [0.003, 0.01],
  8: [0.03, 0.1],
  32: [0.1, 0.3],
  128: [0.1, 0.3],
  512: [0.1, 0.3],
  2048: [0.1, 0.3],
  8000: [0.1, 0.3],
};
const WANTED = 0.94;
const LOOK = 1000;
const MOST_EXAMPLES = 200 * 8000;
const REFERENCE: Readonly<Record<number, string>> = {
  1: '21,000 steps, 2.6 epochs, 3.2 s',
  8: '2,500, 2.5, 0.45 s',
  32: '620, 2.5, 0.19 s',
  128: '182, 2.9, 0.15 s',
  512: '148, 9.5, 0.46 s',
  2048: '126, 32, 6.1 s',
  8000: '129, 129, 22 s',
};

interface Arrival {
  readonly steps: number;
  readonly stepSeconds: number;
  /** Test accuracies on the way, by steps. */
  readonly looks: readonly (readonly [steps: number, accuracy: number])[];
}

const model = () => sequential([dense(128, { activation: 'relu' }), dense(10)]);
const dataOf = (rows: Rows) => ({ x: tensor(rows.x, [rows.y.length, rows.width]), y: rows.y });
const shared = { loss: crossEntropy(), standardize: false, progress: false, seed: 0 } as const;

/** Steps until the test accuracy is reached, looked at every 1,000 examples or step; seconds a step without the looks. */
async function arrive(train: Rows, test: Rows, batchSize: number, learningRate: number): Promise<Arrival | undefined> {
  const every = Math.max(1, Math.round(LOOK / batchSize));
  let steps: number | undefined;
  let [began, spent, counted] = [0, 0, 0];
  const looks: [number, number][] = [];
  const watch: Callback = {
    every,
    onBegin() {
      began = performance.now();
    },
    async onStep({ step }, control) {
      if ((step + 1) % every !== 0) return;
      spent += performance.now() - began;
      counted = step + 1;
      const reached = accuracyOf(await control.parameters(), test);
      looks.push([counted, reached]);
      if (reached >= WANTED) {
        steps = step + 1;
        control.stop('reached');
      }
      began = performance.now();
    },
  };
  const epochs = Math.ceil(MOST_EXAMPLES / train.y.length);
  await fit(model(), dataOf(train), {
    ...{ ...shared, batchSize, epochs, optimizer: sgd({ learningRate }), callbacks: [watch] },
  });
  return steps === undefined ? undefined : { steps, stepSeconds: spent / counted / 1000, looks };
}

/** Of the network with these parameters, computed on the host. */
function accuracyOf(parameters: ReadonlyMap<string, { readonly data: Float32Array }>, test: Rows): number {
  const [k1, b1, k2, b2] = [...parameters.values()].map(({ data }) => data) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  let right = 0;
  const hidden = new Float32Array(128);
  for (let row = 0; row < test.y.length; row++) {
    hidden.set(b1);
    for (let i = 0; i < test.width; i++) {
      const pixel = test.x[row * test.width + i] as number;
      for (let j = 0; j < 128; j++) hidden[j] = (hidden[j] as number) + pixel * (k1[i * 128 + j] as number);
    }
    let [best, most] = [0, Number.NEGATIVE_INFINITY];
    for (let k = 0; k < 10; k++) {
      let logit = b2[k] as number;
      for (let j = 0; j < 128; j++) logit += Math.max(0, hidden[j] as number) * (k2[j * 10 + k] as number);
      if (logit > most) [best, most] = [k, logit];
    }
    right += Number(best === test.y[row]);
  }
  return right / test.y.length;
}

/** One size whole and in parts, from the same start: memory, and how far apart they are after two epochs. */
async function inParts(train: Rows): Promise<Finding> {
  const [whole, parts] = await Promise.all(
    [[], [microBatches(128)]].map((tricks) =>
      fit(model(), dataOf(train), {
        ...{ ...shared, batchSize: 2048, epochs: 2, optimizer: sgd({ learningRate: 0.1 }), tricks },
      }),
    ),
  );
  const [all, one] = [whole, parts].map((run) => ({ bytes: run?.bytes ?? 0, loss: run?.history.at(-1)?.loss ?? 0 }));
  const mebibytes = (bytes = 0) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  return {
    what: 'batch 2,048 in parts of 128 (`microBatches`): memory with all rows, and the loss of the second epoch',
    reference: 'the whole batch',
    ours: `${mebibytes(one?.bytes)} beside ${mebibytes(all?.bytes)}; ${one?.loss.toFixed(5)} beside ${all?.loss.toFixed(5)}`,
  };
}

/** Curves of six sizes, which keep colors of their own, over time and over examples, each at its best rate. */
function figuresOf(found: ReadonlyMap<number, Arrival>): Figure[] {
  const shown = SIZES.filter((size) => size !== 8000 && found.has(size));
  const axes = [
    { name: 'seconds', x: 'seconds', of: (arrival: Arrival, steps: number) => steps * arrival.stepSeconds },
    { name: 'examples', x: 'examples', of: (_: Arrival, steps: number, size: number) => steps * size },
  ] as const;
  return axes.map(({ name, x, of }) => {
    const series = shown.map((size) => {
      const arrival = found.get(size) as Arrival;
      return {
        name: `batch ${size}`,
        points: arrival.looks.map(([steps, reached]) => [of(arrival, steps, size), reached] as const),
      };
    });
    const title = `Test accuracy by ${x}, up to ${100 * WANTED} %`;
    return {
      name,
      alt: `${title}, a line a batch size`,
      svg: pointsFigure(series, { title, x, y: 'accuracy', line: true, log: 'x' }),
    };
  });
}

/** One size by one thread and by two: the same steps, in other times. */
async function onDevices(train: Rows, test: Rows, learningRate: number): Promise<{ row: Finding; figure: Figure }> {
  const found = await deviceCurves(model(), dataOf(train), {
    ...{ ...shared, metrics: [accuracy()], validation: dataOf(test), batchSize: 128, epochs: 4, every: 10 },
    optimizer: sgd({ learningRate }),
    devices: ['wasm', { device: 'wasm', threads: 2 }],
  });
  const times = found
    .secondsTo(WANTED)
    .map(({ name, seconds }) => `${name} ${seconds === undefined ? 'never' : `${seconds.toFixed(3)} s`}`);
  const [series, options] = found.toFigure();
  const title = `Test accuracy by seconds, batch 128, a line a device`;
  return {
    row: {
      what: `batch 128 by one thread and by two (\`deviceCurves\`): seconds of the steps to ${100 * WANTED} % test accuracy`,
      reference: '–',
      ours: times.join('; '),
    },
    figure: { name: 'devices', alt: title, svg: pointsFigure(series, { ...options, title }) },
  };
}

export const experiment: Experiment = {
  section: 'minibatches',
  title: 'Minibatches',
  minutes: 4,
  async run(tell) {
    const { train, test } = standardizedGlobally(digits28());
    const noise = noiseScale({ small: 32, big: 1024, every: 25, draws: 40 });
    const points = [0, 50, 125, 250, 500, 1000, 2000];
    const sparse: Callback = {
      ...noise,
      onStep: (step, control) => (points.includes(step.step + 1) ? noise.onStep?.(step, control) : undefined),
    };
    await fit(model(), dataOf(train), {
      ...{ ...shared, batchSize: 64, epochs: 16, optimizer: sgd({ learningRate: 0.1 }), callbacks: [sparse] },
    });
    const scaleAt = (step: number) => noise.measurements.find((one) => one.step === step)?.noiseScale ?? Number.NaN;
    tell(`noise scale: ${points.map((step) => scaleAt(step).toFixed(0)).join(' / ')}`);
    const found = new Map<number, Arrival & { readonly learningRate: number }>();
    for (const size of SIZES) {
      for (const learningRate of RATES[size] ?? []) {
        const arrival = await arrive(train, test, size, learningRate);
        const best = found.get(size);
        if (arrival && (best === undefined || arrival.steps < best.steps))
          found.set(size, { ...arrival, learningRate });
      }
      const { looks, ...best } = found.get(size) ?? {};
      tell(`batch ${size}: ${JSON.stringify(best)}`);
    }
    const seconds = (size: number) => {
      const one = found.get(size);
      return one === undefined ? Number.POSITIVE_INFINITY : one.steps * one.stepSeconds;
    };
    const rate = (size: number) => size / (found.get(size)?.stepSeconds ?? Number.POSITIVE_INFINITY);
    const soonest = SIZES.reduce((a, b) => (seconds(b) < seconds(a) ? b : a));
    const noiseRow: Finding = {
      what: 'noise scale at steps 0 / 50 / 125 / 250 / 500 / 1,000 / 2,000 (rate 0.1, batch 64, seed 0)',
      published: 'MNIST: about 50 at the start, 900 on average',
      reference: '44 / 302 / 409 / 1,000 / 1,172 / 2,989 / 1,519',
      ours: points.map((step) => scaleAt(step).toFixed(0)).join(' / '),
      target: '25–80 at the start; 10 × by step 500',
      isMet: scaleAt(0) >= 25 && scaleAt(0) <= 80 && scaleAt(500) >= 10 * scaleAt(0),
    };
    const arrivals = SIZES.map((size): Finding => {
      const one = found.get(size);
      return {
        what: `batch ${size}: to ${100 * WANTED} % test accuracy (best rate of ${RATES[size]?.join(', ')})`,
        reference: REFERENCE[size] ?? '',
        ours: one
          ? `${one.steps.toLocaleString('en')} steps, ${((one.steps * size) / 8000).toFixed(1)} epochs, ${seconds(size).toFixed(2)} s (rate ${one.learningRate})`
          : `not in ${MOST_EXAMPLES / 8000} epochs`,
      };
    });
    const valley: Finding = {
      what: 'the batch that arrives soonest',
      published: 'U-shape',
      reference: '128',
      ours: `${soonest} (${seconds(soonest).toFixed(2)} s)`,
      target: '8–512',
      isMet: soonest >= 8 && soonest <= 512,
    };
    const best = SIZES.reduce((a, b) => (rate(b) > rate(a) ? b : a));
    const speed: Finding = {
      what: `examples a second at ${SIZES.join(' / ')}`,
      reference: '6.6 k / 44 k / 106 k / 159 k / 166 k / 42 k / 47 k (PyTorch)',
      ours: SIZES.map((size) => `${(rate(size) / 1000).toFixed(1)} k`).join(' / '),
      target: 'more than PyTorch at 1 and 8',
      isMet: rate(1) > 6600 && rate(8) > 44_000,
    };
    const parts = await inParts(train);
    const devices = await onDevices(train, test, found.get(128)?.learningRate ?? 0.1);
    return {
      tables: [
        {
          title: 'MLP 784-128-10, SGD, digits28 standardized, seed 0',
          findings: [noiseRow, ...arrivals, valley, speed, parts, devices.row],
        },
      ],
      figures: [...figuresOf(found), devices.figure],
      notes: [
        `The most examples a second come at batch ${best}. Seconds are steps times the measured mean of a step, on a machine that may be loaded.`,
      ],
    };
  },
};
