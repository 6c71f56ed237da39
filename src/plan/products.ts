/** @file Products of matrices as data: their operands, and what their words may be. */
import { type Form, type Operand, type OperandRule, reads, type Word, writes } from './instruction.ts';
import * as I from './opcodes.ts';
import { matmulScratchBytes } from './sizes.ts';

/** The operands of a product, or of several that begin up to so many bytes behind the first. */
function product(w: Word, destination: number, lhs: number, rhs: number): readonly Operand[] {
  const [m, n, k] = [w(I.MatmulField.m), w(I.MatmulField.n), w(I.MatmulField.k)];
  const strided = (rows: number, columns: number, stride: number): number => 4 * ((rows - 1) * stride + columns);
  const [lda, ldb, ldc] = [w(I.MatmulField.lda), w(I.MatmulField.ldb), w(I.MatmulField.ldc)];
  const bias = w(I.MatmulField.bias);
  const a = w(I.MatmulField.transposeLhs) ? strided(k, m, lda) : strided(m, k, lda);
  const b = w(I.MatmulField.transposeRhs) ? strided(n, k, ldb) : strided(k, n, ldb);
  return [
    writes('destination', w(I.MatmulField.destination), destination + strided(m, n, ldc)),
    writes('scratch', w(I.MatmulField.scratch), matmulScratchBytes({ m, n, k }), false),
    reads('lhs', w(I.MatmulField.lhs), lhs + a),
    reads('rhs', w(I.MatmulField.rhs), rhs + b),
    ...(bias === 0 ? [] : [reads('bias', bias, 4 * n)]),
  ];
}

export const matmulOperands: OperandRule = (w) => product(w, 0, 0, 0);

export const batchMatmulOperands: OperandRule = (w) => {
  const last = (outer: number, inner: number): number =>
    4 * ((w(I.BatchMatmulField.outer) - 1) * w(outer) + (w(I.BatchMatmulField.inner) - 1) * w(inner));
  return product(
    w,
    last(I.BatchMatmulField.destinationOuter, I.BatchMatmulField.destinationInner),
    last(I.BatchMatmulField.lhsOuter, I.BatchMatmulField.lhsInner),
    last(I.BatchMatmulField.rhsOuter, I.BatchMatmulField.rhsInner),
  );
};

function matmulFault(w: Word): string | undefined {
  const [m, n, k] = [w(I.MatmulField.m), w(I.MatmulField.n), w(I.MatmulField.k)];
  const strides = [
    [w(I.MatmulField.lda), w(I.MatmulField.transposeLhs) === 1 ? m : k],
    [w(I.MatmulField.ldb), w(I.MatmulField.transposeRhs) === 1 ? k : n],
    [w(I.MatmulField.ldc), n],
  ] as const;
  const short = strides.find(([stride, columns]) => stride < columns);
  return short === undefined ? undefined : `rows of ${short[1]} in a stride of ${short[0]}`;
}

/** What a single product demands, and that no two products write one place: so many elements need so much room. */
function batchMatmulFault(w: Word): string | undefined {
  const steps = [I.BatchMatmulField.lhsOuter, I.BatchMatmulField.lhsInner, I.BatchMatmulField.rhsOuter];
  const negative = [...steps, I.BatchMatmulField.rhsInner].find((field) => w(field) < 0);
  if (negative !== undefined) return `a step of ${w(negative)} in word ${negative}`;
  const [outer, inner] = [w(I.BatchMatmulField.outer), w(I.BatchMatmulField.inner)];
  const [byOuter, byInner] = [w(I.BatchMatmulField.destinationOuter), w(I.BatchMatmulField.destinationInner)];
  if (byOuter < 0 || byInner < 0 || (outer > 1 && byOuter === 0) || (inner > 1 && byInner === 0))
    return `products ${byOuter} and ${byInner} apart`;
  const [m, n, ldc] = [w(I.MatmulField.m), w(I.MatmulField.n), w(I.MatmulField.ldc)];
  const room = (outer - 1) * byOuter + (inner - 1) * byInner + (m - 1) * ldc + n;
  return outer * inner * m * n > room ? 'two elements for one place' : matmulFault(w);
}

/** Both matrices in panels take as much memory as their panels and what lies between. */
export const panelMatmulOperands: OperandRule = (w) => {
  const [m, n, k] = [w(I.MatmulField.m), w(I.MatmulField.n), w(I.MatmulField.k)];
  const panels = (columns: number, rows: number, stride: number): number =>
    4 * ((Math.ceil(columns / 8) - 1) * stride + 8 * rows);
  const b =
    w(I.MatmulField.transposeRhs) === 1 ? panels(k, n, w(I.MatmulField.ldb)) : panels(n, k, w(I.MatmulField.ldb));
  const c = panels(n, m, w(I.MatmulField.ldc));
  const bits = w(I.PanelMatmulField.panels);
  return product(w, 0, 0, 0).map((operand) => {
    if (operand.name === 'rhs' && bits & 1) return { ...operand, bytes: b };
    return operand.name === 'destination' && bits & 2 ? { ...operand, bytes: c } : operand;
  });
};

/** Several threads have weights in panels, which no plan file does: not all machines know them. */
export const panelMatmulForm: Form = { words: I.PanelMatmulField.words, counts: [], fault: () => 'for threads alone' };

export const matmulForm: Form = {
  words: I.MatmulField.words,
  counts: [I.MatmulField.m, I.MatmulField.n, I.MatmulField.k],
  choices: [
    [I.MatmulField.transposeLhs, 1],
    [I.MatmulField.transposeRhs, 1],
    [I.MatmulField.activation, I.Activation.sigmoid],
  ],
  fault: matmulFault,
};

export const batchMatmulForm: Form = {
  words: I.BatchMatmulField.words,
  counts: [
    I.BatchMatmulField.m,
    I.BatchMatmulField.n,
    I.BatchMatmulField.k,
    I.BatchMatmulField.outer,
    I.BatchMatmulField.inner,
  ],
  choices: [
    [I.BatchMatmulField.bias, 0],
    [I.BatchMatmulField.transposeLhs, 1],
    [I.BatchMatmulField.transposeRhs, 1],
    [I.BatchMatmulField.activation, I.Activation.none],
  ],
  fault: batchMatmulFault,
};
