/** @file Decodes PNG and JPEG: by libraries in Node, by the browser on pages. Sizes are read and bounded before memory is taken. */
import { SaddlepointError } from '../../core/errors.ts';
import type { Image } from './pixels.ts';

export interface DecodeOptions {
  /** What errors call the image. */
  readonly name: string;
  /** The most pixels that an image may have. */
  readonly maxPixels: number;
  /** `browser` decodes by `createImageBitmap`, which knows more formats; `library` by fast-png and jpeg-js. */
  readonly decoder: 'browser' | 'library';
}

type Format = 'png' | 'jpeg';

const startsWith = (bytes: Uint8Array, start: readonly number[]): boolean =>
  start.every((byte, i) => bytes[i] === byte);

const KNOWN: readonly (readonly [start: readonly number[], name: string])[] = [
  [[0x47, 0x49, 0x46, 0x38], 'a GIF'],
  [[0x42, 0x4d], 'a BMP'],
  [[0x52, 0x49, 0x46, 0x46], 'a WebP'],
  [[0x49, 0x49, 0x2a, 0], 'a TIFF'],
  [[0x4d, 0x4d, 0, 0x2a], 'a TIFF'],
  [[0x25, 0x50, 0x44, 0x46], 'a PDF'],
  [[0x3c], 'text such as SVG or HTML'],
];

function formatOf(bytes: Uint8Array): Format | undefined {
  if (startsWith(bytes, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return 'png';
  return startsWith(bytes, [0xff, 0xd8, 0xff]) ? 'jpeg' : undefined;
}

/** Whether a page's own decoder is there. */
export function defaultDecoder(): DecodeOptions['decoder'] {
  return typeof createImageBitmap === 'function' && typeof OffscreenCanvas === 'function' ? 'browser' : 'library';
}

/**
 * Decodes an image.
 *
 * @throws SaddlepointError `file`: not an image of a known format (what it is instead is named), damaged, cut off, or with more
 *   pixels than allowed
 */
export async function decodeImage(bytes: Uint8Array, options: DecodeOptions): Promise<Image> {
  const { name, decoder } = options;
  const format = formatOf(bytes);
  if (decoder === 'library' && format === undefined) {
    const known = KNOWN.find(([start]) => bytes.length > 0 && startsWith(bytes, start))?.[1];
    const what =
      bytes.length === 0 ? 'it is empty' : known === undefined ? `it begins with byte ${bytes[0]}` : `it is ${known}`;
    throw new SaddlepointError('file', `${name} is no PNG or JPEG: ${what}`, 'convert it to PNG or JPEG');
  }
  const size = format === undefined ? undefined : sizeOf(bytes, format);
  if (size !== undefined) checkPixels(size, options);
  try {
    if (decoder === 'browser') return await decodeByBrowser(bytes, options);
    return format === 'png' ? await decodePng(bytes) : await decodeJpeg(bytes, options);
  } catch (cause) {
    if (cause instanceof SaddlepointError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SaddlepointError('file', `${name}: the image is damaged or cut off: ${reason}`, 'replace the file', {
      cause,
    });
  }
}

interface Size {
  readonly width: number;
  readonly height: number;
}

function checkPixels({ width, height }: Size, { name, maxPixels }: DecodeOptions): void {
  if (width * height <= maxPixels) return;
  throw new SaddlepointError(
    'file',
    `${name} has ${width} × ${height} pixels, at most ${maxPixels} are allowed`,
    'make it smaller, or raise maxPixels',
  );
}

/** The size that the header states: PNG's IHDR; JPEG's first frame header. */
function sizeOf(bytes: Uint8Array, format: Format): Size | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (format === 'png')
    return bytes.length < 24 ? undefined : { width: view.getUint32(16), height: view.getUint32(20) };
  for (let at = 2; at + 9 < bytes.length; ) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1] as number;
    const frame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (frame) return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    // Fill bytes before a marker.
    at += marker === 0xff ? 1 : 2 + view.getUint16(at + 2);
  }
  return undefined;
}

async function decodePng(bytes: Uint8Array): Promise<Image> {
  const { convertIndexedToRgb, decode } = await import('fast-png');
  const png = decode(bytes, { checkCrc: true });
  const { width, height } = png;
  if (png.palette !== undefined) {
    const channels = (png.palette[0]?.length ?? 3) === 4 ? 4 : 3;
    return { width, height, channels, data: Uint8Array.from(convertIndexedToRgb(png)) };
  }
  const { depth, channels } = png;
  if (depth === 8) return { width, height, channels, data: Uint8Array.from(png.data) };
  if (depth === 16) return { width, height, channels, data: Uint8Array.from(png.data, (x) => x >> 8) };
  return { width, height, channels: 1, data: unpackBits(png.data as Uint8Array, width, height, depth) };
}

/** Gray of 1, 2 or 4 bits a pixel; each line begins on a byte. */
function unpackBits(packed: Uint8Array, width: number, height: number, depth: number): Uint8Array {
  const line = Math.ceil((width * depth) / 8);
  const scale = 255 / (2 ** depth - 1);
  const out = new Uint8Array(width * height);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const bit = x * depth;
      const byte = packed[y * line + (bit >> 3)] as number;
      out[i] = ((byte >> (8 - depth - (bit & 7))) & (2 ** depth - 1)) * scale;
    }
  }
  return out;
}

async function decodeJpeg(bytes: Uint8Array, { maxPixels }: DecodeOptions): Promise<Image> {
  const { default: jpeg } = await import('jpeg-js');
  const { width, height, data } = jpeg.decode(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false,
    maxResolutionInMP: maxPixels / 1e6,
    // Coefficients and planes of a color image take about 20 bytes a pixel.
    maxMemoryUsageInMB: Math.max(64, (24 * maxPixels) / 1e6),
  });
  return { width, height, channels: 3, data };
}

async function decodeByBrowser(bytes: Uint8Array, options: DecodeOptions): Promise<Image> {
  // No color management and no turning by EXIF: the numbers of the file, as in Node.
  const bitmap = await createImageBitmap(new Blob([bytes as Uint8Array<ArrayBuffer>]), {
    colorSpaceConversion: 'none',
    premultiplyAlpha: 'none',
    imageOrientation: 'none' as ImageOrientation,
  });
  try {
    const { width, height } = bitmap;
    checkPixels({ width, height }, options);
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    if (context === null) throw new Error('no 2d canvas');
    context.drawImage(bitmap, 0, 0);
    return { width, height, channels: 4, data: new Uint8Array(context.getImageData(0, 0, width, height).data) };
  } finally {
    bitmap.close();
  }
}
