/** @file The instructions on images, convolution and pooling: what they demand of their words, and what they read and write. */
import { type Form, type Operand, type OperandRule, reads, type Word, writes } from './instruction.ts';
import * as I from './opcodes.ts';
import { convScratchBytes } from './sizes.ts';

/** Positions of taps are computed in 32 bits. */
const MAX_REACH = 2 ** 30;

/** What is wrong with windows along one axis, seen from the last one. */
function reachFault(
  places: number,
  stride: number,
  taps: number,
  dilation: number,
  before: number,
): string | undefined {
  const reach = (places - 1) * stride + (taps - 1) * dilation;
  return reach > MAX_REACH || before > MAX_REACH
    ? `windows that reach ${reach} cells, ${before} of padding`
    : undefined;
}

function convFault(w: Word): string | undefined {
  const f = (field: I.ConvField): number => w(field);
  const groups = f(I.ConvField.groups);
  if (f(I.ConvField.c) % groups !== 0 || f(I.ConvField.o) % groups !== 0) return `${groups} groups`;
  if (f(I.ConvField.top) < 0 || f(I.ConvField.left) < 0) return 'negative padding';
  const reach =
    reachFault(
      f(I.ConvField.oh),
      f(I.ConvField.strideH),
      f(I.ConvField.kh),
      f(I.ConvField.dilationH),
      f(I.ConvField.top),
    ) ??
    reachFault(
      f(I.ConvField.ow),
      f(I.ConvField.strideW),
      f(I.ConvField.kw),
      f(I.ConvField.dilationW),
      f(I.ConvField.left),
    );
  if (reach !== undefined) return reach;
  const run = f(I.ConvField.kw) * (f(I.ConvField.c) / groups);
  const [from, to] = [f(I.ConvField.runFrom), f(I.ConvField.runTo)];
  return from % 4 !== 0 || from < 0 || from >= to || to > run ? `values ${from} … ${to} of ${run}` : undefined;
}

const conv: Form = {
  words: I.ConvField.words,
  counts: Array.from({ length: I.ConvField.ow - I.ConvField.n + 1 }, (_, i) => I.ConvField.n + i).concat([
    I.ConvField.strideH,
    I.ConvField.strideW,
    I.ConvField.dilationH,
    I.ConvField.dilationW,
    I.ConvField.groups,
  ]),
  choices: [[I.ConvField.activation, I.Activation.sigmoid]],
  fault: convFault,
};

function poolFault(w: Word): string | undefined {
  for (const field of [I.PoolField.top, I.PoolField.left, I.PoolField.bottom, I.PoolField.right])
    if (w(field) < 0) return 'negative padding';
  const axes = [
    [
      I.PoolField.h,
      I.PoolField.oh,
      I.PoolField.strideH,
      I.PoolField.kh,
      I.PoolField.dilationH,
      I.PoolField.top,
      I.PoolField.bottom,
    ],
    [
      I.PoolField.w,
      I.PoolField.ow,
      I.PoolField.strideW,
      I.PoolField.kw,
      I.PoolField.dilationW,
      I.PoolField.left,
      I.PoolField.right,
    ],
  ] as const;
  for (const axis of axes) {
    const [size, places, stride, taps, dilation, before, after] = axis.map(w) as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const fault = reachFault(places, stride, taps, dilation, before);
    if (fault !== undefined) return fault;
    // Else the work would not be bounded by the memory: no window is larger than image, padding and a stride that hangs over.
    if ((taps - 1) * dilation >= size + before + after + stride) return `${taps} taps in ${size} cells`;
  }
  const cells = w(I.PoolField.h) * w(I.PoolField.w);
  return w(I.PoolField.cells) === cells ? undefined : `${w(I.PoolField.cells)} cells in images of ${cells}`;
}

const pool: Form = {
  words: I.PoolField.words,
  counts: Array.from({ length: I.PoolField.dilationW - I.PoolField.n + 1 }, (_, i) => I.PoolField.n + i),
  choices: [[I.PoolField.includePadding, 1]],
  fault: poolFault,
};

