/** @file The advisor in runs that are sick, and what must not change by its being there. */
import {
  accuracy,
  adam,
  advise,
  advisor,
  constant,
  crossEntropy,
  type Data,
  dense,
  diagnose,
  type FitOptions,
  fit,
  meanSquaredError,
  randomNormal,
  sequential,
  sgd,
  tensor,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { digits8 } from '../../../demo/experiment-data.ts';
import { rejection, weightsOf } from '../../train/examples.ts';

const digits = (): Data => {
  const { x, y, width } = digits8();
  return { x: tensor(x, [x.length / width, width]), y };
};
const model = () => sequential([dense(64, { activation: 'relu' }), dense(10)]);
const options = (more: Partial<FitOptions> = {}): FitOptions => ({
  ...{
    loss: crossEntropy(),
    metrics: [accuracy()],
    epochs: 6,
    batchSize: 32,
    validation: 0.2,
    progress: false,
    ...more,
  },
});
const quiet = { onAdvice: () => undefined };
const adviceOf = async (layer: ReturnType<typeof model>, more: Partial<FitOptions>): Promise<string[]> => {
  const watch = advisor(quiet);
  await fit(layer, digits(), options({ ...more, callbacks: [watch] }));
  return watch.advice.map(({ rule }) => rule);
};

describe('advisor', () => {
  it('changes no bit of the run, whatever it looks at', async () => {
    const plain = await fit(model(), digits(), options());
    const watched = await fit(model(), digits(), options({ callbacks: [advisor(quiet)] }));
    expect(weightsOf(watched)).toEqual(weightsOf(plain));
    expect(watched.history.map(({ loss }) => loss)).toEqual(plain.history.map(({ loss }) => loss));
  });

  it('sees steps that are far too small', async () => {
    expect(await adviceOf(model(), { optimizer: adam({ learningRate: 1e-6 }) })).toContain('B3');
  });

  it('sees units that a large rate has killed', async () => {
    expect(
      await adviceOf(model(), { optimizer: sgd({ learningRate: 3, momentum: 0.9 }), standardize: false }),
    ).toContain('C1');
  });

  it('sees saturation by large first weights', async () => {
    const wide = () => dense(64, { activation: 'tanh', kernelInitializer: randomNormal(1) });
    const said = await adviceOf(sequential([wide(), wide(), dense(10)]), { optimizer: sgd({ learningRate: 1e-3 }) });
    expect(said).toContain('C2');
  });

  it('sees a gradient that has vanished', async () => {
    const thin = () => dense(16, { activation: 'tanh', kernelInitializer: randomNormal(1e-3) });
    const deep = sequential([...Array.from({ length: 6 }, thin), dense(10)]);
    expect(await adviceOf(deep, { optimizer: sgd({ learningRate: 1e-3 }) })).toContain('D3');
  });

  it('acts only where it is told to, and says so', async () => {
    const watch = advisor({ ...quiet, act: ['E1'] });
    // Labels drawn by chance are learnt by heart: held-out rows can only suffer.
    const { x } = digits();
    const rows = (x as ReturnType<typeof tensor>).shape[0] as number;
    const y = Array.from({ length: rows }, (_, i) => (Math.imul(i + 1, 0x9e3779b1) >>> 8) % 3);
    const learnt = { optimizer: adam({ learningRate: 1e-2 }), epochs: 40, callbacks: [watch] };
    const run = await fit(model(), { x, y }, options(learnt));
    expect(watch.advice.map(({ rule }) => rule)).toContain('E1');
    expect(watch.advice.find(({ rule }) => rule === 'E1')?.done).toBe('the run was ended');
    expect(run.ending).toBe('stopped');
    expect(run.history.length).toBeLessThan(40);
    expect((await advise(run)).map(({ rule }) => rule)).toContain('E1');
  });

  it('refuses rules that are not there or cannot act, and other options', () => {
    expect(() => advisor({ act: ['C1'] })).toThrow(/advisor.act: .*C1/);
    expect(() => advisor({ target: 2 })).toThrow(/advisor.target/);
    expect(() => advisor({ acts: [] } as never)).toThrow(/acts/);
  });
});

describe('advise', () => {
  it('names the cause of a divergence', async () => {
    const failing = fit(
      sequential([dense(1)]),
      { x: [[1e3], [2e3], [3e3]], y: [1, 2, 3] },
      {
        ...{ loss: meanSquaredError(), optimizer: sgd({ learningRate: 10 }), epochs: 200 },
        ...{ standardize: false, progress: false },
      },
    );
    const [advice] = await advise((await rejection(failing)) as never);
    expect(advice).toMatchObject({ rule: 'B1', severity: 'stop' });
    expect(String(advice)).toMatch(/^B1 loss or gradient are not finite/);
  });

  it('reads records of other tools, and says nothing where all is well', async () => {
    const records = { noise: [{ noiseScale: 5 }, { noiseScale: 6 }] };
    const run = await fit(model(), digits(), options({ epochs: 2, batchSize: 64 }));
    expect((await advise(run, records)).map(({ rule }) => rule)).toEqual(['F2']);
    expect(await advise(run)).toEqual([]);
    await expect(advise({} as never)).rejects.toThrow(/what fit returned/);
  });
});

describe('diagnose', () => {
  const said = async (layer: ReturnType<typeof model>, data: Data, more: Partial<FitOptions> = {}) =>
    (await diagnose(layer, data, options(more))).map(({ rule }) => rule);

  it('finds columns of other units, equal units, large first weights', async () => {
    const { x, y } = digits();
    expect(await said(model(), { x, y }, { standardize: false })).toContain('A1');
    const equal = sequential([dense(8, { activation: 'relu', kernelInitializer: constant(0.1) }), dense(10)]);
    expect(await said(equal, { x, y })).toContain('A3');
    const large = sequential([dense(64, { activation: 'relu' }), dense(10, { kernelInitializer: randomNormal(1) })]);
    expect(await said(large, { x, y })).toContain('A2');
  });

  it('finds a signal that vanishes, and a batch that cannot be learnt', async () => {
    const thin = () => dense(32, { activation: 'tanh', kernelInitializer: randomNormal(1e-3) });
    const found = await said(sequential([thin(), thin(), thin(), thin(), dense(10)]), digits());
    expect(found).toContain('A4');
    const same = { x: Array.from({ length: 64 }, () => [1, 2]), y: Array.from({ length: 64 }, (_, i) => i % 2) };
    expect(await said(model(), same)).toContain('A5');
  });

  it('finds rare classes, and held-out rows that are trained on', async () => {
    const x = Array.from({ length: 80 }, (_, i) => [i, (i * 7) % 11]);
    const y = x.map((_, i) => Number(i % 10 === 0));
    const found = await diagnose(
      sequential([dense(16), dense(2)]),
      { x, y },
      options({ validation: { x: x.slice(0, 5), y: y.slice(0, 5) } }),
    );
    const rare = found.filter(({ rule }) => rule === 'A6').map(({ saw }) => saw);
    expect(rare[0]).toContain("class '0' has 72 rows, class '1' 8");
    expect(rare[1]).toContain('5 of 5 held-out rows');
  });
});
