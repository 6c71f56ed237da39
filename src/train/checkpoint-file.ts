/** @file Checkpoints as safetensors: the model's leaves by path, so that any reader finds them, then blocks, then JSON. */
import { dtypeOf, type HostArray } from '../core/dtype.ts';
import { must, SaddlepointError } from '../core/errors.ts';
import { type ReadSource, readBytes, type WriteTarget, writeBytes } from '../io/place.ts';
import { readSafetensors, type StoredTensor, writeSafetensors } from '../io/safetensors.ts';
import type { Checkpoint, CheckpointProgress } from './checkpoint.ts';
import {
  FORMAT,
  type LoadOptions,
  modelFromJson,
  modelToJson,
  readDescription,
  tensorsOf,
  writeDescription,
} from './model-file.ts';

/** Before the names of tensors that are no leaves of the model. A path cannot hold it: a segment is not empty. */
const BLOCK = '//block/';
const BEST = '//best/';

export async function saveCheckpoint(checkpoint: Checkpoint, target: WriteTarget): Promise<void> {
  const { state, blocks, best, progress } = checkpoint;
  const tensors = new Map<string, StoredTensor>(tensorsOf(state));
  for (const [prefix, group] of [
    [BLOCK, blocks],
    [BEST, best],
  ] as const)
    for (const [name, data] of group) tensors.set(prefix + name, stored(data));
  const bytes = writeSafetensors(tensors, writeDescription({ format: FORMAT, ...modelToJson(state), progress }));
  await writeBytes(target, bytes);
}

/**
 * A block as a tensor. The reference backend computes in doubles, which the format's readers here do not know: they are kept as
 * their two words each, i32 [length, 2], since a run that goes on from rounded ones is another run.
 */
function stored(data: HostArray): StoredTensor {
  if (data instanceof Float64Array) {
    const words = new Int32Array(data.slice().buffer);
    return { shape: [data.length, 2], data: words, dtype: 'i32' };
  }
  return { shape: [data.length], data, dtype: must(dtypeOf(data), 'a stored type') };
}

/** The block that `stored` made a tensor of; undefined for what it makes none. */
function blockOf({ data, shape }: StoredTensor): HostArray | undefined {
  if (data instanceof Int32Array && shape[1] === 2 && shape.length === 2)
    return new Float64Array(data.buffer, data.byteOffset, data.length / 2);
  return shape.length === 1 ? data : undefined;
}

/** What a checkpoint is made of. */
export async function readCheckpoint(
  source: ReadSource,
  options: LoadOptions,
): Promise<ConstructorParameters<typeof Checkpoint>> {
  const { tensors, metadata } = readSafetensors(await readBytes(source));
  const json = readDescription(metadata);
  const progress = progressFrom(json.progress);
  const leaves = new Map([...tensors].filter(([name]) => !name.startsWith('//')));
  const under = (prefix: string) =>
    new Map(
      [...tensors].flatMap(([name, tensor]) => {
        const data = name.startsWith(prefix) ? blockOf(tensor) : undefined;
        return data === undefined ? [] : [[name.slice(prefix.length), data] as const];
      }),
    );
  return [await modelFromJson(json, leaves, options), progress, under(BLOCK), under(BEST)];
}

function progressFrom(value: unknown): CheckpointProgress {
  const progress = Object(value) as Partial<CheckpointProgress>;
  const isCount = (count: unknown) => Number.isInteger(count) && (count as number) >= 0;
  const isObject = (part: unknown) => typeof part === 'object' && part !== null && !Array.isArray(part);
  const legal =
    isCount(progress.step) &&
    isCount(progress.at) &&
    typeof progress.rateScale === 'number' &&
    Array.isArray(progress.totals) &&
    progress.totals.every((total) => typeof total === 'number') &&
    Array.isArray(progress.history) &&
    progress.history.every(isObject) &&
    isObject(progress.callbacks) &&
    isObject(progress.settings) &&
    (progress.best === null || isObject(progress.best));
  if (legal) return progress as CheckpointProgress;
  throw new SaddlepointError(
    'file',
    value === undefined ? 'the file is a model, not a checkpoint' : "the checkpoint's record is damaged",
    'a checkpoint is what checkpoint.save wrote; to train a saved model anew give it to fit as the model',
  );
}
