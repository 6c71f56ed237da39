import { afterEach, describe, expect, test, vi } from 'vitest';
import { tap } from '../../src/graph/tap.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { dense } from '../../src/nn/dense.ts';
import { type Layer, layer } from '../../src/nn/layer.ts';
import { meanSquaredError } from '../../src/nn/losses/regression.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { fit } from '../../src/train/fit.ts';
import type { FitOptions } from '../../src/train/options.ts';

const x = Array.from({ length: 10 }, (_, i) => [i, (i * 7) % 5]);
const y = x.map(([a, b]) => 3 * (a as number) - (b as number));
const DEVICES = ['wasm', 'reference'] as const;

const watched = (name: string): Layer => layer('watched', {}, (value) => tap(value, name));
const plain = layer('plain', {}, (value) => value);
const model = (watch: Layer): Layer => sequential([dense(4, { activation: 'tanh' }), watch, dense(1)]);
const OPTIONS: FitOptions = { loss: meanSquaredError(), epochs: 3, batchSize: 4, seed: 1, validation: 0.2 };

afterEach(() => {
  vi.restoreAllMocks();
});

describe('fit', () => {
  test.each(DEVICES)(
    'delivers what layers tap after each training step on %s, and nothing of validation',
    async (device) => {
      const heard: { name: string; shape: readonly number[]; step: number }[] = [];
      const onTap = (name: string, { shape }: Tensor, step: number): void => {
        heard.push({ name, shape, step });
      };
      const run = await fit(
        model(watched('hidden')),
        { x: x.slice(0, 7), y: y.slice(0, 7) },
        { ...OPTIONS, validation: { x, y }, device, onTap },
      );
      // Seven rows by four: a whole batch and one of three an epoch.
      expect(heard).toEqual(
        Array.from({ length: 6 }, (_, step) => ({ name: '1/hidden', shape: [step % 2 ? 3 : 4, 4], step })),
      );
      await run.predict([1, 2]);
      await run.evaluate({ x, y });
      expect(heard.length).toBe(6);
    },
  );

  test.each(DEVICES)('learns the same bits with and without taps on %s', async (device) => {
    const parameters = async (watch: Layer): Promise<number[][]> => {
      const run = await fit(model(watch), { x, y }, { ...OPTIONS, device, onTap: () => undefined });
      return [...run.parameters.values()].map(({ data }) => Array.from(data));
    };
    expect(await parameters(watched('hidden'))).toEqual(await parameters(plain));
  });

  test('delivers the values of the step: the loss that is tapped is the loss that is reported', async () => {
    const losses: number[] = [];
    const inner = meanSquaredError();
    // No scaling, so that loss and report are in the same units.
    const loss = { ...inner, call: (a: Tensor, b: Tensor) => tap(inner.call(a, b), 'losses') };
    const onTap = (_: string, { data }: Tensor): void => {
      losses.push(Array.from(data as Float32Array).reduce((total, value) => total + value, 0) / data.length);
    };
    const run = await fit(model(plain), { x, y }, { loss, onTap, standardize: false, epochs: 3, batchSize: 10 });
    run.history.forEach((record, i) => {
      // Sums of ten f32 in another order.
      expect(losses[i]).toBeCloseTo(record.loss, 4);
    });
    expect(losses.length).toBe(3);
  });

  test('delivers what a loss taps once, though the loss is also reported in the units of the data', async () => {
    const names: string[] = [];
    const inner = meanSquaredError();
    const loss = { ...inner, call: (a: Tensor, b: Tensor) => inner.call(tap(a, 'prediction'), b) };
    await fit(model(plain), { x, y }, { loss, epochs: 2, batchSize: 10, onTap: (name) => void names.push(name) });
    expect(names).toEqual(['prediction', 'prediction']);
  });

  test('prints where nobody listens', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    await fit(model(watched('hidden')), { x, y }, { ...OPTIONS, epochs: 1, batchSize: 8 });
    expect(log.mock.calls.map(([line]) => String(line).slice(0, 24))).toEqual(['1/hidden: Tensor f32[8,4']);
  });

  test('refuses a listener that is no function', async () => {
    const options = { ...OPTIONS, onTap: true as unknown as () => void };
    await expect(fit(model(watched('hidden')), { x, y }, options)).rejects.toThrow(
      'onTap: expected a function, got true',
    );
  });
});
