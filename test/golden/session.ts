/** @file Running the functions that express golden cases on one backend, and the usual ways of checking a function. */
import { grad } from '../../src/autodiff/grad.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { mul } from '../../src/ops/elementwise.ts';
import { sum } from '../../src/ops/reduce.ts';
import { type Check, type GoldenCase, type GoldenTensor, hostTensorOf, numbersOf } from './format.ts';

export type Device = 'reference' | 'wasm' | 'webgl';
export type Tensors = Record<string, Tensor>;
export type TensorFunction = (inputs: Tensors) => Tensors;

export interface Session {
  readonly device: Device;
  /** The function on this backend: evaluated at once in double precision, or compiled. */
  prepare(f: TensorFunction): (inputs: Tensors) => Promise<Tensors>;
}

/** How one case is computed and what of it is compared. */
export type Expression = (session: Session) => Promise<Check[]>;

/**
 * How the cases of one file are expressed; undefined for a case that the library cannot express yet. Every key of a case that
 * holds a result must be read: the runner counts a case with unread keys as failed.
 */
export type Adapter = (
  name: string,
  data: GoldenCase,
  all: Readonly<Record<string, GoldenCase>>,
) => Expression | undefined;

export async function openSession(device: Device): Promise<Session> {
  if (device === 'reference') return { device, prepare: (f) => async (inputs) => f(inputs) };
  const { compile } = await import('../../src/engine/compile.ts');
  return { device, prepare: (f) => compile(f, { device }) };
}

/** The names of inputs that are class numbers or indices. */
const INTEGERS = ['c', 'idx', 'labels'];

/** The golden tensors of a record as host tensors. */
export function inputsOf(record: unknown, names: readonly string[] = Object.keys(record as object)): Tensors {
  const entries = record as Record<string, unknown>;
  return Object.fromEntries(
    names.map((name) => [name, hostTensorOf(entries[name], INTEGERS.includes(name) ? 'i32' : 'f32')]),
  );
}

/** Compares y, and the gradient of Σ y · gy (Σ y where there is no gy) with respect to all that `g` names. */
export function functionCase(data: GoldenCase, inputs: Tensors, f: (inputs: Tensors) => Tensor): Expression {
  const gradients = (data.g ?? {}) as Record<string, GoldenTensor>;
  const names = Object.keys(gradients);
  const gy = data.gy === undefined ? undefined : hostTensorOf(data.gy);
  return async (session) => {
    const run = session.prepare(({ gy: weights, ...given }) => {
      const results: Tensors = { y: f(given) };
      if (names.length === 0) return results;
      const wanted = Object.fromEntries(names.map((name) => [name, given[name] as Tensor]));
      const found = grad((at: Tensors) => {
        const y = f({ ...given, ...at });
        return sum(weights === undefined ? y : mul(y, weights));
      }, wanted) as Tensors;
      for (const name of names) results[`g.${name}`] = found[name] as Tensor;
      return results;
    });
    const results = await run(gy === undefined || names.length === 0 ? inputs : { ...inputs, gy });
    return [
      tensorCheck('y', results.y, data.y),
      ...names.map((name) => tensorCheck(`g.${name}`, results[`g.${name}`], gradients[name])),
    ];
  };
}

/** Compares a function of x with its first and second derivative at every element. */
export function derivativesCase(data: GoldenCase, f: (x: Tensor) => Tensor): Expression {
  const x = hostTensorOf(data.x);
  const expected = { y: data.y, d1: data.d1, d2: data.d2 };
  return async (session) => {
    const first = (at: Tensor): Tensor => grad((z: Tensor) => sum(f(z)), at) as Tensor;
    const second = (at: Tensor): Tensor => grad((z: Tensor) => sum(first(z)), at) as Tensor;
    const results = await session.prepare((at) => ({
      y: f(at.x as Tensor),
      d1: first(at.x as Tensor),
      d2: second(at.x as Tensor),
    }))({ x });
    return Object.entries(expected).map(([what, value]) => tensorCheck(what, results[what], value));
  };
}

/** The comparison of a tensor; its shape counts. */
export function tensorCheck(what: string, got: Tensor | undefined, expected: unknown): Check {
  const { s, d } = expected as GoldenTensor;
  const shape = got?.shape ?? [Number.NaN];
  if (String(shape) !== String(s))
    return { what: `shape of ${what}`, got: shape, expected: s, tolerance: { rtol: 0, atol: 0 } };
  return { what, got: (got as Tensor).data, expected: numbersOf(d) };
}
