/** @file What `plateau` calls stretches of real runs; calibrated on seeds 100 to 109 (docs/adr/030), judged on those of the table. */
import {
  adam,
  constant,
  crossEntropy,
  type Data,
  dense,
  type FitOptions,
  fit,
  type Layer,
  lossSurface,
  type PlateauRecord,
  type PlateauWatchOptions,
  plateau,
  randomNormal,
  sequential,
  sgd,
  tensor,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { digits8 } from '../../../demo/experiment-data.ts';
import { randomUniform, streamOf } from '../../../src/core/philox.ts';

const digits = digits8();
const ROWS = digits.y.length;
const x = tensor(
  digits.x.map((value) => value / 16),
  [ROWS, digits.width],
);
const clean: Data = { x, y: digits.y };
const few: Data = { x: tensor(x.data.subarray(0, 400 * 64), [400, 64]), y: digits.y.subarray(0, 400) };
const base = { loss: crossEntropy(), standardize: false, progress: false } as const;

async function seenBy(
  model: Layer,
  rows: Data,
  seed: number,
  options: Partial<FitOptions>,
  { of = rows, ...watch }: PlateauWatchOptions & { readonly of?: Data } = {},
) {
  const surface = await lossSurface(model, of, { loss: base.loss, standardize: false, seed });
  const seen: PlateauRecord[] = [];
  const callbacks = [
    plateau({
      surface,
      ...watch,
      onEnter(record, control) {
        seen.push(record);
        control.stop('seen');
      },
    }),
  ];
  await fit(model, rows, { ...base, seed, ...options, callbacks });
  return seen.map(({ kind }) => kind);
}

describe.each([0, 1, 2])('plateau, seed %i', (seed) => {
  it('calls the minimum of a convex loss a minimum', async () => {
    const draws = new Float32Array(2 * ROWS);
    randomUniform(draws, seed, streamOf('labels'));
    // Three labels in ten by chance, so that the loss has a floor.
    const y = Int32Array.from(digits.y, (label, i) =>
      (draws[2 * i] as number) < 0.3 ? Math.floor(10 * (draws[2 * i + 1] as number)) : label,
    );
    const options = { optimizer: adam({ learningRate: 1e-2 }), batchSize: ROWS, epochs: 1500 };
    expect(await seenBy(dense(10), { x, y }, seed, options)).toEqual(['minimum']);
  });

  it('calls relu units that are 0 for every row dead, though the biases of the outputs have learnt', async () => {
    const sunk = () => dense(32, { activation: 'relu', biasInitializer: constant(-20) });
    const options = { optimizer: sgd({ learningRate: 0.5 }), batchSize: ROWS, epochs: 400 };
    expect(await seenBy(sequential([sunk(), sunk(), dense(10)]), clean, seed, options, { of: few })).toEqual(['dead']);
  });

  it('calls the plateau of small tanh weights a saddle, where every flat stretch is looked at', async () => {
    const kernelInitializer = randomNormal(0.03);
    const hidden = () => dense(32, { activation: 'tanh', kernelInitializer });
    const model = sequential([hidden(), hidden(), hidden(), dense(10, { kernelInitializer })]);
    const options = { optimizer: sgd({ learningRate: 0.05 }), batchSize: 64, epochs: 40 };
    expect(await seenBy(model, clean, seed, options, { of: few, smallGradient: 10 })).toEqual(['saddle']);
  });
});
