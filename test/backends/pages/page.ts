/** @file What the pages of worker-pages.test.ts load: functions for the test to call. */
import { adam, backendReport, crossEntropy, dense, fit, sequential, tensor } from 'saddlepoint';
import { hashOf, scenario } from '../../browser/scenario.ts';

/** What came of a run. */
export interface Outcome {
  readonly hash?: string;
  readonly threads?: number;
  readonly reason?: string;
  readonly code?: string;
  readonly error?: string;
}

type Where = Parameters<typeof scenario>[1] & { readonly threads?: number };

const outcomeOf = async (work: ReturnType<typeof scenario>): Promise<Outcome> => {
  try {
    const run = await work;
    return { hash: await hashOf(run), threads: run.device.threads, reason: run.device.reason };
  } catch (error) {
    return { code: (error as { code?: string }).code ?? '', error: String(error) };
  }
};

/** Steps that are worth sharing among threads. */
export function wide(where: Where): ReturnType<typeof scenario> {
  const x = tensor(
    Float32Array.from({ length: 96 * 784 }, (_, i) => (i % 61) / 61),
    [96, 784],
  );
  const y = Int32Array.from({ length: 96 }, (_, i) => i % 3);
  const model = sequential([dense(96, { activation: 'relu' }), dense(3)]);
  return fit(
    model,
    { x, y },
    { loss: crossEntropy(), optimizer: adam(), epochs: 20, seed: 5, deterministic: true, ...where },
  );
}

/** Steps that are large enough for a GPU to be thought of. */
function large(where: Where): ReturnType<typeof scenario> {
  const rows = 256;
  const x = tensor(
    Float32Array.from({ length: rows * 784 }, (_, i) => (i % 61) / 61),
    [rows, 784],
  );
  const y = Int32Array.from({ length: rows }, (_, i) => i % 3);
  const model = sequential([dense(256, { activation: 'relu' }), dense(3)]);
  const options = { loss: crossEntropy(), optimizer: adam(), batchSize: rows, epochs: 1, seed: 5, ...where };
  return fit(model, { x, y }, options);
}

const page = {
  small: (where: Where) => outcomeOf(scenario(42, where)),
  wide: (where: Where) => outcomeOf(wide(where)),
  large: (where: Where) => outcomeOf(large(where)),
  /** The renderer as it is reported. */
  async renderer() {
    const { renderer, candidates } = await backendReport({ measure: false });
    return { renderer, reason: candidates.find(({ name }) => name === 'webgl')?.reason };
  },
  /** Trains until something ends it. */
  endless: (where: Where) =>
    outcomeOf(
      fit(dense(3), { x: [[1], [2], [3]], y: [0, 1, 2] }, { loss: crossEntropy(), epochs: 1e9, ...where }) as never,
    ),
  async saved(where: Where) {
    await (await scenario(42, where)).save('pages/model');
    return 'saved';
  },
};

export type Page = typeof page;

Object.assign(globalThis, { page });
