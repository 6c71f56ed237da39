/** @file Reads image files as rows of bytes [n, height, width, channels]. */
import { checkKnownOptions, checkName, checkNumber, SaddlepointError } from '../../core/errors.ts';
import { allBytes, type ByteSource, sourceName } from '../inputs.ts';
import { type DecodeOptions, decodeImage, defaultDecoder } from './decode.ts';
import { type Channels, type Image, resized, withChannels } from './pixels.ts';

export interface ImageOptions {
  /** [height, width] of all images; default: their own, which then must be the same. Sides are stretched. */
  readonly size?: readonly [height: number, width: number];
  /** Default `rgb`; what is transparent is laid over white. */
  readonly channels?: Channels;
  /** The most pixels of one image before it is resized; default 25,000,000. */
  readonly maxPixels?: number;
  /** Default: the browser's where there is one, else libraries (PNG and JPEG). */
  readonly decoder?: DecodeOptions['decoder'];
  /** What errors call the images; default their names. */
  readonly name?: string;
}

/** Images as bytes, in the form that `fit` takes as x: it has the form of a tensor. */
export interface Images {
  /** [n, height, width, channels] */
  readonly shape: readonly [number, number, number, number];
  readonly dtype: 'u8';
  readonly data: Uint8Array;
}

const IMAGE_OPTIONS: readonly string[] = ['size', 'channels', 'maxPixels', 'decoder', 'name'];

/** Reads and decodes one image in the channels and size that the options ask for. */
async function readOne(source: ByteSource, name: string, options: ImageOptions): Promise<Image> {
  const bytes = await allBytes(source, name);
  const decoder = options.decoder ?? defaultDecoder();
  const image = await decodeImage(bytes, { name, maxPixels: options.maxPixels ?? 25_000_000, decoder });
  const colored = withChannels(image, options.channels ?? 'rgb');
  return options.size === undefined ? colored : resized(colored, options.size[0], options.size[1]);
}

function checkOptions(options: ImageOptions): void {
  checkKnownOptions('readImages', options, IMAGE_OPTIONS);
  options.size?.forEach((side, i) => void checkNumber(`size[${i}]`, side, { min: 1, max: 16_384, integer: true }));
  if (options.channels !== undefined) checkName('channels', options.channels, ['gray', 'rgb', 'rgba']);
  if (options.maxPixels !== undefined) checkNumber('maxPixels', options.maxPixels, { min: 1, integer: true });
  if (options.decoder !== undefined) checkName('decoder', options.decoder, ['browser', 'library']);
}

/**
 * Reads images as bytes, one after the other: PNG and JPEG, in browsers whatever they know.
 *
 * @throws SaddlepointError `file`: what is no image, or a damaged one (named); `data`: images of different sizes without `size`,
 *   no images; `option` for options outside their values
 * @example const x = await readImages(input.files, { size: [64, 64] }); // shape [n, 64, 64, 3]
 */
export async function readImages(
  sources: Iterable<ByteSource> | AsyncIterable<ByteSource>,
  options: ImageOptions = {},
): Promise<Images> {
  checkOptions(options);
  const images: Uint8Array[] = [];
  let first: Image | undefined;
  for await (const source of sources) {
    const name = sourceName(
      source,
      options.name === undefined ? undefined : `${options.name} ${images.length}`,
      `image ${images.length}`,
    );
    const image = await readOne(source, name, options);
    first ??= image;
    if (image.width !== first.width || image.height !== first.height) {
      throw new SaddlepointError(
        'data',
        `${name} is ${image.height} × ${image.width} pixels, the first image ${first.height} × ${first.width}`,
        'say one size for all: size: [height, width]',
      );
    }
    images.push(image.data);
  }
  if (first === undefined)
    throw new SaddlepointError('data', 'readImages: there are no images', 'check where they come from');
  const { height, width, channels } = first;
  const data = new Uint8Array(images.length * height * width * channels);
  images.forEach((image, i) => void data.set(image, i * image.length));
  return { shape: [images.length, height, width, channels], dtype: 'u8', data };
}
