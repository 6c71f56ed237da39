import { describe, expect, it } from 'vitest';
import { cosPi, powInteger } from '../../src/core/math.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { add } from '../../src/ops/elementwise.ts';
import { l2Norm } from '../../src/ops/reduce.ts';
import { adam } from '../../src/optim/adam.ts';
import { adaptiveGradientClip } from '../../src/optim/adaptive-clip.ts';
import { clipByGlobalNorm, clipByValue } from '../../src/optim/clip.ts';
import { cosineDecay } from '../../src/optim/schedules/cosine-decay.ts';
import { schedule } from '../../src/optim/schedules/schedule.ts';
import { sgd } from '../../src/optim/sgd.ts';
import { chain, type Transform } from '../../src/optim/transform.ts';

const vector = (numbers: ArrayLike<number>): Tensor => tensor(Float64Array.from(numbers));

/** Steps a transform, tracing nothing: each update is computed at once in double precision. */
function descend(
  transform: Transform,
  from: readonly number[],
  steps: number,
  gradientOf: (w: readonly number[]) => readonly number[],
): number[][] {
  let parameters = vector(from);
  let slots: Readonly<Record<string, Tensor>> = Object.fromEntries(
    transform.slots.map((name) => [name, vector(from.map(() => 0))]),
  );
  const path: number[][] = [];
  for (let step = 0; step < steps; step++) {
    const scalars = transform.scalars(step);
    expect(scalars).toHaveLength(transform.scalarCount);
    const gradient = vector(gradientOf(Array.from(parameters.data)));
    const result = transform.update({
      gradient,
      parameters,
      slots,
      scalars: vector(scalars.length === 0 ? [0] : scalars),
      gradientNorm: undefined,
    });
    expect(Object.keys(result.slots).sort()).toEqual([...transform.slots].sort());
    slots = result.slots;
    parameters = add(parameters, result.update);
    path.push(Array.from(parameters.data));
  }
  return path;
}

const square = (w: readonly number[]) => w.map((x) => 2 * x);
const update = (transform: Transform, gradient: readonly number[], gradientNorm?: Tensor) =>
  Array.from(
    transform.update({
      gradient: vector(gradient),
      parameters: vector(gradient),
      slots: {},
      scalars: tensor([0]),
      gradientNorm,
    }).update.data,
  );
const close = (got: readonly number[] | undefined, expected: readonly number[], digits = 12) => {
  expect(got).toHaveLength(expected.length);
  expected.forEach((value, i) => {
    expect(got?.[i]).toBeCloseTo(value, digits);
  });
};

const contract: Readonly<Record<string, Transform>> = {
  sgd: sgd(),
  'sgd with momentum': sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.1 }),
  'sgd with dampening': sgd({ momentum: 0.9, dampening: 0.5 }),
  adam: adam({ weightDecay: 0.1 }),
  clipByGlobalNorm: clipByGlobalNorm(1),
  'clipByGlobalNorm of norm ∞': clipByGlobalNorm(1, { norm: Number.POSITIVE_INFINITY }),
  clipByValue: clipByValue(1),
  adaptiveGradientClip: adaptiveGradientClip(),
  chain: chain(
    clipByGlobalNorm(1),
    clipByValue(0.5),
    adam({ learningRate: cosineDecay({ learningRate: 0.1, steps: 5 }) }),
  ),
};

describe.each(Object.entries(contract))('%s', (_, transform) => {
  it('keeps the gaps between leaves at 0, and zeros of a zero gradient finite', () => {
    for (const w of descend(transform, [0.5, 0], 4, ([x]) => [x as number, 0])) expect(w[1]).toBe(0);
    for (const w of descend(transform, [0, 0], 2, () => [0, 0])) expect(w.map(Math.abs)).toEqual([0, 0]);
  });

  it('has plain options, pure scalars and a step that depends on its inputs alone', () => {
    expect(JSON.parse(JSON.stringify(transform.options))).toEqual(transform.options);
    expect(transform.scalars(3)).toEqual(transform.scalars(3));
    expect(descend(transform, [1, -2], 3, square)).toEqual(descend(transform, [1, -2], 3, square));
  });
});

