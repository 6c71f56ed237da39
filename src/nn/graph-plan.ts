/** @file A graph of layers as a list of steps: how it is called, and what of it may come from a file. */
import { SaddlepointError, show, suggest } from '../core/errors.ts';
import { inOrder } from '../core/in-order.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { sameShape, showShape } from '../core/shape.ts';
import { isTensor, type Tensor } from '../graph/tensor.ts';
import { type Context, type Layer, layer, layerError, layerToJson } from './layer.ts';
import type { NamedOption } from './options.ts';
import { sharedCall } from './shared.ts';

/** Places of values: the inputs come first, then the result of each step. */
export type Refs = number | readonly number[] | Readonly<Record<string, number>>;

/** A layer applied, or one of several outputs taken. */
export type Step = { readonly layer: number; readonly from: Refs } | { readonly output: string; readonly from: Refs };

export interface GraphPlan {
  readonly inputs: readonly { readonly name: string; readonly shape?: readonly number[] | undefined }[];
  /** Whether the model takes its only input as a tensor, or a record. */
  readonly single: boolean;
  readonly steps: readonly Step[];
  readonly outputs: Refs;
}

/** What the places hold, in the structure of the references. */
function valuesAt(refs: Refs, values: readonly unknown[]): unknown {
  if (typeof refs === 'number') return values[refs];
  if (Array.isArray(refs)) return refs.map((ref) => values[ref]);
  return Object.fromEntries(Object.entries(refs).map(([key, ref]) => [key, values[ref]]));
}

/** The model's inputs in their order, each a tensor of the shape that is stated. */
function inputsOf({ inputs, single }: GraphPlan, given: unknown, context: Context): Tensor[] {
  const names = inputs.map(({ name }) => name);
  const record = (single && isTensor(given) ? { [names[0] as string]: given } : Object(given)) as Record<
    string,
    unknown
  >;
  const unknown = isTensor(record) ? undefined : Object.keys(record).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw layerError('data', context, `graph: there is no input '${unknown}'`, suggest(unknown, names));
  return inputs.map(({ name, shape }) => {
    const x = isTensor(record) ? undefined : record[name];
    if (!isTensor(x)) {
      const got = isTensor(given)
        ? `one tensor ${showShape(given.shape)}`
        : `inputs ${Object.keys(record).join(', ') || 'none'}`;
      const help = `give a record of tensors: ${names.join(', ')}`;
      throw layerError('data', context, `graph: input '${name}' is missing, got ${got}`, help);
    }
    if (shape !== undefined && !sameShape(x.shape.slice(1), shape)) {
      const message = `graph: input '${name}' is stated as ${showShape(shape)} a row, got ${showShape(x.shape.slice(1))}`;
      throw layerError('shape', context, message, 'leave the shape out: it is inferred; or correct the data');
    }
    return x;
  });
}

/** The layer that runs a plan. */
export function layerOfPlan(
  plan: GraphPlan,
  layers: readonly Layer<never, unknown>[],
  { name }: NamedOption,
): Layer<never, unknown> {
  const inputs = plan.inputs.map(({ name, shape }) => (shape === undefined ? { name } : { name, shape: [...shape] }));
  const json = { ...plan, inputs, layers: layers.map((part) => layerToJson(part)) } as unknown as JsonObject;
  return layer<never, unknown>(
    'graph',
    json,
    (given, context) => {
      const values: unknown[] = inputsOf(plan, given, context);
      const calls = layers.map((part, i) => sharedCall(context, part as Layer<unknown, unknown>, i));
      for (const step of plan.steps) {
        const from = valuesAt(step.from, values);
        values.push('layer' in step ? calls[step.layer]?.(from) : outputAt(from, step.output, context));
      }
      return valuesAt(plan.outputs, values);
    },
    name,
  );
}

function outputAt(from: unknown, name: string, context: Context): Tensor {
  const record = isTensor(from) ? {} : (Object(from) as Record<string, unknown>);
  const found = Object.hasOwn(record, name) ? record[name] : undefined;
  if (isTensor(found)) return found;
  const message = `graph: outputOf: there is no output '${name}'`;
  throw layerError('option', context, message, suggest(name, Object.keys(record)));
}

/**
 * A graph from its JSON, which may come from a file: every reference must point to a value made before.
 * @throws SaddlepointError `file` if it is no plan of a graph.
 */
export async function graphFromJson(
  json: JsonObject,
  build: (json: Json) => Promise<Layer>,
  name: NamedOption,
): Promise<Layer> {
  const fail = (what: string, given: unknown): never => {
    throw new SaddlepointError(
      'file',
      `graph: expected ${what}, got ${show(given)}`,
      'the file is damaged, or no model',
    );
  };
  const list = (what: string, given: unknown): readonly Record<string, unknown>[] =>
    Array.isArray(given) ? given.map(Object) : fail(`a list of ${what}`, given);
  const inputs = list('inputs', json.inputs).map(({ name, shape }) => {
    if (typeof name !== 'string') return fail("an input's name", name);
    const isShape = Array.isArray(shape) && shape.every((size) => Number.isInteger(size) && size >= 1);
    return shape === undefined || isShape ? { name, shape: shape as number[] | undefined } : fail('a shape', shape);
  });
  const layers = await inOrder(list('layers', json.layers).map((part) => build(part as Json)));
  const refs = (given: unknown, made: number): Refs => {
    const all: unknown[] = typeof given === 'number' ? [given] : Object.values(Object(given));
    const isLegal =
      all.length > 0 && all.every((ref) => Number.isInteger(ref) && (ref as number) >= 0 && (ref as number) < made);
    return isLegal ? (given as Refs) : fail(`places of values below ${made}`, given);
  };
  const steps = list('steps', json.steps).map((step, i): Step => {
    const from = refs(step.from, inputs.length + i);
    if (typeof step.output === 'string') return { output: step.output, from };
    const at = step.layer as number;
    return Number.isInteger(at) && layers[at] !== undefined ? { layer: at, from } : fail('a layer of the list', at);
  });
  const outputs = refs(json.outputs, inputs.length + steps.length);
  if (inputs.length === 0 || typeof json.single !== 'boolean') return fail('inputs', json.inputs);
  const plan = { inputs, single: json.single, steps, outputs };
  return layerOfPlan(plan, layers as unknown as Layer<never, unknown>[], name) as unknown as Layer;
}
