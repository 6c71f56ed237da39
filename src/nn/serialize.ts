/** @file Models from plain JSON and to it; parameters are kept apart. What a layer is made by is loaded when the JSON names it. */
import { SaddlepointError, show, suggest } from '../core/errors.ts';
import { inOrder } from '../core/in-order.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { factories, factoryOf } from './factories.ts';
import type { Layer } from './layer.ts';

export { type LayerJson, layerToJson } from './layer.ts';

/** Builds a layer of one type again from the options that it was saved with. */
export type LayerFactory = (options: JsonObject, name: { readonly name?: string }) => Layer;

/** The layer of a part's JSON. */
export type BuildLayer = (json: Json) => Promise<Layer>;

/**
 * The layer that the JSON stands for.
 *
 * @param json what `layerToJson` gave; it may come from a file, so everything in it is checked.
 * @param extra factories of layers of one's own, by type; they come before the library's.
 * @throws SaddlepointError `file` if it is no layer, `option` with near names for an unknown type.
 */
export async function layerFromJson(json: Json, extra: Readonly<Record<string, LayerFactory>> = {}): Promise<Layer> {
  const build: BuildLayer = async (part) => {
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
    const options = (part.options ?? {}) as JsonObject;
    const named = name === undefined ? {} : { name };
    const own = Object.hasOwn(extra, type) ? extra[type] : undefined;
    const made = own === undefined ? await ofLibrary(type, options, named, build) : own(options, named);
    if (made !== undefined) return made;
    const known = [...Object.keys(factories), 'graph', 'packed', ...Object.keys(extra)];
    const help = `${suggest(type, known)}; give layerFromJson a factory for layers of your own`;
    throw new SaddlepointError('option', `layer: unknown type '${type}'`, help);
  };
  return build(json);
}

/** Options that are layers of their own. */
const PARTS = ['layer', 'layers', 'shortcut', 'merge', 'image', 'text'];

/** An option as its factory takes it: initializers and layers are built again. */
async function optionFrom(type: string, key: string, value: Json, build: BuildLayer): Promise<unknown> {
  if (/nitializer$/.test(key)) return (await import('./initializer-table.ts')).initializerFromJson(value);
  if (!PARTS.includes(key)) return value;
  if (key !== 'layers') return build(value);
  if (Array.isArray(value)) return inOrder(value.map(build));
  throw new SaddlepointError('file', `${type}: expected a list of layers, got ${show(value)}`);
}

/** A layer of the library; one that wraps a layer has the name of that layer. */
async function ofLibrary(
  type: string,
  json: JsonObject,
  name: { readonly name?: string },
  build: BuildLayer,
): Promise<Layer | undefined> {
  if (type === 'graph') return (await import('./graph-plan.ts')).graphFromJson(json, build, name);
  if (type === 'packed') {
    const { packedFromJson } = await import('./packed.ts');
    return packedFromJson(await build(json.model as Json), json.inputs, json.outputs, json.single);
  }
  const found = await factoryOf(type);
  if (found === undefined) return undefined;
  const [factory, first] = found;
  const given = await inOrder(
    Object.entries(json).map(async ([key, value]) => [key, await optionFrom(type, key, value, build)] as const),
  );
  const options: Record<string, unknown> = Object.fromEntries(given);
  const missing = first.find((key) => options[key] === undefined);
  if (missing !== undefined) throw new SaddlepointError('file', `${type}: the layer's option '${missing}' is missing`);
  const positional = first.map((key) => options[key]);
  for (const key of first) delete options[key];
  const isWrapper = type === 'weightNorm' || type === 'spectralNorm';
  const made = factory(...positional, isWrapper ? options : { ...options, ...name }) as Layer;
  return isWrapper ? { ...made, ...name } : made;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
