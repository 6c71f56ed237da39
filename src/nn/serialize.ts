/** @file Models from plain JSON and to it; parameters are kept apart. */
import { SaddlepointError, show, suggest } from '../core/errors.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { type ActivationName, activation } from './activations.ts';
import { type BatchNormOptions, batchNorm } from './batch-norm.ts';
import { type Conv1dOptions, type Conv2dOptions, conv1d, conv2d } from './conv.ts';
import { type DenseOptions, dense } from './dense.ts';
import { dropout } from './dropout.ts';
import { type EmbeddingOptions, embedding } from './embedding.ts';
import { flatten } from './flatten.ts';
import { initializerFromJson } from './initializer-table.ts';
import type { Layer } from './layer.ts';
import { averagePool2d, globalAveragePool2d, globalMaxPool2d, maxPool2d } from './pool.ts';
import { sequential } from './sequential.ts';

export { type LayerJson, layerToJson } from './layer.ts';

/** Builds a layer of one type again from the options that it was saved with. */
export type LayerFactory = (options: JsonObject, name: { readonly name?: string }) => Layer;

/**
 * The layer that the JSON stands for.
 *
 * @param json what `layerToJson` gave; it may come from a file, so everything in it is checked.
 * @param extra factories of layers of one's own, by type; they come before the library's.
 * @throws SaddlepointError `file` if it is no layer, `option` with near names for an unknown type.
 */
export function layerFromJson(json: Json, extra: Readonly<Record<string, LayerFactory>> = {}): Layer {
  const build = (part: Json): Layer => {
    if (!isObject(part) || typeof part.type !== 'string' || !isObject(part.options ?? {})) {
      throw new SaddlepointError(
        'file',
        `layer: expected { type, options }, got ${show(part)}`,
        'the file is damaged, or no model',
      );
    }
    const { type, name } = part;
    if (name !== undefined && typeof name !== 'string') {
      throw new SaddlepointError('file', `layer: expected a string as name of '${type}', got ${show(name)}`);
    }
    const factories = { ...ownFactories(build), ...extra };
    const factory = Object.hasOwn(factories, type) ? factories[type] : undefined;
    if (factory !== undefined) return factory((part.options ?? {}) as JsonObject, name === undefined ? {} : { name });
    const help = `${suggest(type, Object.keys(factories))}; give layerFromJson a factory for layers of your own`;
    throw new SaddlepointError('option', `layer: unknown type '${type}'`, help);
  };
  return build(json);
}

/** Options whose initializers are built again. */
function withInitializers<O>({ kernelInitializer, biasInitializer, ...rest }: JsonObject): O {
  return {
    ...rest,
    ...(kernelInitializer === undefined ? {} : { kernelInitializer: initializerFromJson(kernelInitializer) }),
    ...(biasInitializer === undefined ? {} : { biasInitializer: initializerFromJson(biasInitializer) }),
  } as O;
}

function ownFactories(build: (json: Json) => Layer): Record<string, LayerFactory> {
  return {
    dense({ units, ...rest }, name) {
      return dense(units as number, { ...withInitializers<DenseOptions>(rest), ...name });
    },
    conv2d({ filters, kernelSize, ...rest }, name) {
      return conv2d(filters as number, kernelSize as [number, number], {
        ...withInitializers<Conv2dOptions>(rest),
        ...name,
      });
    },
    conv1d({ filters, kernelSize, ...rest }, name) {
      const [size] = kernelSize as [number];
      return conv1d(filters as number, size, { ...withInitializers<Conv1dOptions>(rest), ...name });
    },
    maxPool2d: ({ poolSize, ...rest }, name) => maxPool2d(poolSize as number, { ...rest, ...name }),
    averagePool2d: ({ poolSize, ...rest }, name) => averagePool2d(poolSize as number, { ...rest, ...name }),
    globalAveragePool2d: (_, name) => globalAveragePool2d(name),
    globalMaxPool2d: (_, name) => globalMaxPool2d(name),
    embedding: ({ vocabulary, dimension, initializer, ...rest }, name) =>
      embedding(vocabulary as number, dimension as number, {
        ...(rest as EmbeddingOptions),
        ...(initializer === undefined ? {} : { initializer: initializerFromJson(initializer) }),
        ...name,
      }),
    dropout: ({ rate }, name) => dropout(rate as number, name),
    activation: (options, name) => activation(options.activation as ActivationName, name),
    batchNorm: (options, name) => batchNorm({ ...(options as BatchNormOptions), ...name }),
    flatten: (_, name) => flatten(name),
    sequential({ layers }, name) {
      if (!Array.isArray(layers))
        throw new SaddlepointError('file', `sequential: expected a list of layers, got ${show(layers)}`);
      return sequential(layers.map(build), name);
    },
  };
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
