/** @file Images as bytes: channels and sizes changed. Knows no file format. */
import { SaddlepointError } from '../../core/errors.ts';

/** One image, rows first, channels last. */
export interface Image {
  readonly width: number;
  readonly height: number;
  /** 1 (gray), 2 (gray, alpha), 3 (RGB) or 4 (RGBA). */
  readonly channels: number;
  readonly data: Uint8Array;
}

export type Channels = 'gray' | 'rgb' | 'rgba';

/** Luma of ITU-R BT.601, which JPEG and most libraries use. */
const LUMA = [0.299, 0.587, 0.114] as const;

/** The image with other channels; what is transparent is laid over white unless alpha is kept. */
export function withChannels(image: Image, wanted: Channels): Image {
  const { width, height, channels, data } = image;
  const count = wanted === 'gray' ? 1 : wanted === 'rgb' ? 3 : 4;
  if (channels === count) return image;
  const out = new Uint8Array(width * height * count);
  const colors = channels >= 3;
  for (let i = 0, from = 0, to = 0; i < width * height; i++, from += channels, to += count) {
    const red = data[from] as number;
    const green = colors ? (data[from + 1] as number) : red;
    const blue = colors ? (data[from + 2] as number) : red;
    const alpha = channels === 4 || channels === 2 ? (data[from + channels - 1] as number) : 255;
    const over = (x: number): number => (count === 4 ? x : Math.round((x * alpha + 255 * (255 - alpha)) / 255));
    if (count === 1) {
      out[to] = colors ? Math.round(LUMA[0] * over(red) + LUMA[1] * over(green) + LUMA[2] * over(blue)) : over(red);
      continue;
    }
    out[to] = over(red);
    out[to + 1] = over(green);
    out[to + 2] = over(blue);
    if (count === 4) out[to + 3] = alpha;
  }
  return { width, height, channels: count, data: out };
}

/** For each new place along an axis: the old places it takes from and their weights, which sum to 1. */
type Taps = readonly { readonly first: number; readonly weights: readonly number[] }[];

/** Areas where it shrinks (every old pixel counts by the part that it covers), straight lines between centers where it grows. */
function tapsOf(from: number, to: number): Taps {
  const scale = from / to;
  return Array.from({ length: to }, (_, i) => {
    if (scale >= 1) {
      const [start, end] = [i * scale, (i + 1) * scale];
      const first = Math.floor(start);
      const last = Math.min(from - 1, Math.ceil(end) - 1);
      const weights = Array.from({ length: last - first + 1 }, (_, k) => {
        const at = first + k;
        return (Math.min(end, at + 1) - Math.max(start, at)) / scale;
      });
      return { first, weights };
    }
    const center = Math.min(Math.max((i + 0.5) * scale - 0.5, 0), from - 1);
    const first = Math.min(Math.floor(center), Math.max(0, from - 2));
    const part = center - first;
    return { first, weights: from === 1 ? [1] : [1 - part, part] };
  });
}

/** The image in another size: pixel areas where it shrinks, bilinear where it grows, each axis by itself; sides may stretch. */
export function resized(image: Image, height: number, width: number): Image {
  if (image.height === height && image.width === width) return image;
  if (image.height < 1 || image.width < 1)
    throw new SaddlepointError('data', 'an image without pixels cannot be resized');
  const { channels, data } = image;
  const across = tapsOf(image.width, width);
  const down = tapsOf(image.height, height);
  const rows = new Float32Array(image.height * width * channels);
  for (let y = 0; y < image.height; y++) {
    across.forEach(({ first, weights }, x) => {
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++) {
          sum += (weights[k] as number) * (data[(y * image.width + first + k) * channels + c] as number);
        }
        rows[(y * width + x) * channels + c] = sum;
      }
    });
  }
  const out = new Uint8Array(height * width * channels);
  const line = width * channels;
  down.forEach(({ first, weights }, y) => {
    for (let j = 0; j < line; j++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += (weights[k] as number) * (rows[(first + k) * line + j] as number);
      out[y * line + j] = Math.round(sum);
    }
  });
  return { width, height, channels, data: out };
}
