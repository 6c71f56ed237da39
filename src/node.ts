/**
 * @file What needs a file system: Node, Deno, Bun.
 * @module saddlepoint/node
 */
export { type FileSource, file } from './io/file-source.ts';
export { type ImageFolder, imageFolder } from './io/image-folder.ts';
export { type TensorBoardOptions, tensorBoard } from './train/callbacks/tensor-board.ts';
