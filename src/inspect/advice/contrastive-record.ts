/** @file What the advisor asks of a model of pairs: whether its vectors still tell what belongs together from what does not. */
import { checkKnownOptions, checkNumber, must, SaddlepointError } from '../../core/errors.ts';
import { randomPermutation, streamOf } from '../../core/philox.ts';
import { toSource } from '../../data/source.ts';
import { compile } from '../../engine/compile.ts';
import { scaled } from '../../engine/step.ts';
import { type Tensor, tensor } from '../../graph/tensor.ts';
import { applyModel } from '../../nn/layer.ts';
import { concat } from '../../ops/concat.ts';
import { div, equal, float, maximum, mul, sub } from '../../ops/elementwise.ts';
import { matmul } from '../../ops/matmul.ts';
import { broadcastTo, reshape, slice, transpose } from '../../ops/movement.ts';
import { l2Normalize } from '../../ops/normalize.ts';
import { mean, sum } from '../../ops/reduce.ts';
import type { TrainedModel } from '../../train/model.ts';
import type { PairData } from '../../train/multimodal/pairs.ts';
import { packData } from '../../train/named.ts';
import { Run } from '../../train/run.ts';
import type { ModelState, Parameter } from '../../train/state.ts';
import type { ContrastiveEvidence } from './evidence.ts';

export interface ContrastiveRecordOptions {
  /** Rows that are compared with each other; default: those of a minibatch of the run, or 128. At most as many as there are. */
  readonly batchSize?: number;
}

/** Rows at most that are looked at, in whole minibatches, and one at least. */
const ROWS = 1000;

type Leaves = ReadonlyMap<string, Pick<Parameter, 'data' | 'shape'>>;

/** Scaled as they are stored: x [n, width], y [n, 1]. */
interface StoredPairs {
  readonly x: Tensor;
  readonly y: Tensor;
}

/** Measures minibatches; their mean is the record. */
export type ContrastiveProbe = (parameters: Leaves, batches: readonly StoredPairs[]) => Promise<ContrastiveEvidence>;

/** Undefined for what is no model of pairs, or was trained with a loss that compares none. */
export function contrastiveProbe(state: ModelState): ContrastiveProbe | undefined {
  const [output, ...others] = state.named?.outputs ?? [];
  if (output?.loss.comparesRows !== true || others.length > 0) return undefined;
  const measure = compile((leaves: Readonly<Record<string, Tensor>>, x: Tensor, y: Tensor): Tensor => {
    const rows = applyModel(state.layer, new Map(Object.entries(leaves)), scaled(x, state.inputScaling), {
      mode: 'predict',
    });
    const [n, width] = rows.shape as [number, number];
    const size = (width - 2) / 2;
    const [image, text] = [0, size].map((at) => l2Normalize(slice(rows, [0, at], [n, size]))) as [Tensor, Tensor];
    const different = sub(1, float(equal(y, reshape(y, [1, n]))));
    const cosine = (a: Tensor, b: Tensor): Tensor =>
      div(sum(mul(matmul(a, transpose(b)), different)), maximum(sum(different), 1));
    const side = maximum(cosine(image, image), cosine(text, text));
    // Both sides answer every row by their mean: what such vectors lose is what a model loses that has learnt nothing.
    const blind = broadcastTo(mean(rows, 0, { keepDims: true }), [n, width]);
    const [loss, guess] = [rows, blind].map((given) => mean(state.loss.call(given, y))) as [Tensor, Tensor];
    return concat(
      [loss, guess, cosine(image, text), side].map((one) => reshape(one, [1])),
      0,
    );
  });
  return async (parameters, batches) => {
    const leaves = Object.fromEntries([...parameters].map(([path, { data, shape }]) => [path, tensor(data, shape)]));
    const totals = [0, 0, 0, 0];
    for (const { x, y } of batches) {
      const { data } = await measure(leaves, x, y);
      totals.forEach((total, i) => {
        totals[i] = total + (data[i] as number) / batches.length;
      });
    }
    const [loss, guess, meanCosine, sideCosine] = totals as [number, number, number, number];
    return { loss, guess, meanCosine, sideCosine, batchSize: batches[0]?.x.shape[0] as number };
  };
}

/** Whole minibatches of rows by chance, the same at every call: rows may lie in the order of what they show. */
export function batchesOf(rows: number, batchSize: number): Int32Array[] {
  const size = Math.min(rows, batchSize);
  const order = randomPermutation(rows, 0, streamOf('contrastiveRecord'));
  const count = Math.max(1, Math.floor(Math.min(rows, ROWS) / size));
  return Array.from({ length: count }, (_, i) => order.slice(i * size, (i + 1) * size));
}

/**
 * The record of a model of pairs for `advise({ contrastive: [record] })`: its loss over minibatches of pairs, the loss that it would
 * have if each side gave all rows one vector, and the mean cosines of vectors that do not belong together: of an image and a text, and
 * of two of the same side. `advisor()` makes such records by itself, of training rows at the end of each epoch; this one is for a
 * model that has been trained, and for rows that were held out.
 *
 * @param model a trained `dualEncoder`: a run, or a model that was read from a file.
 * @param pairs as `multimodal.pairs(…)` gives them; 1,000 of them by chance are looked at, if there are more.
 * @returns plain data.
 * @throws SaddlepointError `option` for another model; what `evaluate` throws for data that do not fit.
 * @see Faghri et al. 2018 (VSE++), section 4, on encoders that begin to collapse.
 * @example const advice = await advise(run, { contrastive: [await contrastiveRecord(run, pairs)] });
 */
export async function contrastiveRecord(
  model: TrainedModel,
  pairs: PairData,
  options: ContrastiveRecordOptions = {},
): Promise<ContrastiveEvidence> {
  checkKnownOptions('contrastiveRecord', options, ['batchSize']);
  const { batchSize = model instanceof Run ? model.recipe.batchSize : 128 } = options;
  checkNumber('contrastiveRecord.batchSize', batchSize, { min: 2, integer: true });
  const probe = contrastiveProbe(model.state);
  if (probe === undefined)
    throw new SaddlepointError(
      'option',
      'contrastiveRecord: expected a dual encoder that was trained with a loss of pairs',
      'fit(multimodal.dualEncoder({ image, text }), multimodal.pairs({ image, text }), { loss: infoNce() })',
    );
  const { x, y } = packData(pairs, must(model.state.named, 'inputs by name'));
  const { data, rows } = toSource(x, { name: 'x' });
  const { data: ids } = toSource(y, { name: 'y' });
  const width = data.length / rows;
  const batches = batchesOf(rows, batchSize).map((picked) => ({
    x: tensor(
      Float32Array.from({ length: picked.length * width }, (_, i) => {
        return data[(picked[Math.floor(i / width)] as number) * width + (i % width)] as number;
      }),
      [picked.length, width],
    ),
    y: tensor(
      Float32Array.from(picked, (row) => ids[row] as number),
      [picked.length, 1],
    ),
  }));
  return probe(model.parameters, batches);
}
