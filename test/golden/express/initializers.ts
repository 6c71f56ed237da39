/**
 * @file initializers.json: the bound or standard deviation that an initializer computes, and a sample of it, measured on the
 * device. A sample's deviation is known to ± 1/√(2n) (`sample_std_se`; for a uniform to less): five of these are allowed.
 */
import { type Tensor, tensor } from '../../../src/graph/tensor.ts';
import * as nn from '../../../src/nn/initializers.ts';
import { deltaOrthogonal, gain, orthogonal } from '../../../src/nn/initializers-orthogonal.ts';
import { randomKey, truncatedNormalWithKey } from '../../../src/ops/distributions.ts';
import { abs, greater, sqrt, square } from '../../../src/ops/elementwise.ts';
import { matmul } from '../../../src/ops/matmul.ts';
import { transpose } from '../../../src/ops/movement.ts';
import { max, mean, sum } from '../../../src/ops/reduce.ts';
import type { Check, GoldenCase } from '../format.ts';
import type { Adapter, Session } from '../session.ts';

/** PyTorch's own default for linear layers, uniform in ±1/√fanIn. */
const inverseRootFanIn = nn.varianceScaling({ scale: 1 / 3, mode: 'fanIn', distribution: 'uniform' });

const initializersByKey: Readonly<Record<string, nn.Initializer>> = {
  xavier_uniform_bound: nn.glorotUniform(),
  xavier_normal_std: nn.glorotNormal(),
  he_normal_fan_in_std: nn.heNormal(),
  he_normal_fan_out_std: nn.varianceScaling({ scale: 2, mode: 'fanOut', distribution: 'normal' }),
  he_uniform_fan_in_bound: nn.heUniform(),
  lecun_normal_std: nn.lecunNormal(),
  lecun_uniform_bound: nn.lecunUniform(),
  torch_default_linear_bound: inverseRootFanIn,
  old_heuristic_glorot_eq1_bound: inverseRootFanIn,
};

async function measure(
  session: Session,
  key: string,
  initializer: nn.Initializer,
  data: GoldenCase,
  shape: number[],
): Promise<Check[]> {
  const expected = data[key] as number;
  const values = initializer.draw(shape, { seed: 42, stream: 7 });
  const run = session.prepare(({ x, bound }) => ({
    deviation: sqrt(mean(square(x as never))),
    largest: max(abs(x as never)),
    beyond: sum(greater(abs(x as never), bound as never)),
  }));
  const sample = await run({ x: tensor(values, shape), bound: tensor(Math.fround(initializer.spread(shape))) });
  const isUniform = key.endsWith('_bound');
  const deviation: Check = {
    what: `${key}: deviation of a sample`,
    got: [sample.deviation?.item() as number],
    expected: [isUniform ? expected / Math.sqrt(3) : expected],
    tolerance: { rtol: 5 * (data.sample_std_se as number), atol: 0 },
  };
  const spread: Check = { what: key, got: [initializer.spread(shape)], expected: [expected] };
  if (!isUniform) return [spread, deviation];
  // The largest of n uniform numbers falls short of the bound by more than 12/n of it once in e¹² samples.
  const largest: Check = {
    what: `${key}: largest of a sample`,
    got: [sample.largest?.item() as number],
    expected: [expected],
    tolerance: { rtol: 12 / values.length, atol: 0 },
  };
  return [
    spread,
    deviation,
    largest,
    { what: `${key}: elements beyond the bound`, got: [sample.beyond?.item() as number], expected: [0] },
  ];
}

/** The deviation of truncated normal deviates, within five standard errors of a sample's. */
async function truncatedNormal(session: Session, data: GoldenCase): Promise<Check[]> {
  const count = 200_000;
  const draw = session.prepare(({ key }) => {
    const x = truncatedNormalWithKey(key as never, [count], 7);
    return { deviation: sqrt(mean(square(x))), largest: max(abs(x)) };
  });
  const { deviation, largest } = await draw({ key: randomKey(42) });
  const tolerance = { rtol: 5 / Math.sqrt(2 * count), atol: 0 };
  return [
    { what: 'deviation', got: [deviation?.item() as number], expected: [data.std_of_truncated as number], tolerance },
    { what: 'bound', got: [Math.max(2, largest?.item() as number)], expected: [2], tolerance: { rtol: 0, atol: 0 } },
  ];
}

