/** @file onnxruntime, the independent judge of exported files: its WebAssembly build, in Node, from test/runtimes. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

interface OrtTensor {
  readonly dims: readonly number[];
  readonly data: ArrayLike<number>;
}
interface OrtSession {
  readonly outputNames: readonly string[];
  run(feeds: Readonly<Record<string, OrtTensor>>): Promise<Readonly<Record<string, OrtTensor>>>;
  release(): Promise<void>;
}
interface Ort {
  readonly env: { logLevel: string; readonly wasm: { numThreads: number } };
  readonly Tensor: new (
    type: string,
    data: ArrayLike<number> | readonly bigint[],
    dims: readonly number[],
  ) => OrtTensor;
  readonly InferenceSession: { create(bytes: Uint8Array, options?: object): Promise<OrtSession> };
}

const entry = new URL('../runtimes/node_modules/onnxruntime-web/dist/ort.wasm.min.mjs', import.meta.url);

let loading: Promise<Ort> | undefined;

export function onnxruntime(): Promise<Ort> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Ort> {
  if (!existsSync(fileURLToPath(entry)))
    throw new Error('onnxruntime-web is not installed: run `npm ci --ignore-scripts --prefix test/runtimes`');
  const ort = (await import(/* @vite-ignore */ entry.href)) as Ort;
  ort.env.logLevel = 'error';
  ort.env.wasm.numThreads = 1;
  return ort;
}

export interface Answer {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** What onnxruntime answers for one input; the only output. */
export async function runOnnx(
  bytes: Uint8Array,
  feeds: Readonly<
    Record<string, { readonly data: ArrayLike<number>; readonly dims: readonly number[]; readonly type?: string }>
  >,
): Promise<Answer[]> {
  const ort = await onnxruntime();
  const session = await ort.InferenceSession.create(bytes, { graphOptimizationLevel: 'all' });
  const inputs = Object.fromEntries(
    Object.entries(feeds).map(([name, { data, dims, type = 'float32' }]) => [
      name,
      new ort.Tensor(
        type,
        type === 'int64'
          ? (BigInt64Array.from(Array.from(data, BigInt)) as never)
          : type === 'int32'
            ? Int32Array.from(data)
            : type === 'uint8'
              ? Uint8Array.from(data)
              : Float32Array.from(data),
        dims,
      ),
    ]),
  );
  const answers = await session.run(inputs);
  const result = session.outputNames.map((name) => {
    const { dims, data } = answers[name] as OrtTensor;
    return { dims, data: Float32Array.from(Array.from(data, Number)) };
  });
  await session.release();
  return result;
}

/** The largest difference, relative to the largest expected number (or to 1e-3, where all are smaller). */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let [largest, difference] = [1e-3, 0];
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [actual[i] as number, expected[i] as number];
    if (Object.is(a, b) || a === b) continue;
    if (!(Math.abs(a) < Number.POSITIVE_INFINITY)) return Number.POSITIVE_INFINITY;
    largest = Math.max(largest, Math.abs(b));
    difference = Math.max(difference, Math.abs(a - b));
  }
  return difference / largest;
}
