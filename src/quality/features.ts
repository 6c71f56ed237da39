/** @file What a classifier says of rows: its features, which are what its last layer with parameters takes, and its probabilities. */
import { SaddlepointError, show } from '../core/errors.ts';
import { sameShape, showShape, sizeOf } from '../core/shape.ts';
import { compile } from '../engine/compile.ts';
import { type Tensor, tensor } from '../graph/tensor.ts';
import { applyModel, type Layer } from '../nn/layer.ts';
import type { Matrix } from '../nn/metrics/quality.ts';
import { mul, sub } from '../ops/elementwise.ts';
import { reshape } from '../ops/movement.ts';
import { softmax } from '../ops/softmax.ts';
import type { TrainedModel } from '../train/model.ts';
import { type Given, matrixOf } from './matrix.ts';

/** A model that was trained on classes: what `fit` returned or `loadModel` read. */
export type Classifier = Pick<TrainedModel<never>, 'predict'>;

export interface Judged {
  /** [n, features]. */
  readonly features: Matrix;
  /** [n, classes]. */
  readonly probabilities: Matrix;
}

/** Rows that one call computes. */
const CHUNK = 250;

/** By classifier, so that what looks at several sets compiles once. */
const judges = new WeakMap<object, (x: Tensor) => Promise<{ features: Tensor; probabilities: Tensor }>>();

/** The model, and a look at the input of its last part that has parameters. */
function watched(layer: Layer, paths: readonly string[], see: (x: Tensor) => void): Layer {
  return {
    ...layer,
    call: (x, context) =>
      layer.call(x, {
        ...context,
        child(part, index, input) {
          const prefix = `${part.name ?? index}/`;
          if (paths.some((path) => path.startsWith(prefix))) see(input as Tensor);
          return context.child(part, index, input);
        },
      }),
  };
}

function judgeOf(name: string, classifier: Classifier) {
  const known = judges.get(classifier);
  if (known !== undefined) return known;
  const state = (classifier as Partial<TrainedModel<never>> | undefined)?.state;
  if (state === undefined || state.loss.target !== 'class')
    throw new SaddlepointError(
      'option',
      `${name}: expected a model that was trained on classes, got ${state === undefined ? show(classifier) : 'one of values'}`,
      'what fit returned for crossEntropy(), or loadModel read',
    );
  const { layer, parameters, inputScaling } = state;
  const paths = [...parameters.keys()];
  const leaves = Object.fromEntries(
    [...parameters].map(([path, { data, shape }]) => [path, tensor(data, shape)] as const),
  );
  const run = compile((given: Readonly<Record<string, Tensor>>, x: Tensor) => {
    const scaled = mul(sub(x, constant(inputScaling.shift)), constant(inputScaling.scale));
    let features = scaled;
    const see = (input: Tensor): void => {
      features = input;
    };
    const logits = applyModel(watched(layer, paths, see), new Map(Object.entries(given)), scaled, { mode: 'predict' });
    return { features: reshape(features, [x.shape[0] as number, -1]), probabilities: softmax(logits) };
  });
  const judge = (x: Tensor) => run(leaves, x) as Promise<{ features: Tensor; probabilities: Tensor }>;
  judges.set(classifier, judge);
  return judge;
}

const constant = (values: Float32Array): Tensor => tensor(values, values.length === 1 ? [] : [values.length]);

/**
 * Features and probabilities of all rows.
 *
 * @throws SaddlepointError `option` for what is no classifier; `shape` for rows of another shape than it takes.
 */
export async function judged(name: string, classifier: Classifier, given: Given): Promise<Judged> {
  const judge = judgeOf(name, classifier);
  const { inputShape } = (classifier as TrainedModel<never>).state;
  const rows = matrixOf(name, given);
  const [n, width] = rows.shape;
  if (width !== sizeOf(inputShape) || (rows.rowShape.length > 1 && !sameShape(rows.rowShape, inputShape)))
    throw new SaddlepointError(
      'shape',
      `${name}: rows have shape ${showShape(rows.rowShape)}, the classifier takes ${showShape(inputShape)}`,
    );
  const parts = { features: [] as number[], probabilities: [] as number[] };
  for (let from = 0; from < n; from += CHUNK) {
    const count = Math.min(CHUNK, n - from);
    const data = Float32Array.from({ length: count * width }, (_, i) => rows.data[from * width + i] as number);
    const found = await judge(tensor(data, [count, ...inputShape]));
    for (const key of ['features', 'probabilities'] as const)
      for (const value of found[key].data) parts[key].push(value);
  }
  const matrix = (data: number[]): Matrix => ({ data, shape: [n, data.length / n] });
  return { features: matrix(parts.features), probabilities: matrix(parts.probabilities) };
}
