/** @file What a Keras model is made of, from its config: Keras 2 and 3 write the same things differently. */
import { SaddlepointError, show } from '../../core/errors.ts';
import type { Shape } from '../../core/shape.ts';

/** Options of a layer, as Keras writes them. */
export type KerasConfig = Readonly<Record<string, unknown>>;

export interface KerasLayer {
  readonly className: string;
  readonly name: string;
  readonly config: KerasConfig;
  /** Names of the layers that it is applied to. */
  readonly from: readonly string[];
}

export interface KerasModel {
  /** In the order of the config, which is that of `get_weights()`; without inputs. */
  readonly layers: readonly KerasLayer[];
  readonly input: string;
  readonly output: string;
  /** Of one row; null where it is open. */
  readonly inputShape: readonly (number | null)[] | undefined;
}

type Json = Readonly<Record<string, unknown>>;
const record = (value: unknown): Json => Object(value) as Json;
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const damaged = (what: string, help?: string): SaddlepointError =>
  new SaddlepointError('file', `importKeras: ${what}`, help);

/**
 * The layers of a config: of `model.to_json()`, of the `config.json` in a `.keras` file, or of the `model.json` of TensorFlow.js.
 *
 * @throws SaddlepointError `file` for what is none, several inputs or outputs, layers applied twice, and models in models.
 */
export function readConfig(given: unknown): KerasModel {
  const root = rootOf(given);
  const config = record(root.config);
  const isSequential = root.class_name === 'Sequential';
  if (!isSequential && root.class_name !== 'Functional' && root.class_name !== 'Model')
    throw damaged(
      `expected a Sequential or Functional model, got class_name ${show(root.class_name)}`,
      'give what model.to_json() returns; a subclassed model has no config',
    );
  // Keras before 2.2.3 has the list itself as the config of a Sequential.
  const all = list(Array.isArray(root.config) ? root.config : config.layers).map(record);
  if (all.length === 0) throw damaged('the model has no layers');
  const read = all.map((json): KerasLayer => {
    const own = record(json.config);
    const name = String(json.name ?? own.name ?? '');
    return { className: String(json.class_name), name, config: own, from: isSequential ? [] : applied(name, json) };
  });
  const layers = read.filter(({ className }) => className !== 'InputLayer');
  const inputs = read.filter(({ className }) => className === 'InputLayer');
  const first = inputs[0] ?? read[0];
  const shape = list(first?.config.batch_shape ?? first?.config.batch_input_shape).slice(1) as (number | null)[];
  const inputShape = shape.length === 0 ? undefined : shape;
  if (isSequential) {
    const names = ['', ...layers.map(({ name }) => name)];
    const chained = layers.map((layer, i) => ({ ...layer, from: [names[i] as string] }));
    return { layers: chained, input: '', output: names.at(-1) as string, inputShape };
  }
  const [input, output] = (['input_layers', 'output_layers'] as const).map((key) => onlyName(key, config[key]));
  return { layers, input: input as string, output: output as string, inputShape };
}

/** The object with `class_name` and `config`, wherever a file has it. */
function rootOf(given: unknown): Json {
  let json = given;
  if (typeof given === 'string') {
    try {
      json = JSON.parse(given);
    } catch (cause) {
      throw new SaddlepointError('file', 'importKeras: the config is no JSON', undefined, { cause });
    }
  }
  const topology = record(record(json).modelTopology ?? json);
  return record(topology.model_config ?? topology);
}

/** `[['a', 0, 0]]` of Keras 2, `['a', 0, 0]` of Keras 3. */
function onlyName(key: string, value: unknown): string {
  const names = typeof list(value)[0] === 'string' ? [list(value)[0]] : list(value).map((ref) => list(ref)[0]);
  if (names.length === 1 && typeof names[0] === 'string') return names[0];
  throw damaged(`${key}: one is expected, the model has ${names.length}: ${names.join(', ')}`);
}

/** What a layer of a functional model is applied to, in either form of `inbound_nodes`. */
function applied(name: string, { inbound_nodes: nodes }: Json): string[] {
  const all = list(nodes);
  if (all.length > 1) throw damaged(`the layer '${name}' is applied ${all.length} times; once can be read`);
  const [node] = all;
  if (Array.isArray(node)) return (typeof node[0] === 'string' ? [node] : node).map((ref) => String(list(ref)[0]));
  return tensorsIn(record(node).args);
}

/** The layers behind the symbolic tensors of Keras 3, wherever they stand among the arguments. */
function tensorsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(tensorsIn);
  const { class_name: className, config } = record(value);
  return className === '__keras_tensor__' ? [String(list(record(config).keras_history)[0])] : [];
}

/** The shape of a row; a given one fills what the config leaves open. */
export function rowShape({ inputShape }: KerasModel, given: Shape | undefined): Shape {
  const shape = given ?? inputShape ?? [];
  if (shape.length > 0 && shape.every((size) => Number.isInteger(size) && (size as number) >= 1)) return shape as Shape;
  throw new SaddlepointError(
    'option',
    `importKeras.inputShape: the config leaves the shape of a row open: ${show(inputShape ?? 'not stated')}`,
    'give { inputShape }: for images [height, width, channels]',
  );
}
