/** @file The weights of a Keras model: in order, by name, or as bytes with a manifest; and what of them is which leaf of ours. */
import { SaddlepointError } from '../../core/errors.ts';
import { type Shape, showShape, sizeOf } from '../../core/shape.ts';
import type { KerasLayer } from './config.ts';

/** One weight of a Keras model, as Keras lays it out. */
export interface Weight {
  readonly shape: Shape;
  readonly data: ArrayLike<number>;
}

/** In the order of `get_weights()`; by name; or the bytes of a manifest's shards, one after the other. */
export type KerasWeights = readonly Weight[] | Readonly<Record<string, Weight>> | Uint8Array;

export interface WeightSource {
  /** The weight of a layer with that name of its own; in order where there are no names. */
  next(layer: string, variable: string): Weight | undefined;
  /** What nobody has asked for. */
  rest(): readonly string[];
}

/** @throws SaddlepointError `file` for bytes without a manifest, of another length, or of other types than float32. */
export function weightSource(config: unknown, weights: KerasWeights): WeightSource {
  if (Array.isArray(weights)) return ordered(weights as readonly Weight[]);
  return byName(
    weights instanceof Uint8Array ? decoded(config, weights) : (weights as Readonly<Record<string, Weight>>),
  );
}

function ordered(weights: readonly Weight[]): WeightSource {
  let at = 0;
  return {
    next: () => weights[at++],
    rest: () => weights.slice(at).map((weight, i) => `weight ${at + i} ${showShape(weight.shape)}`),
  };
}

/** Names end with the layer's and the weight's own; Keras 3 puts the model's before it, and that of a cell between them. */
function byName(weights: Readonly<Record<string, Weight>>): WeightSource {
  const left = new Set(Object.keys(weights));
  return {
    next(layer, variable) {
      const wanted = variable.split('/').map((part) => new RegExp(`^${part.replace('*', '.*')}$`));
      const found = [...left].filter((name) => {
        const parts = name.replace(/:\d+$/, '').split('/');
        const own = parts.slice(parts.indexOf(layer) + 1);
        const last = own.pop() ?? '';
        const isOwn = (part: RegExp, i: number) =>
          i === wanted.length - 1 ? isVariable(part, last) : own.some((one) => part.test(one));
        return parts.includes(layer) && wanted.every(isOwn);
      });
      if (found.length !== 1) return undefined;
      left.delete(found[0] as string);
      return weights[found[0] as string];
    },
    rest: () => [...left],
  };
}

/** Keras 3 calls the kernel of a depthwise convolution `kernel`. */
const isVariable = (wanted: RegExp, name: string): boolean =>
  wanted.test(name) || (name === 'kernel' && wanted.test('depthwise_kernel'));

function decoded(config: unknown, bytes: Uint8Array): Record<string, Weight> {
  const json = typeof config === 'string' ? JSON.parse(config) : config;
  const manifest = (Object(json) as { weightsManifest?: unknown }).weightsManifest;
  if (!Array.isArray(manifest))
    throw new SaddlepointError(
      'file',
      'importKeras: bytes need the weightsManifest of a model.json',
      'without one give model.get_weights() in its order, or tensors by name',
    );
  const weights: Record<string, Weight> = Object.create(null);
  let at = 0;
  for (const entry of manifest.flatMap((group) => Object(group).weights ?? [])) {
    const { name, shape, dtype, quantization } = Object(entry);
    const isShape = Array.isArray(shape) && shape.every((size) => Number.isInteger(size) && size >= 0);
    if (dtype !== 'float32' || quantization !== undefined || !isShape)
      throw new SaddlepointError(
        'file',
        `importKeras: '${name}' is ${quantization ? 'quantized' : dtype}, only float32 can be read`,
      );
    const end = at + 4 * sizeOf(shape);
    if (end > bytes.length) break;
    weights[String(name)] = { shape, data: new Float32Array(bytes.slice(at, end).buffer) };
    at = end;
  }
  if (
    at === bytes.length &&
    Object.keys(weights).length === manifest.flatMap((group) => Object(group).weights ?? []).length
  )
    return weights;
  throw new SaddlepointError(
    'file',
    `importKeras: the manifest does not fit the ${bytes.length} bytes of weights`,
    'give all shards, one after the other in the order of the manifest',
  );
}

/**
 * Our leaves of one of Keras's weights. A GRU's columns stand update, reset, candidate there, and reset, update, candidate here;
 * its bias of two rows is two biases.
 */
export function ownValues(
  { className, config }: KerasLayer,
  leaf: string,
  weight: Weight,
): (readonly [string, Weight])[] {
  const inner = (Object(config.layer) as { class_name?: string }).class_name;
  const isGru = className === 'GRU' || inner === 'GRU';
  if (!isGru) return [[leaf, weight]];
  const own = { ...weight, data: gatesSwapped(weight) };
  const names = leaf.split('+');
  if (names.length === 1) return [[leaf, own]];
  const columns = weight.shape.at(-1) as number;
  return names.map((name, row) => {
    // Without reset_after there is one bias; ours beside the recurrent product is then 0.
    const data = Array.from({ length: columns }, (_, i) => own.data[row * columns + i] ?? 0);
    return [name, { shape: [columns], data }] as const;
  });
}

function gatesSwapped({ shape, data }: Weight): number[] {
  const columns = shape.at(-1) as number;
  const units = columns / 3;
  return Array.from({ length: data.length }, (_, i) => {
    const column = i % columns;
    const swapped = column < units ? column + units : column < 2 * units ? column - units : column;
    return data[i - column + swapped] as number;
  });
}
