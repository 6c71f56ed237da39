/** @file What every layer is held to, by the rows of `layer-rows.ts`. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkGradient } from '../../src/autodiff/check.ts';
import { grad } from '../../src/autodiff/grad.ts';
import { sizeOf } from '../../src/core/shape.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { factories, factoryOf } from '../../src/nn/factories.ts';
import { applyModel, type Layer, layerToJson } from '../../src/nn/layer.ts';
import { eachNamed, initializeNamed, type Named, traceModel } from '../../src/nn/named.ts';
import { layerFromJson } from '../../src/nn/serialize.ts';
import { add } from '../../src/ops/elementwise.ts';
import { sum } from '../../src/ops/reduce.ts';
import { openSession, type Tensors } from '../golden/session.ts';
import { type LayerRow, layerRows } from './layer-rows.ts';

const ROWS = 3;
const key = tensor([11, 3, 0], [3], 'i32');
type Mode = 'train' | 'predict';

const shaped = (shape: readonly number[]) => ({ shape });

/** @param from another number, other values */
function batchOf({ input, ids }: LayerRow, from = 0): Named<Tensor> {
  let at = from;
  const value = (): number => (ids === undefined ? ((at++ * 0.7548777) % 2) - 1 : (at++ * 3) % ids);
  const one = ({ shape }: { shape: readonly number[] }): Tensor => {
    const whole = [ROWS, ...shape];
    const data = Float64Array.from({ length: sizeOf(whole) }, value);
    return tensor(data, whole, ids === undefined ? 'f32' : 'i32');
  };
  return eachNamed(shapesOf(input), one);
}

/** Shapes as things that have one, so that they can be told from records. */
function shapesOf(given: Named<readonly number[]>): Named<{ shape: readonly number[] }> {
  if (Array.isArray(given)) return shaped(given);
  return Object.fromEntries(Object.entries(given).map(([name, shape]) => [name, shaped(shape)]));
}

const start = (row: LayerRow, seed = 7, model = row.make()) => {
  const dtype = row.ids === undefined ? 'f32' : 'i32';
  return initializeNamed(
    model,
    eachNamed(shapesOf(row.input), ({ shape }) => ({ shape: [1, ...shape], dtype }) as const),
    seed,
  );
};

const parametersOf = (row: LayerRow): Tensors =>
  Object.fromEntries(
    start(row).parameters.map(({ path, shape, data }) => [path, tensor(Float64Array.from(data), shape)]),
  );

const run = (
  model: Layer<never, unknown>,
  parameters: Tensors,
  x: Named<Tensor>,
  mode: Mode,
  at = key,
): Named<Tensor> =>
  applyModel(
    model,
    new Map(Object.entries(parameters)),
    x as never,
    mode === 'train' ? { mode, key: at } : { mode },
  ) as Named<Tensor>;

const asRecord = (given: Named<Tensor>): Tensors => ('dtype' in given ? { '': given as Tensor } : (given as Tensors));
const numbers = (y: Named<Tensor>): unknown => eachNamed(y, ({ data }) => Array.from(data));

/** All outputs, summed, so that one gradient goes through each. */
const total = (y: Named<Tensor>): Tensor =>
  Object.values(asRecord(y))
    .map((one) => sum(one))
    .reduce((a, b) => add(a, b));

