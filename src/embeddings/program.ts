/** @file One step of learning word vectors, as a program: many examples, of which only the rows that occur are changed. */
import { vjp } from '../autodiff/grad.ts';
import { must } from '../core/errors.ts';
import { rowGradientOf } from '../engine/rows.ts';
import { type Program, ProgramBuilder } from '../graph/program.ts';
import { type Tensor, tensor } from '../graph/tensor.ts';
import { greater, mul, where } from '../ops/elementwise.ts';
import { gatherSum } from '../ops/gather-product.ts';
import { gather } from '../ops/indexing.ts';
import { reshape } from '../ops/movement.ts';
import { occurrenceNorm, type RowGradient, rowSgd } from '../ops/rows.ts';
import { guard } from '../ops/update.ts';
import { negativeSamplingLoss } from './loss.ts';

export interface StepShape {
  readonly examples: number;
  /** Rows of the input table that make a hidden layer: 1, or at most so many, whose mean it is. */
  readonly bag: number;
  readonly candidates: number;
  readonly hasTargets: boolean;
  readonly inputRows: number;
  readonly outputRows: number;
  readonly dimensions: number;
}

/** Names of blocks and rows. */
export const STEP = {
  ...({ program: 'words', inputs: 'inputs', outputs: 'outputs', loss: 'loss', scalars: 'scalars' } as const),
  ...({ bag: 'bag', shares: 'shares', candidates: 'candidates', targets: 'targets' } as const),
};

/**
 * Descends along the gradient of the loss, summed over the examples; `scalars` is [learning rate, 0]. As in word2vec.c, gensim and
 * fastText each of the rows whose mean is the hidden layer gets the hidden layer's gradient whole, not its share of it: the hidden
 * layer then moves as far as that of a single row.
 */
export function stepProgram(shape: StepShape): Program {
  const { examples, bag, candidates, hasTargets, inputRows, outputRows, dimensions } = shape;
  const builder = new ProgramBuilder();
  const inputs = builder.block(STEP.inputs, { shape: [inputRows, dimensions], dtype: 'f32' });
  const outputs = builder.block(STEP.outputs, { shape: [outputRows, dimensions], dtype: 'f32' });
  const rows = builder.row(STEP.bag, { shape: [examples, bag], dtype: 'i32' });
  const shares = bag === 1 ? undefined : builder.row(STEP.shares, { shape: [examples, bag], dtype: 'f32' });
  const index = builder.row(STEP.candidates, { shape: [examples, candidates], dtype: 'i32' });
  const targets = hasTargets ? builder.row(STEP.targets, { shape: [examples, candidates], dtype: 'f32' }) : undefined;
  const scalars = builder.row(STEP.scalars, { shape: [2], dtype: 'f32' });

  const flat = reshape(rows, [examples * bag]);
  const hidden = shares === undefined ? gather(inputs, flat) : gatherSum(inputs, rows, shares);
  const loss = negativeSamplingLoss(outputs, index, hidden, targets);
  const [ofOutputs, ofHidden] = vjp(builder.trace, [loss], [tensor(1)], [outputs, hidden]).map((gradient) =>
    must(gradient, 'a gradient'),
  ) as [Tensor, Tensor];
  const weights = shares && reshape(where(greater(shares, 0), 1, 0), [examples * bag]);
  const gradients: readonly RowGradient[] = [
    { index: flat, vectors: ofHidden, weights },
    rowGradientOf(ofOutputs, STEP.outputs),
  ];
  // By Cauchy and Schwarz no sum of n rows is larger than √n times their norm: if that is finite, so are all sums.
  const most = Math.sqrt(examples * Math.max(bag, candidates));
  const conditions = [loss, ...gradients.map((gradient) => mul(occurrenceNorm(gradient), most))];
  const guarded = gradients.map((gradient) => ({ ...gradient, vectors: guard(gradient.vectors, conditions) }));
  const [first, second] = guarded as [RowGradient, RowGradient];
  builder.commit(STEP.inputs, rowSgd(inputs, first, scalars));
  builder.commit(STEP.outputs, rowSgd(outputs, second, scalars));
  builder.emit(STEP.loss, loss);
  return builder.finish(STEP.program);
}
