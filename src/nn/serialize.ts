/** @file Models from plain JSON and to it; parameters are kept apart. */
import { SaddlepointError, show, suggest } from '../core/errors.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { factories } from './factories.ts';
import { graphFromJson } from './graph-plan.ts';
import { initializerFromJson } from './initializer-table.ts';
import type { Layer } from './layer.ts';
import { packedFromJson } from './packed.ts';

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
    const factory = Object.hasOwn(extra, type) ? extra[type] : ownFactory(type, build);
    if (factory !== undefined) return factory((part.options ?? {}) as JsonObject, name === undefined ? {} : { name });
    const known = [...Object.keys(factories), 'graph', 'packed', ...Object.keys(extra)];
    const help = `${suggest(type, known)}; give layerFromJson a factory for layers of your own`;
    throw new SaddlepointError('option', `layer: unknown type '${type}'`, help);
  };
  return build(json);
}

/** Options that are layers of their own. */
const PARTS = ['layer', 'layers', 'shortcut', 'merge', 'image', 'text'];

/** An option as its factory takes it: initializers and layers are built again. */
function optionFrom(type: string, key: string, value: Json, build: (json: Json) => Layer): unknown {
  if (/nitializer$/.test(key)) return initializerFromJson(value);
  if (!PARTS.includes(key)) return value;
  if (key !== 'layers') return build(value);
  if (Array.isArray(value)) return value.map(build);
  throw new SaddlepointError('file', `${type}: expected a list of layers, got ${show(value)}`);
}

/** The library's factories; one that wraps a layer has the name of that layer. */
function ownFactory(type: string, build: (json: Json) => Layer): LayerFactory | undefined {
  if (type === 'graph') return (options, name) => graphFromJson(options, build, name);
  if (type === 'packed')
    return ({ model, inputs, outputs, single }) => packedFromJson(build(model as Json), inputs, outputs, single);
  const row = Object.hasOwn(factories, type) ? factories[type] : undefined;
  if (row === undefined) return undefined;
  const [factory, ...first] = row;
  return (given, name) => {
    const options = Object.fromEntries(
      Object.entries(given).map(([key, value]) => [key, optionFrom(type, key, value, build)]),
    );
    const missing = first.find((key) => options[key] === undefined);
    if (missing !== undefined)
      throw new SaddlepointError('file', `${type}: the layer's option '${missing}' is missing`);
    const positional = first.map((key) => options[key]);
    for (const key of first) delete options[key];
    const isWrapper = type === 'weightNorm' || type === 'spectralNorm';
    const made = (factory as (...all: unknown[]) => Layer)(
      ...positional,
      isWrapper ? options : { ...options, ...name },
    );
    return isWrapper ? { ...made, ...name } : made;
  };
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
