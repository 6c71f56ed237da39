/** @file What layers do with their options: as JSON, and errors of ops that name the layer. */
import { checkKnownOptions, SaddlepointError, show } from '../core/errors.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { type Initializer, initializerToJson } from './initializers.ts';
import { type Context, type Layer, layerError, layerToJson } from './layer.ts';

/** An option that every layer has. */
export interface NamedOption {
  /** The layer's path segment; default: its index. */
  readonly name?: string;
}

/** Options as JSON: without the name and what was not given; initializers and layers as theirs. */
export function optionsToJson(options: object): JsonObject {
  const entries = Object.entries(options).filter(([key, value]) => value !== undefined && key !== 'name');
  return Object.fromEntries(entries.map(([key, value]) => [key, toJson(value)]));
}

function toJson(value: unknown): Json {
  if (Array.isArray(value)) return value.map(toJson);
  if (isLayer(value)) return layerToJson(value);
  if (typeof value === 'object' && value !== null && 'draw' in value) return initializerToJson(value as Initializer);
  return value as Json;
}

/** Whether it is a layer. */
export function isLayer(value: unknown): value is Layer {
  const { call, type } = Object(value) as Partial<Layer>;
  return typeof call === 'function' && typeof type === 'string';
}

/** @throws SaddlepointError `option` if it is no layer. */
export function checkLayer(option: string, given: unknown): void {
  if (isLayer(given)) return;
  throw new SaddlepointError(
    'option',
    `${option}: expected a layer, got ${show(given)}`,
    'call the factory: dense(10), not dense',
  );
}

/** @throws SaddlepointError `option` unless it is a list of layers that is not empty. */
export function checkLayers(option: string, given: unknown): void {
  if (!Array.isArray(given) || given.length === 0)
    throw new SaddlepointError('option', `${option}: expected a list of layers, got ${show(given)}`);
  given.forEach((part, i) => {
    checkLayer(`${option}[${i}]`, part);
  });
}

/** Checks that options are known and that those of these names are true or false where they are given. */
export function checkOptions(type: string, options: object, legal: readonly string[], flags: readonly string[]): void {
  checkKnownOptions(type, options, [...legal, ...flags, 'name']);
  for (const flag of flags) {
    const given = (options as Record<string, unknown>)[flag];
    if (given !== undefined && typeof given !== 'boolean')
      throw new SaddlepointError('option', `${type}.${flag}: expected true or false, got ${show(given)}`);
  }
}

/** Errors of the op, with the layer that they arose in. */
export function inLayer<T>(context: Context, f: () => T): T {
  try {
    return f();
  } catch (error) {
    if (!(error instanceof SaddlepointError) || error.message.includes('(in layer ')) throw error;
    const [message = ''] = error.message.split('\n  help: ');
    throw layerError(error.code, context, message, error.help);
  }
}