describe.each(Object.entries(layerRows))('%s', (_, row) => {
  const isFloat = row.ids === undefined;

  it('creates its parameters and infers its output by an abstract trace', () => {
    const { parameters, output } = start(row);
    expect(Object.fromEntries(parameters.map(({ path, shape }) => [path, shape]))).toEqual(row.parameters);
    expect(parameters.map(({ path }) => path)).toEqual(Object.keys(row.parameters));
    expect(output).toEqual(eachNamed(shapesOf(row.output), ({ shape }) => ({ shape: [1, ...shape], dtype: 'f32' })));
    for (const { shape, data } of parameters) expect(data).toHaveLength(sizeOf(shape));
  });

  it.each(['train', 'predict'] as const)('has the shape it inferred, and the right gradients, in %s mode', (mode) => {
    const [model, parameters, x] = [row.make(), parametersOf(row), batchOf(row)];
    const y = run(model, parameters, x, mode);
    expect(eachNamed(y, ({ shape }) => shape)).toEqual(
      eachNamed(shapesOf(row.output), ({ shape }) => [ROWS, ...shape]),
    );
    if (row.holdsConstant !== undefined) return;
    for (const name of Object.keys(asRecord(y))) {
      const check = checkGradient(
        (at: { parameters: Tensors; x: Tensors }) => {
          const given = isFloat ? (at.x as Tensors) : asRecord(x);
          const input = '' in given ? (given[''] as Tensor) : given;
          return asRecord(run(model, at.parameters as Tensors, input, mode))[name] as Tensor;
        },
        { parameters, x: isFloat ? asRecord(x) : {} },
      );
      expect(check.ok, `${name}: ${check}`).toBe(true);
    }
  });

  it(`computes in training ${row.trains === 'otherwise' ? 'other numbers than' : 'the same as'} in prediction`, () => {
    const results = (['train', 'predict'] as const).map((mode) =>
      numbers(run(row.make(), parametersOf(row), batchOf(row), mode)),
    );
    if (row.trains === 'otherwise') expect(results[0]).not.toEqual(results[1]);
    else expect(results[0]).toEqual(results[1]);
  });

  it('says that rows meet in it if, and only if, a row has another output among others than alone', () => {
    const parts = (given: Named<Tensor>, of: readonly number[]) =>
      eachNamed(given, ({ data, shape, dtype }) => {
        const width = sizeOf(shape) / ROWS;
        const rows = of.flatMap((i) => Array.from(data.subarray(i * width, (i + 1) * width)));
        return tensor(rows, [of.length, ...shape.slice(1)], dtype);
      });
    const joined = (first: Named<Tensor>, rest: Named<Tensor>): Named<Tensor> => {
      const others = asRecord(rest);
      const all = Object.entries(asRecord(first)).map(([name, { data, shape, dtype }]) => {
        const rows = [...data, ...((others[name] as Tensor).data as Float32Array)];
        return [name, tensor(rows, [ROWS, ...shape.slice(1)], dtype)] as const;
      });
      return 'dtype' in first ? (all[0]?.[1] as Tensor) : Object.fromEntries(all);
    };
    // The first row draws the same random numbers however many there are.
    const first = (x: Named<Tensor>) =>
      Object.values(asRecord(run(row.make(), parametersOf(row), x, 'train'))).flatMap(({ data, shape }) =>
        Array.from(data.subarray(0, sizeOf(shape.slice(1)))),
      );
    const x = batchOf(row);
    const results = [x, parts(x, [0]), joined(parts(x, [0]), parts(batchOf(row, 100), [1, 2]))].map(first);
    const dtype = isFloat ? 'f32' : 'i32';
    const specs = eachNamed(shapesOf(row.input), ({ shape }) => ({ shape: [1, ...shape], dtype }) as const);
    const says = traceModel(row.make(), specs).calls.filter(({ meetingRows }) => meetingRows !== undefined);
    if (says.length === 0) for (const other of results) expect(other).toEqual(results[0]);
    else for (const other of results.slice(1)) expect(other).not.toEqual(results[0]);
  });

  it('starts and computes with the same bits for the same seed, and starts otherwise for another', () => {
    expect(start(row, 5)).toEqual(start(row, 5));
    const drawn = (seed: number) =>
      start(row, seed).parameters.filter(
        ({ path, shape, kind }) => kind !== 'state' && shape.length > 1 && path !== '',
      );
    if (drawn(5).length > 0) expect(drawn(5)).not.toEqual(drawn(6));
    const twice = [1, 2].map(() => numbers(run(row.make(), parametersOf(row), batchOf(row), 'train')));
    expect(twice[0]).toEqual(twice[1]);
  });

  it('computes the same bits after a round trip through JSON', async () => {
    const model = row.make();
    const json = JSON.parse(JSON.stringify(layerToJson(model)));
    const loaded = (await layerFromJson(json)) as unknown as Layer<never, unknown>;
    expect(layerToJson(loaded)).toEqual(layerToJson(model));
    expect(start(row, 7, loaded)).toEqual(start(row));
    for (const mode of ['train', 'predict'] as const) {
      const [before, after] = [model, loaded].map((one) => numbers(run(one, parametersOf(row), batchOf(row), mode)));
      expect(after).toEqual(before);
    }
  });

  // f32 against double precision: sums of up to some 50 products of numbers about 1, each rounded to 6e-8, and their gradients.
  it('agrees on both backends within 2e-5, values and gradients', async () => {
    const model = row.make();
    const x = batchOf(row);
    const inputs = Object.fromEntries(Object.entries(asRecord(x)).map(([name, one]) => [`x ${name}`, one]));
    const parameters = parametersOf(row);
    const f = ({ key, ...given }: Tensors): Tensors => {
      const xs = Object.fromEntries(Object.keys(asRecord(x)).map((name) => [name, given[`x ${name}`] as Tensor]));
      const leaves = Object.fromEntries(Object.keys(parameters).map((path) => [path, given[path] as Tensor]));
      const input = '' in xs ? (xs[''] as Tensor) : xs;
      const y = run(model, leaves, input, 'train', key as Tensor);
      const gradients =
        Object.keys(leaves).length === 0
          ? {}
          : (grad((at: Tensors) => total(run(model, at, input, 'train', key as Tensor)), leaves) as Tensors);
      const named = (what: string, all: Tensors) =>
        Object.fromEntries(Object.entries(all).map(([name, one]) => [`${what} ${name}`, one]));
      return { ...named('y', asRecord(y)), ...named('gradient of', gradients) };
    };
    const [wasm, reference] = await Promise.all(
      (['wasm', 'reference'] as const).map(async (device) =>
        (await openSession(device)).prepare(f)({ ...inputs, ...parameters, key }),
      ),
    );
    for (const [name, { data }] of Object.entries(reference as Tensors)) {
      data.forEach((expected: number, i: number) => {
        const difference = Math.abs((wasm?.[name]?.data[i] as number) - expected);
        expect(difference, `${name}[${i}]`).toBeLessThanOrEqual(2e-5 * Math.max(1, Math.abs(expected)));
      });
    }
  });

  it.each(row.refuses)('refuses bad options with name, value and range: %#', (make, message) => {
    expect(make).toThrow(message);
  });
});

