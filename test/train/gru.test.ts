/** A GRU over masked sequences, written as a layer of one's own by `scan`: trains through fit, and padded steps do not count. */
import { describe, expect, test } from 'vitest';
import { compile } from '../../src/engine/compile.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { dense } from '../../src/nn/dense.ts';
import { glorotUniform, zeros } from '../../src/nn/initializers.ts';
import { applyModel, initialize, type Layer, layer } from '../../src/nn/layer.ts';
import { meanSquaredError } from '../../src/nn/losses/regression.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { add, mul, sigmoid, sub, tanh, where } from '../../src/ops/elementwise.ts';
import { scan } from '../../src/ops/loops.ts';
import { matmul } from '../../src/ops/matmul.ts';
import { broadcastTo, slice, transpose } from '../../src/ops/movement.ts';
import { adam } from '../../src/optim/adam.ts';
import { fit } from '../../src/train/fit.ts';

/** Input [n, time, features + 1], the last feature being the mask; output the state after the last step that counts. */
const gru = (units: number): Layer =>
  layer('gru', { units }, (x, context) => {
    const [n, , all] = x.shape as [number, number, number];
    const features = all - 1;
    const weights = (name: string) => ({
      w: context.parameter(`${name}/input`, [features, units], glorotUniform()),
      u: context.parameter(`${name}/state`, [units, units], glorotUniform()),
      b: context.parameter(`${name}/bias`, [units], zeros()),
    });
    const [update, reset, candidate] = [weights('update'), weights('reset'), weights('candidate')];
    const gate = ({ w, u, b }: typeof update, input: Tensor, h: Tensor): Tensor =>
      add(add(matmul(input, w), matmul(h, u)), b);
    const step = (h: Tensor, row: Tensor) => {
      const input = slice(row, [0, 0], [n, features]);
      const mask = slice(row, [0, features], [n, 1]);
      const z = sigmoid(gate(update, input, h));
      const r = sigmoid(gate(reset, input, h));
      const next = tanh(gate(candidate, input, mul(r, h)));
      return [where(mask, add(mul(sub(1, z), next), mul(z, h)), h), undefined] as const;
    };
    const [last] = scan(step, broadcastTo(tensor(0), [n, units]), transpose(x, [1, 0, 2]));
    return last;
  });

const TIME = 6;

/** The sum of up to 6 numbers, padded with noise that must not count. */
function sequences(n: number): { x: number[][][]; y: number[] } {
  const x: number[][][] = [];
  const y: number[] = [];
  for (let i = 0; i < n; i++) {
    const length = 2 + (i % (TIME - 1));
    const values = Array.from({ length: TIME }, (_, t) => Math.sin(i * 7.3 + t * 2.1));
    x.push(values.map((value, t) => [t < length ? value : 50 * value, Number(t < length)]));
    y.push(values.slice(0, length).reduce((a, b) => a + b, 0));
  }
  return { x, y };
}

describe.each(['wasm', 'reference'] as const)('on %s', (device) => {
  const model = sequential([gru(6), dense(1)]);
  const leaves = () =>
    new Map(
      initialize(model, { shape: [1, TIME, 2], dtype: 'f32' }, 5).parameters.map(({ path, shape, data }) => [
        path,
        tensor(data, shape),
      ]),
    );

  test('what is masked changes nothing, bit for bit', async () => {
    const run = compile((x: Tensor) => applyModel(model, leaves(), x, { mode: 'predict' }), { device, verify: true });
    const { x } = sequences(10);
    const other = x.map((rows) => rows.map(([value, mask]) => [mask === 0 ? -3 : (value as number), mask as number]));
    expect((await run(tensor(other))).toArray()).toEqual((await run(tensor(x))).toArray());
  });

  test('a shorter loop gives what the padded one gives', async () => {
    const run = compile((x: Tensor) => applyModel(model, leaves(), x, { mode: 'predict' }), { device, verify: true });
    const short = sequences(10).x.filter((_, i) => 2 + (i % (TIME - 1)) === 3);
    const cut = await run(tensor(short.map((rows) => rows.slice(0, 3))));
    expect(cut.toArray()).toEqual((await run(tensor(short))).toArray());
  });
});

test('fit learns to add what counts', async () => {
  const data = sequences(400);
  using run = await fit(sequential([gru(12), dense(1)]), data, {
    ...{ loss: meanSquaredError(), optimizer: adam({ learningRate: 0.01 }), batchSize: 20, epochs: 40, seed: 2 },
    ...{ progress: false, validation: 0.2 },
  });
  const variance = data.y.reduce((sum, y) => sum + y * y, 0) / data.y.length;
  // A model that ignored the mask would see numbers 50 times as large as those that count.
  expect(run.history.at(-1)?.validation?.loss).toBeLessThan(0.05 * variance);
});
