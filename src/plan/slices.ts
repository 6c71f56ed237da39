/**
 * @file Cuts the instructions of a plan into slices, one a thread: the same instruction on a part of its output. An element is
 * computed as it would be by one thread, so bits do not depend on how many there are. What has no rule stays whole.
 */
import { elementBytes, type Word } from './instruction.ts';
import * as I from './opcodes.ts';
import { copy, elementwise, group } from './slices-elementwise.ts';
import { batchMatmul, matmul, panelMatmul } from './slices-products.ts';
import { counted, cut, either, F32, LINE, type Slice, type Slicer, type Step, when } from './slicing.ts';

const convImage = (w: Word): number => F32 * w(I.ConvField.h) * w(I.ConvField.w) * w(I.ConvField.c);
const convResult = (w: Word): number => F32 * w(I.ConvField.oh) * w(I.ConvField.ow) * w(I.ConvField.o);

/** By the values of each row of the filter: all threads read all images. Where sums are in parts, threads take parts instead. */
const filterGradient: Slicer = (w, thread, threads) => {
  const [from, to] = cut(w(I.ConvField.runTo), 4, thread, threads);
  if (w(I.ConvField.runFrom) !== 0 || w(I.ConvField.runTo) < 8 * threads) return undefined;
  return { slice: from === to ? undefined : { [I.ConvField.runFrom]: from, [I.ConvField.runTo]: to } };
};

const pool = (toImages: boolean): Slicer =>
  counted(I.PoolField.n, 1, (w) => {
    const images = F32 * w(I.PoolField.h) * w(I.PoolField.w) * w(I.PoolField.c);
    const pooled = F32 * w(I.PoolField.oh) * w(I.PoolField.ow) * w(I.PoolField.c);
    return [
      [I.PoolField.destination, toImages ? images : pooled],
      [I.PoolField.source, toImages ? pooled : images],
      [I.PoolField.index, pooled],
    ];
  });

const random: Slicer = counted(
  I.RandomField.count,
  LINE,
  () => [
    [I.RandomField.destination, F32],
    [I.RandomField.first, 1],
  ],
  [I.RandomField.first],
);

const gatherProduct = (isDot: boolean): Slicer =>
  counted(I.GatherProductField.count, 1, (w) => {
    const [group, row] = [F32 * w(I.GatherProductField.group), F32 * w(I.GatherProductField.rowElements)];
    return [
      [I.GatherProductField.destination, isDot ? group : row],
      [I.GatherProductField.factors, isDot ? row : group],
      [I.GatherProductField.indices, group],
    ];
  });

const rowsOf = (rows: number, columns: number, fields: readonly number[], others: readonly Step[] = []): Slicer =>
  counted(rows, 1, (w) => [...fields.map((field): Step => [field, F32 * w(columns)]), ...others]);