export const IMAGE_FORMS = {
  [I.Opcode.conv2d]: conv,
  [I.Opcode.conv2dInputGradient]: conv,
  [I.Opcode.conv2dFilterGradient]: conv,
  [I.Opcode.maxPool]: pool,
  [I.Opcode.maxPoolGradient]: pool,
  [I.Opcode.maxPoolGather]: pool,
  [I.Opcode.averagePool]: pool,
  [I.Opcode.averagePoolGradient]: pool,
} satisfies Partial<Record<I.Opcode, Form>>;

function convScratch(w: Word): Operand {
  const f = (field: I.ConvField): number => w(field);
  const bytes = convScratchBytes((w(0) & 0x7fff) as I.Opcode.conv2d, {
    c: f(I.ConvField.c),
    kh: f(I.ConvField.kh),
    kw: f(I.ConvField.kw),
    o: f(I.ConvField.o),
    oh: f(I.ConvField.oh),
    ow: f(I.ConvField.ow),
    groups: f(I.ConvField.groups),
  });
  return writes('scratch', f(I.ConvField.scratch), bytes);
}

function convBytes(w: Word): { images: number; filter: number; results: number } {
  return {
    images: 4 * w(I.ConvField.n) * w(I.ConvField.h) * w(I.ConvField.w) * w(I.ConvField.c),
    filter: (4 * w(I.ConvField.kh) * w(I.ConvField.kw) * w(I.ConvField.c) * w(I.ConvField.o)) / w(I.ConvField.groups),
    results: 4 * w(I.ConvField.n) * w(I.ConvField.oh) * w(I.ConvField.ow) * w(I.ConvField.o),
  };
}

function poolBytes(w: Word): { images: number; pooled: number } {
  const batch = 4 * w(I.PoolField.n) * w(I.PoolField.c);
  return {
    images: batch * w(I.PoolField.h) * w(I.PoolField.w),
    pooled: batch * w(I.PoolField.oh) * w(I.PoolField.ow),
  };
}

/** From pooled values to images, or from images to pooled values; `places` if there are some. */
const poolRule =
  (toImages: boolean, hasPlaces: boolean): OperandRule =>
  (w) => {
    const { images, pooled } = poolBytes(w);
    return [
      writes('destination', w(I.PoolField.destination), toImages ? images : pooled),
      reads('source', w(I.PoolField.source), toImages ? pooled : images),
      ...(hasPlaces ? [reads('index', w(I.PoolField.index), pooled, false)] : []),
    ];
  };

export const IMAGE_OPERANDS = {
  [I.Opcode.conv2d](w) {
    const { images, filter, results } = convBytes(w);
    const bias = w(I.ConvField.bias);
    return [
      writes('destination', w(I.ConvField.destination), results),
      convScratch(w),
      reads('images', w(I.ConvField.first), images),
      reads('filter', w(I.ConvField.second), filter),
      ...(bias === 0 ? [] : [reads('bias', bias, 4 * w(I.ConvField.o))]),
    ];
  },
  [I.Opcode.conv2dInputGradient](w) {
    const { images, filter, results } = convBytes(w);
    return [
      writes('destination', w(I.ConvField.destination), images),
      convScratch(w),
      reads('filter', w(I.ConvField.first), filter),
      reads('results', w(I.ConvField.second), results),
    ];
  },
  [I.Opcode.conv2dFilterGradient](w) {
    const { images, filter, results } = convBytes(w);
    return [
      writes('destination', w(I.ConvField.destination), filter),
      convScratch(w),
      reads('images', w(I.ConvField.first), images),
      reads('results', w(I.ConvField.second), results),
    ];
  },
  [I.Opcode.maxPool](w) {
    const { images, pooled } = poolBytes(w);
    return [
      writes('destination', w(I.PoolField.destination), pooled),
      writes('index', w(I.PoolField.index), pooled, false),
      reads('source', w(I.PoolField.source), images),
    ];
  },
  [I.Opcode.maxPoolGradient]: poolRule(true, true),
  [I.Opcode.maxPoolGather]: poolRule(false, true),
  [I.Opcode.averagePool]: poolRule(false, false),
  [I.Opcode.averagePoolGradient]: poolRule(true, false),
} satisfies Partial<Record<I.Opcode, OperandRule>>;
