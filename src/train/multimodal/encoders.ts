/** @file The two sides of a trained dual encoder, each on its own: rows to vectors; and a classifier made of captions. */
import type { Device } from '../../backends/select.ts';
import { checkKnownOptions, must, SaddlepointError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { sizeOf } from '../../core/shape.ts';
import { applyScaling } from '../../data/scaling.ts';
import { toSource } from '../../data/source.ts';
import { compile } from '../../engine/compile.ts';
import { type Tensor, tensor } from '../../graph/tensor.ts';
import { applyModel, type Layer } from '../../nn/layer.ts';
import { offsetsOf } from '../../nn/packed.ts';
import { concat } from '../../ops/concat.ts';
import { l2Normalize } from '../../ops/normalize.ts';
import type { TrainedModel } from '../model.ts';
import { type WordTable, wordsOf } from './words.ts';

/** Rows of one side to vectors [n, size], a host tensor. */
export type Encode = (rows: unknown) => Promise<Tensor>;

/** What a text is for in `zeroShot`: the prompts of one class, one or several, each a row of text. */
export type Prompts = readonly unknown[];

/** The two halves of a dual encoder, each of its own kind of data. */
export interface Encoders {
  readonly image: Encode;
  readonly text: Encode;
  /**
   * The words of the text side by name, for `retrieval.arithmetic`. Undefined unless `text` is a `bagEmbedding` that was made with a
   * list of words.
   */
  readonly words: WordTable | undefined;
  /**
   * A classifier from captions: each class is the mean of the unit vectors of its prompts, of length 1 again (a prompt ensemble).
   *
   * @param classes for each class its prompts.
   * @returns for rows of images the number of the nearest class, and the cosines [n, classes].
   * @see Radford et al. 2021, figure 1 and section 3.1.4.
   */
  zeroShot(
    classes: readonly Prompts[],
  ): Promise<(rows: unknown) => Promise<{ readonly classes: Int32Array; readonly scores: Tensor }>>;
}

export interface EncoderOptions {
  /** Whether vectors have length 1; default: as the model was made. */
  readonly normalize?: boolean;
  /** Where it runs; default 'auto'. */
  readonly device?: Device;
}

/** Rows that one call computes at most. */
const CHUNK = 256;

/**
 * The two encoders of a trained `dualEncoder`, a run or a model that was read from a file.
 *
 * @throws SaddlepointError `option` for another model; `data` for rows of another shape.
 * @example
 * const encode = multimodal.encoders(run);
 * const index = retrieval.index(await encode.image(pictures));
 */
export function encoders(model: TrainedModel, options: EncoderOptions = {}): Encoders {
  checkKnownOptions('encoders', options, ['normalize', 'device']);
  const { state } = model;
  const inner = state.layer.options.model as { readonly type?: string; readonly options?: JsonObject } | undefined;
  if (state.named === undefined || inner?.type !== 'dualEncoder')
    throw new SaddlepointError(
      'option',
      `encoders: expected a trained dual encoder, got ${inner?.type ?? state.layer.type}`,
      'train multimodal.dualEncoder({ image, text })',
    );
  const normalize = options.normalize ?? inner.options?.normalize === true;
  const sides = { ...options, normalize };
  const [image, text] = [encoderOf(model, 'image', sides), encoderOf(model, 'text', sides)];
  const units = { ...options, normalize: true };
  const [unitImage, unitText] = [encoderOf(model, 'image', units), encoderOf(model, 'text', units)];
  return {
    image,
    text,
    words: wordsOf(state, inner.options?.text as JsonObject | undefined),
    async zeroShot(classes) {
      const centers = await Promise.all(
        classes.map(async (prompts, i) => {
          if (prompts.length === 0)
            throw new SaddlepointError('data', `zeroShot: class ${i} has no prompt`, 'give each class one at least');
          return unitMean(await unitText(prompts));
        }),
      );
      return async (rows) => nearest(await unitImage(rows), centers);
    },
  };
}

/** One side as a function of rows. */
function encoderOf(model: TrainedModel, side: 'image' | 'text', { normalize, device }: EncoderOptions): Encode {
  const { state } = model;
  const { inputs } = must(state.named, 'inputs by name');
  const at = inputs.findIndex(({ name }) => name === side);
  const { shape } = must(inputs[at], `input ${side}`);
  const width = sizeOf(shape);
  const from = offsetsOf(inputs)[at] as number;
  const { shift, scale, kind } = state.inputScaling;
  const part = (values: Float32Array): Float32Array =>
    values.length === 1 ? values : values.subarray(from, from + width);
  const scaling = { kind, shift: part(shift), scale: part(scale) };
  const before = from;
  const after = sizeOf(state.inputShape) - from - width;
  const run = compile(
    (leaves: Readonly<Record<string, Tensor>>, rows: Tensor) => {
      const [n] = rows.shape as [number];
      const gap = (columns: number): Tensor[] =>
        columns === 0 ? [] : [tensor(new Float32Array(n * columns), [n, columns])];
      let found: Tensor | undefined;
      const watched = catching(state.layer, side, (y) => {
        found = y;
      });
      applyModel(watched, new Map(Object.entries(leaves)), concat([...gap(before), rows, ...gap(after)], 1), {
        mode: 'predict',
      });
      // The other side leads nowhere, and is not computed.
      const vectors = must(found, `the vectors of ${side}`);
      return normalize ? l2Normalize(vectors) : vectors;
    },
    device === undefined ? {} : { device },
  );
  const leaves = Object.fromEntries(
    [...state.parameters].map(([path, leaf]) => [path, tensor(leaf.data, leaf.shape)] as const),
  );
  return async (given) => {
    const source = toSource(given, { name: side });
    const own = sizeOf(source.rowShape.length === 0 ? [1] : source.rowShape);
    if (own !== width)
      throw new SaddlepointError('data', `${side}: rows of ${own} numbers, the model takes ${width} [${shape}]`);
    const parts: ArrayLike<number>[] = [];
    for (let row = 0; row < source.rows; row += CHUNK) {
      const count = Math.min(CHUNK, source.rows - row);
      const rows = applyScaling(scaling, source.data.subarray(row * width, (row + count) * width), width);
      parts.push(((await run(leaves, tensor(rows, [count, width]))) as Tensor).data);
    }
    const data = new Float32Array(parts.reduce((total, { length }) => total + length, 0));
    let offset = 0;
    for (const values of parts) {
      data.set(values, offset);
      offset += values.length;
    }
    return tensor(data, [source.rows, data.length / source.rows]);
  };
}

/** The layer, which shows what its part at that path gives. */
function catching<In, Out>(part: Layer<In, Out>, path: string, show: (y: Tensor) => void): Layer<In, Out> {
  return {
    ...part,
    call: (x, context) =>
      part.call(x, {
        ...context,
        child(inner, index, input) {
          const y = context.child(inner, index, input);
          if (inner.name === path) show(y as Tensor);
          return y;
        },
      }),
  };
}

/** The mean of the rows, of length 1. */
function unitMean({ data, shape }: Tensor): Float64Array {
  const [n, size] = shape as [number, number];
  const mean = new Float64Array(size);
  for (let i = 0; i < n * size; i++) mean[i % size] = (mean[i % size] as number) + (data[i] as number);
  const length = Math.hypot(...mean);
  return mean.map((value) => (length === 0 ? 0 : value / length));
}

function nearest({ data, shape }: Tensor, centers: readonly Float64Array[]) {
  const [n, size] = shape as [number, number];
  const scores = new Float32Array(n * centers.length);
  const classes = new Int32Array(n);
  for (let row = 0; row < n; row++) {
    let best = Number.NEGATIVE_INFINITY;
    centers.forEach((center, i) => {
      let sum = 0;
      for (let j = 0; j < size; j++) sum += (center[j] as number) * (data[row * size + j] as number);
      scores[row * centers.length + i] = sum;
      if (sum > best) [best, classes[row]] = [sum, i];
    });
  }
  return { classes, scores: tensor(scores, [n, centers.length]) };
}
