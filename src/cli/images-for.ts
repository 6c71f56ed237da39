/** @file Image files as a model takes them: in its size and its channels. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Images, readImages } from '../data.ts';
import { SaddlepointError, type TrainedModel } from '../index.ts';
import { type FileSource, file } from '../node.ts';
import { isFolder } from './places.ts';

const ENDINGS = /\.(png|jpe?g)$/i;

/** Whether rows of the model are images. */
export const takesImages = (model: TrainedModel): boolean =>
  model.state.columns === undefined && model.state.inputShape.length === 3;

/** The images in the model's size and channels. */
export async function readImagesFor(model: TrainedModel, files: readonly FileSource[]): Promise<Images> {
  const [height, width, depth] = model.state.inputShape as readonly [number, number, number];
  const channels = ({ 1: 'gray', 3: 'rgb', 4: 'rgba' } as const)[depth as 1 | 3 | 4];
  if (channels === undefined)
    throw new SaddlepointError('data', `the model takes images of ${depth} channels, which no image file has`);
  return readImages(files, { size: [height, width], channels });
}

/** Files named one by one, and all images that lie in a folder. */
export async function imageFiles(places: readonly string[]): Promise<FileSource[]> {
  const files: FileSource[] = [];
  for (const place of places) {
    if (!(await isFolder(place))) {
      files.push(file(place));
      continue;
    }
    const names = (await readdir(place)).filter((name) => ENDINGS.test(name) && !name.startsWith('.')).sort();
    if (names.length === 0)
      throw new SaddlepointError(
        'data',
        `${place} holds no PNG or JPEG files`,
        'name the files, or the folder they lie in',
      );
    files.push(...names.map((name) => file(join(place, name))));
  }
  return files;
}