describe('sgd', () => {
  it('follows its recurrence', () => {
    close(descend(sgd({ learningRate: 0.1 }), [1], 2, square).flat(), [0.8, 0.64]);
    // v: 2, then 0.9 · 2 + 1.6 = 3.4, then 0.9 · 3.4 + 0.92 = 3.98.
    close(descend(sgd({ learningRate: 0.1, momentum: 0.9 }), [1], 3, square).flat(), [0.8, 0.46, 0.062]);
    // The first gradient is not dampened: v = 2, then 0.9 · 2 + 0.5 · 1.6 = 2.6.
    close(descend(sgd({ learningRate: 0.1, momentum: 0.9, dampening: 0.5 }), [1], 2, square).flat(), [0.8, 0.54]);
    // g + 0.9 v = 2 + 1.8 = 3.8.
    close(descend(sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true }), [1], 1, square).flat(), [0.62]);
    close(descend(sgd({ learningRate: 0.1, weightDecay: 0.5 }), [1], 1, square).flat(), [0.75]);
  });

  it('case 18: T10: takes its rate from a schedule, step by step', () => {
    const rate = schedule('mine', {}, (step) => (step < 2 ? 0.1 : 0.01));
    close(descend(sgd({ learningRate: rate }), [1], 3, square).flat(), [0.8, 0.64, 0.6272]);
    expect(sgd({ learningRate: rate }).options.learningRate).toEqual({ name: 'mine', options: {} });
  });

  it('refuses what is out of range', () => {
    expect(() => sgd({ learningRate: -1 })).toThrow(/sgd.learningRate: expected a finite number ≥ 0, got -1/);
    expect(() => sgd({ learningRate: ((step: number) => step) as never })).toThrow(
      /expected a number or a schedule.*\n.*schedule\(name, options/,
    );
    expect(() => sgd({ momentum: 1 })).toThrow(/sgd.momentum/);
    expect(() => sgd({ nesterov: true })).toThrow(/needs momentum > 0 and dampening 0, got 0 and 0/);
    expect(() => sgd({ lr: 0.1 } as never)).toThrow(/unknown option 'lr'/);
  });
});

describe('adam', () => {
  it('case 10: gives the known path on w²', () => {
    const path = descend(adam({ learningRate: 0.1 }), [1], 6, square).flat();
    expect(path[2]).toBeCloseTo(0.7015863, 7);
    expect(path[5]).toBeCloseTo(0.4142365, 7);
  });

  it('follows its recurrence, ε after the root of the corrected second moment', () => {
    const [rate, beta1, beta2, epsilon] = [0.05, 0.5, 0.9, 0.1];
    let [w, m, v] = [1, 0, 0];
    const expected = Array.from({ length: 20 }, (_, i) => {
      const g = 2 * w;
      m = beta1 * m + (1 - beta1) * g;
      v = beta2 * v + (1 - beta2) * g * g;
      w -= (rate * (m / (1 - beta1 ** (i + 1)))) / (Math.sqrt(v / (1 - beta2 ** (i + 1))) + epsilon);
      return w;
    });
    close(descend(adam({ learningRate: rate, beta1, beta2, epsilon }), [1], 20, square).flat(), expected);
  });

  it('corrects no more once the powers have vanished', () => {
    expect(adam().scalars(1e6)).toEqual([1e-3, 1e-8]);
  });

  it('refuses what is out of range', () => {
    expect(() => adam({ beta2: 1 })).toThrow(/adam.beta2: expected a finite number ≥ 0 and < 1, got 1/);
    expect(() => adam({ epsilon: 0 })).toThrow(/adam.epsilon: expected a finite number > 0/);
  });
});

describe('clipByGlobalNorm', () => {
  it('case 19: T11: scales all leaves by one factor', () => {
    const gradient = [3, 4, 12];
    expect(update(clipByGlobalNorm(6.5), gradient)).toEqual([1.5, 2, 6]);
    expect(update(clipByGlobalNorm(13), gradient)).toEqual(gradient);
    expect(update(clipByGlobalNorm(6.5), [0, 0, 0])).toEqual([0, 0, 0]);
    expect(update(clipByGlobalNorm(6.5), [3, Number.NaN, 12]).some(Number.isNaN)).toBe(true);
  });

  it('uses a norm that is known', () => {
    expect(update(clipByGlobalNorm(1), [3, 4], tensor(10))).toEqual([3 * 0.1, 4 * 0.1]);
  });

  it('needs a limit above 0', () => {
    for (const limit of [0, -1, Number.NaN])
      expect(() => clipByGlobalNorm(limit)).toThrow(/clipByGlobalNorm: expected a finite number > 0/);
    expect(() => clipByValue(0)).toThrow(/clipByValue/);
  });
});

