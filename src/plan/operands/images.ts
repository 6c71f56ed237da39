/** @file Operands of the instructions on images: convolution and pooling. */
import * as I from '../opcodes.ts';
import { type Operand, type Rule, reads, type Word, writes } from './operand.ts';

const convScratch = (w: Word): Operand => writes('scratch', w(I.ConvField.scratch), w(I.ConvField.scratchBytes));

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
  (toImages: boolean, hasPlaces: boolean): Rule =>
  (w) => {
    const { images, pooled } = poolBytes(w);
    return [
      writes('destination', w(I.PoolField.destination), toImages ? images : pooled),
      reads('source', w(I.PoolField.source), toImages ? pooled : images),
      ...(hasPlaces ? [reads('index', w(I.PoolField.index), pooled, false)] : []),
    ];
  };

export const IMAGE_RULES = {
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
} satisfies Partial<Record<I.Opcode, Rule>>;
