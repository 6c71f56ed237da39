/** @file Requests about training that no other test holds to by their whole kind: clipping inside a run. */
import {
  add,
  chain,
  clipByGlobalNorm,
  type DivergenceError,
  fit,
  layer,
  log,
  meanSquaredError,
  mul,
  reshape,
  type StepRecord,
  sgd,
  sum,
  zeros,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { rejection } from '../train/examples.ts';

/** 3 a₀ + 4 a₁ + 12 b for each row: gradients [3, 4] and [12], of norm 13, whatever the weights are. */
const planes = layer('planes', {}, (x, context) => {
  const a = context.parameter('a', [2], zeros());
  const b = context.parameter('b', [1], zeros());
  return add(mul(x, 0), add(sum(mul(a, [3, 4])), mul(b, 12)));
});
/** The mean of the predictions themselves. */
const loss = { ...meanSquaredError(), name: 'itself', call: (y: Parameters<typeof reshape>[0]) => reshape(y, [2]) };
const data = { x: [[0], [0]], y: [0, 0] };

describe.each(['wasm', 'reference'] as const)('case 19: T11: clipping in a run, on %s', (device) => {
  const quiet = { loss, device, epochs: 1, standardize: false, progress: false } as const;
  const clipped = async (limit: number) => {
    const steps: StepRecord[] = [];
    const callbacks = [{ onStep: (step: StepRecord) => void steps.push(step) }];
    const optimizer = chain(clipByGlobalNorm(limit), sgd({ learningRate: 1 }));
    const run = await fit(planes, data, { ...quiet, optimizer, callbacks });
    const moved = ['a', 'b'].map((name) => Array.from(run.parameters.get(name)?.data ?? [], (value) => -value));
    return { moved, norms: steps.map(({ gradientNorm }) => gradientNorm) };
  };

  it('case 19: T11: is by the norm of all gradients, and the norm before it is what the step reports', async () => {
    expect(await clipped(6.5)).toEqual({ moved: [[1.5, 2], [6]], norms: [13] });
    expect(await clipped(13)).toEqual({ moved: [[3, 4], [12]], norms: [13] });
    expect(await clipped(100)).toEqual({ moved: [[3, 4], [12]], norms: [13] });
  });

  it('case 19: T11: reports NaN, and does not spread it as clipped', async () => {
    const bad = { ...loss, call: (y: Parameters<typeof reshape>[0]) => reshape(log(add(y, -1)), [2]) };
    const optimizer = chain(clipByGlobalNorm(6.5), sgd({ learningRate: 1 }));
    const error = (await rejection(fit(planes, data, { ...quiet, loss: bad, optimizer }))) as DivergenceError;
    expect(error.code).toBe('divergence');
    expect(error.instruction.op).toBe('log');
    for (const { data: weights } of error.run.parameters.values()) expect(weights.every((w) => w === 0)).toBe(true);
  });
});