it('every layer that the library exports has a row, and every type leads to a factory', async () => {
  const index = readFileSync(new URL('../../src/index.ts', import.meta.url), 'utf8');
  const files = /export \{([^}]*)\} from '\.\/nn\/([a-z0-9-]+)\.ts';/g;
  const notLayers = ['initializers', 'initializers-orthogonal', 'initializers-sparse', 'layer', 'metrics', 'named'];
  const helpers = ['input', 'apply', 'outputOf', 'withLabels'];
  const exported = [...index.matchAll(files)]
    .filter(([, , file]) => !notLayers.includes(file as string))
    .flatMap(([, names]) => (names as string).split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '' && !name.startsWith('type ') && !helpers.includes(name));
  expect(exported.length).toBeGreaterThan(40);
  expect(exported.filter((name) => layerRows[name] === undefined)).toEqual([]);
  // Takes inputs by name, as graphs do: test/nn/contrastive.test.ts holds it.
  const byName = ['dualEncoder'];
  const types = Object.keys(factories).filter((type) => !byName.includes(type));
  expect(types.filter((type) => layerRows[type] === undefined)).toEqual([]);
  expect(exported.filter((name) => name !== 'graph' && factories[name] === undefined)).toEqual([]);
  for (const type of Object.keys(factories)) expect((await factoryOf(type))?.[0], type).toBeTypeOf('function');
  expect(await factoryOf('constructor')).toBeUndefined();
});