describe('clipByValue', () => {
  it('holds each element, and passes NaN on', () => {
    expect(update(clipByValue(1.5), [-3, 1, 2, Number.NaN])).toEqual([-1.5, 1, 1.5, Number.NaN]);
  });
});

describe('chain', () => {
  it('renames slots, joins scalars and computes what its parts do', () => {
    const parts = chain(clipByGlobalNorm(1), sgd({ learningRate: 0.5, momentum: 0.9 }));
    expect(parts.slots).toEqual(['1.velocity']);
    expect(parts.scalars(0)).toEqual([0.5, 1]);
    close(descend(parts, [3, 4], 1, (w) => w).flat(), [3 - 0.3, 4 - 0.4]);
    const two = chain(sgd({ learningRate: 1, momentum: 0.5 }), sgd({ learningRate: 2, momentum: 0.5 }));
    expect(two.slots).toEqual(['0.velocity', '1.velocity']);
    expect(two.scalars(1)).toEqual([1, 1, 2, 1]);
    // Two signs: u = −2 · (−1 · g).
    close(descend(two, [1], 1, () => [1]).flat(), [3]);
    expect(() => chain()).toThrow(/at least one/);
  });

  it('gives the known norm to those that see the untouched gradient, and to no one after', () => {
    const seen: boolean[] = [];
    const spy: Transform = {
      ...clipByValue(1),
      update: ({ gradient, gradientNorm }) => {
        seen.push(gradientNorm !== undefined);
        return { update: gradient, slots: {} };
      },
    };
    update(chain(spy, clipByValue(1), spy), [3, 4], l2Norm(tensor([3, 4])));
    expect(seen).toEqual([true, false]);
  });
});

describe('cosineDecay', () => {
  const decay = cosineDecay({ learningRate: 0.1, steps: 8, minimum: 0.02 });
  it('falls from the rate to the minimum, and stays there', () => {
    close([0, 4, 8, 100].map(decay), [0.1, 0.06, 0.02, 0.02], 15);
    expect(decay.name).toBe('cosineDecay');
    expect(decay.options).toEqual({ learningRate: 0.1, steps: 8, minimum: 0.02 });
  });

  it('refuses what is out of range', () => {
    expect(() => cosineDecay({ learningRate: 0.1, steps: 0 })).toThrow(
      /cosineDecay.steps: expected an integer ≥ 1, got 0/,
    );
    expect(() => cosineDecay({ learningRate: 0.1, steps: 5, minimum: 0.2 })).toThrow(
      /at most the learning rate 0.1, got 0.2/,
    );
    expect(() => cosineDecay({ steps: 5 } as never)).toThrow(/cosineDecay.learningRate/);
  });
});

describe('functions of the engine-independent kind', () => {
  it('powInteger agrees with repeated multiplication', () => {
    for (const base of [0.9, 0.999, -1.5, 0]) {
      let power = 1;
      for (let n = 0; n < 40; n++) {
        expect(Math.abs(powInteger(base, n) - power)).toBeLessThanOrEqual(1e-14 * Math.abs(power));
        power *= base;
      }
    }
    expect(powInteger(0.999, 2 ** 40)).toBe(0);
  });

  it('cosPi agrees with the cosine everywhere, and is exact at whole and half numbers', () => {
    for (let i = -400; i <= 400; i++)
      expect(Math.abs(cosPi(i / 97) - Math.cos((Math.PI * i) / 97))).toBeLessThan(3e-15);
    expect([0, 0.5, 1, 1.5, 2, -1, 7, 7.5].map(cosPi).map((x) => x + 0)).toEqual([1, 0, -1, 0, 1, -1, -1, 0]);
  });
});
