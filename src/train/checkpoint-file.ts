/** @file Checkpoints as safetensors: the model's leaves by path, so that any reader finds them, then blocks, then JSON. */
import { SaddlepointError } from '../core/errors.ts';
import { type ReadSource, readBytes, type WriteTarget, writeBytes } from '../io/place.ts';
import { readSafetensors, writeSafetensors } from '../io/safetensors.ts';
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
  const tensors = new Map<
    string,
    Parameters<typeof writeSafetensors>[0] extends ReadonlyMap<string, infer T> ? T : never
  >(tensorsOf(state));
  for (const [prefix, group] of [
    [BLOCK, blocks],
    [BEST, best],
  ] as const)
    for (const [name, data] of group)
      tensors.set(prefix + name, { shape: [data.length], data: data as Float32Array, dtype: 'f32' });
  const bytes = writeSafetensors(tensors, writeDescription({ format: FORMAT, ...modelToJson(state), progress }));
  await writeBytes(target, bytes);
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
      [...tensors].flatMap(([name, { data }]) =>
        name.startsWith(prefix) && data instanceof Float32Array ? [[name.slice(prefix.length), data] as const] : [],
      ),
    );
  return [modelFromJson(json, leaves, options), progress, under(BLOCK), under(BEST)];
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