/** The gains by name, and those of leaky relu by slope. */
async function gains(data: GoldenCase): Promise<Check[]> {
  const compared = (record: unknown, of: (key: string) => number): Check[] =>
    Object.entries(record as Record<string, number>).map(([key, expected]) => ({
      what: `gain of ${key}`,
      got: [of(key)],
      expected: [expected],
    }));
  return [
    ...compared(data.gains, (activation) => gain(activation)),
    ...compared(data.leaky_relu, (slope) => gain('leakyRelu', Number(slope))),
  ];
}

/** What the case says in words: rows or columns, the fewer, orthonormal within 1e-6, times the gain; and the center tap alone. */
async function orthogonality(session: Session, data: GoldenCase): Promise<Check[]> {
  if (typeof data.checks !== 'string' || typeof data.delta_orthogonal !== 'string') return [];
  const tolerance = { rtol: 0, atol: 1e-6 };
  const checks: Check[] = [];
  const products = session.prepare(({ w }) => {
    const matrix = w as Tensor;
    const [rows, columns] = matrix.shape as [number, number];
    return { y: rows < columns ? matmul(matrix, transpose(matrix)) : matmul(transpose(matrix), matrix) };
  });
  const compare = async (what: string, matrix: Float32Array, rows: number, columns: number): Promise<void> => {
    const size = Math.min(rows, columns);
    const { y } = await products({ w: tensor(matrix, [rows, columns]) });
    const expected = Array.from({ length: size * size }, (_, i) => Number(i % (size + 1) === 0));
    checks.push({ what, got: (y as Tensor).data, expected, tolerance });
  };
  for (const shape of [
    [40, 20],
    [20, 40],
    [3, 3, 4, 16],
    [3, 3, 4, 64],
  ]) {
    const columns = shape.at(-1) as number;
    const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1);
    const drawn = orthogonal({ gain: 2 }).draw(shape, { seed: 42, stream: 7 });
    await compare(
      `orthogonal [${shape}]`,
      drawn.map((value) => value / 2),
      rows,
      columns,
    );
  }
  const taps = deltaOrthogonal().draw([3, 3, 4, 6], { seed: 42, stream: 7 });
  await compare('center of deltaOrthogonal', taps.slice(4 * 24, 5 * 24), 4, 6);
  const around = [...taps.slice(0, 4 * 24), ...taps.slice(5 * 24)];
  checks.push({ what: 'elsewhere', got: around, expected: around.map(() => 0), tolerance: { rtol: 0, atol: 0 } });
  return checks;
}

export const initializers: Adapter = (name, data) => {
  if (name === 'gains') return () => gains(data);
  if (name === 'orthogonal') return (session) => orthogonality(session, data);
  if (name === 'truncated_normal') return (session) => truncatedNormal(session, data);
  if (data.shape_torch === undefined) return undefined;
  const [out, ...rest] = data.shape_torch as [number, number, ...number[]];
  const [input, ...taps] = rest as [number, ...number[]];
  const shape = [...taps, input, out];
  const known = ['shape_torch', 'fan_in', 'fan_out', 'count', 'sample_std_se', 'torch_sample_he_std', 'note'];
  return async (session) => {
    const { fanIn, fanOut } = nn.fans(shape);
    const checks: Check[] = [
      { what: 'fan_in', got: [fanIn], expected: [data.fan_in as number] },
      { what: 'fan_out', got: [fanOut], expected: [data.fan_out as number] },
      { what: 'count', got: [nn.ones().draw(shape, { seed: 0, stream: 0 }).length], expected: [data.count as number] },
    ];
    for (const key of Object.keys(data).filter((name) => !known.includes(name))) {
      const initializer = initializersByKey[key];
      if (initializer === undefined) checks.push({ what: `key '${key}' is not compared`, got: [], expected: [1] });
      else checks.push(...(await measure(session, key, initializer, data, shape)));
    }
    return checks;
  };
};
