/** @file Initializers from plain JSON. */
import { SaddlepointError, show, suggest } from '../core/errors.ts';
import type { Json, JsonObject } from '../core/json.ts';
import * as initializers from './initializers.ts';
import { deltaOrthogonal, identity, orthogonal } from './initializers-orthogonal.ts';
import { sparse } from './initializers-sparse.ts';

const { constant, randomNormal, randomUniform, truncatedNormal, varianceScaling } = initializers;
const { glorotNormal, glorotUniform, heNormal, heUniform, lecunNormal, lecunUniform, ones, zeros } = initializers;

const table: Readonly<Record<string, (options: JsonObject) => initializers.Initializer>> = {
  varianceScaling,
  glorotUniform,
  glorotNormal,
  heUniform,
  heNormal,
  lecunUniform,
  lecunNormal,
  orthogonal,
  deltaOrthogonal,
  identity,
  randomUniform: ({ bound }) => randomUniform(bound as number),
  randomNormal: ({ deviation }) => randomNormal(deviation as number),
  truncatedNormal: ({ deviation }) => truncatedNormal(deviation as number),
  sparse: ({ count, deviation }) => sparse(count as number, { deviation: deviation as number }),
  zeros,
  ones,
  constant: ({ value }) => constant(value as number),
};

/**
 * The initializer that the JSON stands for.
 * @throws SaddlepointError `option` with near names for an unknown one.
 */
export function initializerFromJson(json: Json): initializers.Initializer {
  const { name, options = {} } = (typeof json === 'string' ? { name: json } : json) as {
    name: string;
    options?: JsonObject;
  };
  const make = Object.hasOwn(table, name) ? table[name] : undefined;
  if (make !== undefined) return make(options);
  throw new SaddlepointError(
    'option',
    `initializer: unknown name ${show(name)}`,
    suggest(String(name), Object.keys(table)),
  );
}
