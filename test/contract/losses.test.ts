import { describe, expect, it } from 'vitest';
import { checkGradient } from '../../src/autodiff/check.ts';
import { valueAndGrad } from '../../src/autodiff/grad.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { binaryCrossEntropy } from '../../src/nn/losses/binary-cross-entropy.ts';
import { crossEntropy } from '../../src/nn/losses/cross-entropy.ts';
import { klDivergence } from '../../src/nn/losses/divergence.ts';
import { binaryFocal, focal } from '../../src/nn/losses/focal.ts';
import { hinge, multiClassHinge, squaredHinge } from '../../src/nn/losses/hinge.ts';
import type { Loss } from '../../src/nn/losses/loss.ts';
import { huber, meanAbsoluteError, meanSquaredError } from '../../src/nn/losses/regression.ts';
import { logCosh, poissonNegativeLogLikelihood, quantileLoss, smoothL1 } from '../../src/nn/losses/robust.ts';
import { lossFromJson, metricFromName } from '../../src/nn/losses/table.ts';
import { ignoring, withClassWeights } from '../../src/nn/losses/weighted.ts';
import { mean } from '../../src/ops/reduce.ts';
import { openSession } from '../golden/session.ts';

const labels = tensor([2, 0, 1, 1], [4], 'i32');
const flags = tensor([1, 0, 0, 1, 1, 0, 0, 1, 0, 0, 1, 1], [4, 3]);
const values = tensor(
  Float64Array.from({ length: 12 }, (_, i) => ((i * 0.5698403) % 3) - 1.1),
  [4, 3],
);
const shares = tensor([
  [0.2, 0.3, 0.5],
  [1, 0, 0],
  [0, 0.6, 0.4],
  [0.1, 0.1, 0.8],
]);

const LOSSES: readonly [Loss, Tensor][] = [
  [crossEntropy({ labelSmoothing: 0.1 }), labels],
  [crossEntropy(), shares],
  [klDivergence(), shares],
  [focal({ gamma: 1.5 }), labels],
  [multiClassHinge(), labels],
  [withClassWeights(crossEntropy(), [1, 2, 0.5]), labels],
  [ignoring(withClassWeights(focal(), [1, 2, 0.5]), 1), labels],
  [binaryCrossEntropy(), flags],
  [binaryCrossEntropy({ positiveWeight: [2, 1, 0.5] }), flags],
  [binaryFocal({ gamma: 1, alpha: 0.4 }), flags],
  [hinge(), flags],
  [squaredHinge(), flags],
  [meanSquaredError(), values],
  [meanAbsoluteError(), values],
  [huber({ delta: 0.5 }), values],
  [smoothL1({ beta: 0.5 }), values],
  [logCosh(), values],
  [quantileLoss(0.9), values],
  [poissonNegativeLogLikelihood(), flags],
];

const prediction = tensor(
  Float64Array.from({ length: 12 }, (_, i) => ((i * 0.7548777) % 4) - 2),
  [4, 3],
);

describe.each(LOSSES.map(([loss, target]) => [loss.name, loss, target] as const))('%s', (name, loss, target) => {
  it('gives one number a row, and its weights one a row, with the right gradient', () => {
    expect(loss.call(prediction, target).shape).toEqual([4]);
    if (loss.weights !== undefined) expect(loss.weights(target).shape).toEqual([4]);
    const check = checkGradient(({ x }) => loss.call(x as Tensor, target), { x: prediction });
    expect(check.ok, String(check)).toBe(true);
  });

  it('is the same on WebAssembly as in double precision, its gradient too', async () => {
    const f = ({ x, t }: Record<string, Tensor>) => {
      const [total, gradient] = valueAndGrad((at: Tensor) => mean(loss.call(at, t as Tensor)), x as Tensor);
      return { total, gradient: gradient as Tensor, rows: loss.call(x as Tensor, t as Tensor) };
    };
    const inputs = { x: prediction, t: target };
    const [device, reference] = await Promise.all(
      (['wasm', 'reference'] as const).map(async (on) => (await openSession(on)).prepare(f)(inputs)),
    );
    for (const [what, { data }] of Object.entries(reference as Record<string, Tensor>))
      data.forEach((expected: number, i: number) => {
        // A few roundings of f32 in numbers up to 5.
        expect(Math.abs((device?.[what]?.data[i] as number) - expected), `${what}[${i}]`).toBeLessThan(5e-6);
      });
  });

  it('is made again from its JSON', async () => {
    const json = JSON.parse(JSON.stringify({ name: loss.name, options: loss.options }));
    expect(json.options).toEqual(loss.options);
    const again = await lossFromJson(json);
    expect([again.name, again.target, again.threshold]).toEqual([name, loss.target, loss.threshold]);
    expect(again.call(prediction, target).data).toEqual(loss.call(prediction, target).data);
  });

  it('refuses targets of another number of rows', () => {
    const [, ...rest] = target.shape;
    const size = 5 * rest.reduce((a, b) => a * b, 1);
    expect(() => loss.call(prediction, tensor(new Array(size).fill(1), [5, ...rest], target.dtype))).toThrow(/4|5/);
  });
});

it('E2: names the losses that there are, the near one first', async () => {
  await expect(lossFromJson({ name: 'smoothl1', options: {} })).rejects.toThrow(
    /'smoothl1' is unknown\n.*did you mean 'smoothL1'/,
  );
});

it('finds metrics by their names: accuracies, streaming ones, and losses that need no options', async () => {
  const streaming = [
    ...['balancedAccuracy', 'cohenKappa', 'f1', 'matthewsCorrelation', 'precision', 'recall', 'averagePrecision'],
    ...['rocAuc', 'expectedCalibrationError', 'maximumCalibrationError', 'r2', 'rootMeanSquaredError'],
  ];
  for (const name of ['accuracy', 'top3Accuracy', 'logCosh', 'binaryFocal', ...streaming])
    expect((await metricFromName(name))?.name).toBe(name);
  for (const name of ['quantileLoss', 'ignoring', 'top0Accuracy', 'mine', 'constructor'])
    expect(await metricFromName(name)).toBeUndefined();
});
