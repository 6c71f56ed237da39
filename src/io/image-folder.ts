/** @file Folders of images: a sub-folder a class. Lists files; knows no format. */
import { SaddlepointError } from '../core/errors.ts';
import { type FileSource, file } from './file-source.ts';

/** Images of a folder of folders, and the folder that each lay in as its class. */
export interface ImageFolder {
  /** One a file, in the order of classes and names; `readImages` takes them. */
  readonly files: readonly FileSource[];
  /** The class of each file: the name of its folder. */
  readonly labels: readonly string[];
  readonly classes: readonly string[];
}

const ENDINGS = /\.(png|jpe?g)$/i;

/**
 * Lists the images of a folder whose sub-folders are the classes. Hidden files and files of other kinds are left out; nothing is
 * read yet.
 *
 * @throws SaddlepointError `file`: no such folder; `data`: no sub-folders, or one without images (named)
 * @example
 * const { files, labels } = await imageFolder('flowers');
 * const run = await fit(model, { x: await readImages(files, { size: [64, 64] }), y: labels }, options);
 */
export async function imageFolder(folder: string): Promise<ImageFolder> {
  const { readdir } = process.getBuiltinModule('node:fs/promises');
  const { join } = process.getBuiltinModule('node:path');
  const list = async (path: string) => {
    try {
      const entries = await readdir(path, { withFileTypes: true });
      // By code unit: the same order on every system.
      return entries.filter(({ name }) => !name.startsWith('.')).sort((a, b) => (a.name < b.name ? -1 : 1));
    } catch (cause) {
      throw new SaddlepointError(
        'file',
        `could not read the folder ${path}: ${(cause as Error).message}`,
        'check the path',
        { cause },
      );
    }
  };
  const classes = (await list(folder)).filter((entry) => entry.isDirectory()).map(({ name }) => name);
  if (classes.length === 0) {
    throw new SaddlepointError(
      'data',
      `${folder} has no sub-folders`,
      'put the images of each class into a sub-folder of its name',
    );
  }
  const files: FileSource[] = [];
  const labels: string[] = [];
  for (const name of classes) {
    const images = (await list(join(folder, name))).filter((entry) => entry.isFile() && ENDINGS.test(entry.name));
    if (images.length === 0) {
      throw new SaddlepointError(
        'data',
        `${join(folder, name)} holds no PNG or JPEG files`,
        'every sub-folder is a class and needs images: add some, or remove it',
      );
    }
    for (const image of images) {
      files.push(file(join(folder, name, image.name)));
      labels.push(name);
    }
  }
  return { files, labels, classes };
}
