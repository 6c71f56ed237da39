import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readImages } from '../../src/data/images/read-images.ts';
import { imageFolder } from '../../src/io/image-folder.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'saddlepoint-'));
  for (const [place, value] of [
    ['cat/b.png', 1],
    ['cat/a.PNG', 2],
    ['dog/c.png', 3],
  ] as const) {
    await mkdir(join(folder, place, '..'), { recursive: true });
    await writeFile(join(folder, place), encode({ width: 1, height: 1, channels: 1, data: Uint8Array.of(value) }));
  }
  await writeFile(join(folder, 'cat/.hidden.png'), 'x');
  await writeFile(join(folder, 'dog/notes.txt'), 'x');
  await writeFile(join(folder, 'readme.md'), 'x');
});
afterAll(() => rm(folder, { recursive: true }));

describe('a folder of images', () => {
  test('has a class a sub-folder, in an order that does not depend on the system', async () => {
    const { files, labels, classes } = await imageFolder(folder);
    expect(classes).toEqual(['cat', 'dog']);
    expect(labels).toEqual(['cat', 'cat', 'dog']);
    expect((await readImages(files, { channels: 'gray' })).data).toEqual(Uint8Array.of(2, 1, 3));
  });

  test('is refused without sub-folders, without images, or where it is not there', async () => {
    await expect(imageFolder(join(folder, 'cat'))).rejects.toThrow('has no sub-folders');
    await expect(imageFolder(join(folder, 'bird'))).rejects.toThrow('could not read the folder');
    await mkdir(join(folder, 'empty'));
    await expect(imageFolder(folder)).rejects.toThrow('holds no PNG or JPEG files');
    await rm(join(folder, 'empty'), { recursive: true });
  });

  test('names the file that is no image', async () => {
    await writeFile(join(folder, 'dog/bad.png'), 'GIF89a');
    const { files } = await imageFolder(folder);
    await expect(readImages(files)).rejects.toThrow(`${join(folder, 'dog/bad.png')} is no PNG or JPEG: it is a GIF`);
  });
});
