/** @file Several models as the bytes of one safetensors archive: the names of their tensors begin with the model's. */
import { SaddlepointError } from '../core/errors.ts';
import { inOrder } from '../core/in-order.ts';
import { readSafetensors, writeSafetensors } from '../io/safetensors.ts';
import type { TrainedModel } from './model.ts';
import {
  FORMAT,
  type LoadOptions,
  modelFromJson,
  modelToJson,
  readDescription,
  tensorsOf,
  writeDescription,
} from './model-file.ts';
import type { ModelState } from './state.ts';

export function modelsToBytes(models: Readonly<Record<string, TrainedModel<never>>>): Uint8Array {
  const all = Object.entries(models);
  const tensors = all.flatMap(([name, { state }]) =>
    [...tensorsOf(state)].map(([path, tensor]) => [`${name}/${path}`, tensor] as const),
  );
  const described = Object.fromEntries(all.map(([name, { state }]) => [name, modelToJson(state)]));
  return writeSafetensors(new Map(tensors), writeDescription({ format: FORMAT, models: described }));
}

/** @throws SaddlepointError `file` for anything that is not the whole of several models of a known format. */
export async function modelsFromBytes(
  bytes: Uint8Array,
  options: LoadOptions = {},
): Promise<Record<string, ModelState>> {
  const { tensors, metadata } = readSafetensors(bytes);
  const { models } = readDescription(metadata);
  if (models === null || typeof models !== 'object' || Array.isArray(models)) {
    throw new SaddlepointError('file', 'the file holds one model, not several', 'read it with loadModel');
  }
  const names = Object.keys(models);
  const foreign = [...tensors.keys()].filter((path) => !names.some((name) => path.startsWith(`${name}/`)));
  if (foreign.length > 0)
    throw new SaddlepointError(
      'file',
      `the tensors do not fit the models: unexpected ${foreign.slice(0, 12).join(', ')}`,
    );
  const read = Object.entries(models).map(async ([name, json]) => {
    const own = [...tensors].filter(([path]) => path.startsWith(`${name}/`));
    const under = new Map(own.map(([path, tensor]) => [path.slice(name.length + 1), tensor]));
    return [name, await inModel(name, () => modelFromJson(json, under, options))] as const;
  });
  return Object.fromEntries(await inOrder(read));
}

/** Reads one of the models; its errors say which. */
async function inModel<T>(name: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof SaddlepointError)) throw error;
    const [message = ''] = error.message.split('\n  help: ');
    throw new SaddlepointError(error.code, `${name}: ${message}`, error.help, { cause: error });
  }
}
