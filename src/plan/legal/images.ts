/** @file What the instructions on images demand: convolution and pooling. */
import * as I from '../opcodes.ts';
import { convScratchBytes } from '../sizes.ts';
import type { Form, Word } from './form.ts';

function convFault(w: Word): string | undefined {
  const f = (field: I.ConvField): number => w(field);
  const groups = f(I.ConvField.groups);
  if (f(I.ConvField.c) % groups !== 0 || f(I.ConvField.o) % groups !== 0) return `${groups} groups`;
  if (f(I.ConvField.top) < 0 || f(I.ConvField.left) < 0) return 'negative padding';
  const opcode = (w(0) & 0xffff) as I.Opcode.conv2d;
  const sizes = {
    c: f(I.ConvField.c),
    kh: f(I.ConvField.kh),
    kw: f(I.ConvField.kw),
    o: f(I.ConvField.o),
    oh: f(I.ConvField.oh),
    ow: f(I.ConvField.ow),
    groups,
  };
  const needed = convScratchBytes(opcode, sizes);
  return f(I.ConvField.scratchBytes) < needed
    ? `${f(I.ConvField.scratchBytes)} bytes of scratch for ${needed}`
    : undefined;
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