const SLICERS: Readonly<Partial<Record<I.Opcode, Slicer>>> = {
  [I.Opcode.fill]: counted(I.FillField.count, LINE, () => [[I.FillField.destination, F32]]),
  [I.Opcode.copy]: copy,
  [I.Opcode.cast]: counted(I.CastField.count, 64, (w) => [
    [I.CastField.destination, elementBytes(w(I.CastField.destinationType))],
    [I.CastField.source, elementBytes(w(I.CastField.sourceType))],
  ]),
  [I.Opcode.unary]: counted(I.UnaryField.count, LINE, () => [
    [I.UnaryField.destination, F32],
    [I.UnaryField.source, F32],
  ]),
  [I.Opcode.binary]: elementwise(I.BinaryField.rows, I.BinaryField.columns, I.BinaryField.destination, [
    [I.BinaryField.lhs, I.BinaryField.lhsMode],
    [I.BinaryField.rhs, I.BinaryField.rhsMode],
  ]),
  [I.Opcode.select]: elementwise(I.SelectField.rows, I.SelectField.columns, I.SelectField.destination, [
    [I.SelectField.condition, I.SelectField.conditionMode],
    [I.SelectField.onTrue, I.SelectField.trueMode],
    [I.SelectField.onFalse, I.SelectField.falseMode],
  ]),
  [I.Opcode.reduce]: either(
    counted(I.ReduceField.outer, 1, (w) => [
      [I.ReduceField.destination, F32 * w(I.ReduceField.inner)],
      [I.ReduceField.source, F32 * w(I.ReduceField.k) * w(I.ReduceField.step)],
    ]),
    when(
      (w) => w(I.ReduceField.outer) === 1 && w(I.ReduceField.inner) > 1,
      counted(I.ReduceField.inner, LINE, () => [
        [I.ReduceField.destination, F32],
        [I.ReduceField.source, F32],
      ]),
    ),
  ),
  [I.Opcode.matmul]: matmul,
  [I.Opcode.panelMatmul]: panelMatmul,
  [I.Opcode.batchMatmul]: batchMatmul,
  [I.Opcode.gather]: counted(I.GatherField.count, 1, (w) => [
    [I.GatherField.destination, elementBytes(w(I.GatherField.destinationType)) * w(I.GatherField.rowElements)],
    [I.GatherField.indices, F32],
  ]),
  [I.Opcode.softmax]: rowsOf(I.SoftmaxField.rows, I.SoftmaxField.columns, [
    I.SoftmaxField.destination,
    I.SoftmaxField.source,
  ]),
  [I.Opcode.crossEntropy]: rowsOf(
    I.CrossEntropyField.rows,
    I.CrossEntropyField.columns,
    [I.CrossEntropyField.probabilities, I.CrossEntropyField.logits],
    [
      [I.CrossEntropyField.losses, F32],
      [I.CrossEntropyField.labels, F32],
    ],
  ),
  [I.Opcode.crossEntropyGradient]: counted(I.CrossEntropyGradientField.rows, 1, (w) => [
    [I.CrossEntropyGradientField.destination, F32 * w(I.CrossEntropyGradientField.columns)],
    [I.CrossEntropyGradientField.probabilities, F32 * w(I.CrossEntropyGradientField.columns)],
    [I.CrossEntropyGradientField.labels, F32],
    [I.CrossEntropyGradientField.cotangent, w(I.CrossEntropyGradientField.mode) === I.Broadcast.column ? F32 : 0],
  ]),
  [I.Opcode.argmax]: rowsOf(
    I.ArgmaxField.rows,
    I.ArgmaxField.columns,
    [I.ArgmaxField.source],
    [[I.ArgmaxField.destination, F32]],
  ),
  [I.Opcode.oneHot]: rowsOf(
    I.OneHotField.rows,
    I.OneHotField.depth,
    [I.OneHotField.destination],
    [[I.OneHotField.indices, F32]],
  ),
  [I.Opcode.cumulativeSum]: counted(I.CumulativeSumField.outer, 1, (w) => {
    const bytes = F32 * w(I.CumulativeSumField.k) * w(I.CumulativeSumField.inner);
    return [
      [I.CumulativeSumField.destination, bytes],
      [I.CumulativeSumField.source, bytes],
    ];
  }),
  [I.Opcode.randomUniform]: random,
  [I.Opcode.randomNormal]: random,
  [I.Opcode.dropoutMask]: random,
  [I.Opcode.sumSquares]: counted(I.SumSquaresField.count, I.Constant.normChunk, () => [
    [I.SumSquaresField.destination, 8 / I.Constant.normChunk],
    [I.SumSquaresField.source, F32],
  ]),
  [I.Opcode.adam]: counted(I.AdamField.count, LINE, () => [
    [I.AdamField.parameters, F32],
    [I.AdamField.firstMoment, F32],
    [I.AdamField.secondMoment, F32],
    [I.AdamField.gradient, F32],
  ]),
  [I.Opcode.sgd]: counted(I.SgdField.count, LINE, () => [
    [I.SgdField.parameters, F32],
    [I.SgdField.velocity, F32],
    [I.SgdField.gradient, F32],
  ]),
  [I.Opcode.group]: group,
  [I.Opcode.conv2d]: counted(I.ConvField.n, 1, (w) => [
    [I.ConvField.destination, convResult(w)],
    [I.ConvField.first, convImage(w)],
  ]),
  [I.Opcode.conv2dInputGradient]: counted(I.ConvField.n, 1, (w) => [
    [I.ConvField.destination, convImage(w)],
    [I.ConvField.second, convResult(w)],
  ]),
  [I.Opcode.conv2dFilterGradient]: filterGradient,
  [I.Opcode.maxPool]: pool(false),
  [I.Opcode.maxPoolGather]: pool(false),
  [I.Opcode.maxPoolGradient]: pool(true),
  [I.Opcode.averagePool]: pool(false),
  [I.Opcode.averagePoolGradient]: pool(true),
  [I.Opcode.standardize]: counted(I.StandardizeField.outer, 1, (w) => {
    const [inner, box] = [
      F32 * w(I.StandardizeField.inner),
      F32 * w(I.StandardizeField.k) * w(I.StandardizeField.inner),
    ];
    return [
      [I.StandardizeField.destination, box],
      [I.StandardizeField.source, box],
      [I.StandardizeField.variance, inner],
      [I.StandardizeField.mean, inner],
    ];
  }),
  [I.Opcode.standardizeGradient]: counted(I.StandardizeGradientField.outer, 1, (w) => {
    const inner = F32 * w(I.StandardizeGradientField.inner);
    const box = inner * w(I.StandardizeGradientField.k);
    return [
      [I.StandardizeGradientField.destination, box],
      [I.StandardizeGradientField.cotangent, box],
      [I.StandardizeGradientField.normalized, box],
      [I.StandardizeGradientField.variance, inner],
    ];
  }),
  // A causal row is known by its number: the first of a slice must be a first query.
  [I.Opcode.maskedSoftmax]: when(
    (w) =>
      w(I.MaskedSoftmaxField.queries) === 0 || w(I.MaskedSoftmaxField.inner) % w(I.MaskedSoftmaxField.queries) === 0,
    counted(I.MaskedSoftmaxField.outer, 1, (w) => {
      const box = F32 * w(I.MaskedSoftmaxField.inner) * w(I.MaskedSoftmaxField.columns);
      return [
        [I.MaskedSoftmaxField.destination, box],
        [I.MaskedSoftmaxField.source, box],
        [I.MaskedSoftmaxField.mask, F32 * w(I.MaskedSoftmaxField.maskOuter)],
      ];
    }),
  ),
  [I.Opcode.gatherDot]: gatherProduct(true),
  [I.Opcode.gatherSum]: gatherProduct(false),
  [I.Opcode.gatherLogistic]: counted(I.GatherLogisticField.count, 1, (w) => {
    const [group, row] = [F32 * w(I.GatherLogisticField.group), F32 * w(I.GatherLogisticField.rowElements)];
    return [
      [I.GatherLogisticField.destination, group],
      [I.GatherLogisticField.indices, group],
      [I.GatherLogisticField.factors, row],
      [I.GatherLogisticField.targets, group],
      [I.GatherLogisticField.losses, group],
      [I.GatherLogisticField.weights, group],
      [I.GatherLogisticField.sums, row],
    ];
  }),
  [I.Opcode.rowUpdate](w, thread, threads) {
    const [from, to] = cut(w(I.RowUpdateField.count), 1, thread, threads);
    return { slice: { [I.RowUpdateField.from]: from, [I.RowUpdateField.to]: to } };
  },
  // By columns: what one row gets more than once then comes in order, whichever thread adds it.
  [I.Opcode.rowSgd](w, thread, threads) {
    const [from, to] = cut(w(I.RowSgdField.rowElements), LINE / F32, thread, threads);
    return { slice: from === to ? undefined : { [I.RowSgdField.from]: from, [I.RowSgdField.to]: to } };
  },
  [I.Opcode.softmaxGradient]: (w, thread, threads) =>
    counted(I.SoftmaxGradientField.rows, w(I.SoftmaxGradientField.queries) || 1, () => {
      const row = F32 * w(I.SoftmaxGradientField.columns);
      return [
        [I.SoftmaxGradientField.destination, row],
        [I.SoftmaxGradientField.weights, row],
        [I.SoftmaxGradientField.cotangent, row],
      ];
    })(w, thread, threads),
};

/**
 * The slice of the instruction that `w` reads, for one of several threads; undefined if it stays whole. @param grain of what
 * counts one sort of items: at multiples of how many it is cut.
 */
export function sliceOf(
  w: Word,
  thread: number,
  threads: number,
  grain?: number,
): { readonly slice: Slice } | undefined {
  return SLICERS[(w(0) & 0x7fff) as I.Opcode]?.(w, thread, threads, grain);
}
