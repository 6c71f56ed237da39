/**
 * @file What a layer is: plain data and one function of a tensor and a context. The context gives it its parameters, its
 * random numbers and its place (path) in the model; the same function serves to create the parameters and to apply them.
 */
import { type ErrorCode, SaddlepointError, show, suggest } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { streamOf } from '../core/philox.ts';
import { type Shape, sameShape, showShape } from '../core/shape.ts';
import type { Spec } from '../graph/node.ts';
import type { Tensor } from '../graph/tensor.ts';
import { Trace } from '../graph/trace.ts';
import type { Initializer } from './initializers.ts';

/** Named tensors: the inputs or outputs of a model that has several. */
export type Tensors = Readonly<Record<string, Tensor>>;

/** `In` and `Out`: a tensor, unless said otherwise; a list for layers that merge, a record of named ones for graphs. */
export interface Layer<In = Tensor, Out = Tensor> {
  /** The name that its JSON is read by, such as 'dense'. */
  readonly type: string;
  /** Its segment of the path; default: its index in the parent. */
  readonly name?: string;
  /** Plain JSON; with `type` (and `name`) all that loading needs. */
  readonly options: JsonObject;
  /**
   * Where, in training, rows of a batch have to do with each other in what the layer itself does, such as 'compares the rows of a
   * minibatch': `last: 'pad'`, whose rows count for nothing by themselves, then refuses the model. Of its parts, each says it of itself.
   * A layer of one's own says it by `{ ...layer('sorted', {}, call), meetingRows: 'sorts the rows' }`.
   */
  readonly meetingRows?: string | undefined;
  call(x: In, context: Context): Out;
}

export interface Context {
  /** A constant of the trace: training and prediction are two graphs. */
  readonly mode: 'train' | 'predict';
  /** Of the layer being called: '' at the root, then '0', 'encoder/2' … */
  readonly path: string;
  /** The leaf `${path}/${name}` of the parameter tree; created by the initializer when the model is initialized. */
  parameter(name: string, shape: Shape, initializer: Initializer): Tensor;
  /**
   * As `parameter`, for a table whose rows are picked by index (`gather`, `gatherDot`, `gatherSum`) and which has many: its
   * gradient is kept by rows, and only rows that occur in a step change. Shape [rows, …].
   */
  table(name: string, shape: Shape, initializer: Initializer): Tensor;
  /**
   * As `parameter`, for what training keeps but no gradient changes, such as running statistics; `update` renews it. Its value
   * is that of the step's beginning.
   */
  state(name: string, shape: Shape, initializer: Initializer): Tensor;
  /**
   * The value of a state from the next step on. Only training steps keep it: prediction, and passes that a step makes besides
   * its own (an attack, a second look at the loss), leave states as they are.
   */
  update(name: string, value: Tensor): void;
  /** Calls a part under its own path; two parts of one path are refused. */
  child<In, Out>(layer: Layer<In, Out>, index: number, x: In): Out;
  /** Key and stream of fresh random numbers for this path, another stream at each call; only in train mode. */
  random(): { readonly key: Tensor; readonly stream: number };
}

/** Whether an optimizer changes a leaf, whole or by rows (a `table`), or the layer itself by `context.update`. */
export type LeafKind = 'trainable' | 'rows' | 'state';

/** A leaf of the parameter tree with its first values. */
export interface ParameterLeaf {
  readonly path: string;
  readonly kind: LeafKind;
  readonly shape: Shape;
  readonly data: Float32Array;
}

/**
 * A layer of one's own.
 *
 * @param type the name that its JSON carries; give `layerFromJson` a factory of that name to load it.
 * @param options plain JSON: what the factory needs to build it again.
 * @param call the layer's function; parameters come from `context.parameter`, parts are called by `context.child`.
 * @param name its path segment; default: its index in the parent.
 * @example
 * const scale = (start) => layer('scale', { start }, (x, context) =>
 *   mul(x, context.parameter('factor', x.shape.slice(1), constant(start))));
 */
export function layer<In = Tensor, Out = Tensor>(
  type: string,
  options: JsonObject,
  call: Layer<In, Out>['call'],
  name?: string,
): Layer<In, Out> {
  if (name !== undefined && (name === '' || name.includes('/'))) {
    throw new SaddlepointError(
      'option',
      `${type}.name: ${show(name)} is no path segment`,
      "a name is not empty and has no '/'",
    );
  }
  return { type, ...(name && { name }), options, call };
}

/** A layer as plain JSON. */
export interface LayerJson extends JsonObject {
  readonly type: string;
  readonly options: JsonObject;
}

/** The layer as JSON: type, name if it has one, options. Parameters are not part of it. */
export function layerToJson({ type, name, options }: Pick<Layer, 'type' | 'name' | 'options'>): LayerJson {
  return { type, ...(name && { name }), options };
}

/** An error that names the layer it arose in. */
export function layerError(
  code: ErrorCode,
  context: Pick<Context, 'path'>,
  message: string,
  help?: string,
): SaddlepointError {
  return new SaddlepointError(code, context.path === '' ? message : `${message} (in layer '${context.path}')`, help);
}

/** @internal The path of a leaf or a part of the layer at a path. */
export const pathIn = (path: string, segment: string): string => (path === '' ? segment : `${path}/${segment}`);

/** The masks of tensors that stand for padded sequences. They are no part of a tensor: ops know nothing of them. */
const masks = new WeakMap<object, Tensor | undefined>();

/**
 * Which steps of a tensor [n, steps, …] count: [n, steps], 0 where a step is padding. Undefined: all count.
 *
 * Made by `masking`, `embedding({ maskId })` or `withMask`. A result of a layer that keeps the steps, [n, steps, …] of rank 3 or
 * more, has the mask of the layer's input, unless the layer gave it another: who writes a layer need not think of it.
 */
export const maskOf = (x: unknown): Tensor | undefined => masks.get(x as object);

/** The tensor itself, which has this mask from now on; undefined: none, whatever the layer's input has. */
export function withMask(x: Tensor, mask: Tensor | undefined): Tensor {
  masks.set(x, mask);
  return x;
}

/** @internal A layer's result, with the mask of its input where the steps are kept. */
export function called<In, Out>(part: Layer<In, Out>, x: In, context: Context): Out {
  const y = part.call(x, context) as Out & Spec;
  const mask = maskOf(x);
  // Also where there is none, so that what a part ended does not come back at the end of the whole.
  if (!masks.has(y))
    masks.set(y, mask && y.shape?.[2] && sameShape(y.shape.slice(0, 2), mask.shape) ? mask : undefined);
  return y;
}

/** @internal What differs between creating parameters and applying them. */
interface Run {
  readonly mode: Context['mode'];
  readonly trace: Trace | undefined;
  readonly key: Tensor | undefined;
  /** Gets the new values of states, where they are kept. */
  readonly updates: Map<string, Tensor> | undefined;
  leaf(path: string, kind: LeafKind, shape: Shape, initializer: Initializer): Tensor;
}

/** @internal Calls a model at the root of the paths. */
export function callRoot<In, Out>(model: Layer<In, Out>, x: In, run: Run): Out {
  const taken = new Set<string>();
  const claim = (path: string): void => {
    if (taken.has(path)) {
      throw new SaddlepointError(
        'option',
        `two parameters or layers of one model have the path '${path}'`,
        'give one of them another name',
      );
    }
    taken.add(path);
  };
  const contextAt = (path: string): Context => {
    let draws = 0;
    const states = new Map<string, Shape>();
    const leaf =
      (kind: LeafKind): Context['parameter'] =>
      (name, shape, initializer) => {
        const own = pathIn(path, name);
        claim(own);
        if (kind === 'state') states.set(name, shape);
        return run.leaf(own, kind, shape, initializer);
      };
    return {
      mode: run.mode,
      path,
      parameter: leaf('trainable'),
      table: leaf('rows'),
      state: leaf('state'),
      update(name, value) {
        const shape = states.get(name);
        if (!shape || !sameShape(shape, value.shape)) {
          const known = shape ? `a state of shape ${showShape(shape)}` : 'no such state';
          const message = `update: '${name}' is ${known}, the value has shape ${showShape(value.shape)}`;
          throw layerError('shape', { path }, message, 'create it by context.state first, in the same shape');
        }
        run.updates?.set(pathIn(path, name), value);
      },
      child(part, index, input) {
        const inner = pathIn(path, part.name ?? String(index));
        claim(inner);
        const call = () => called(part, input, contextAt(inner));
        return run.trace ? run.trace.within(inner, call) : call();
      },
      random() {
        if (run.mode !== 'train' || !run.key) {
          const message = 'random numbers are drawn in train mode only, which needs a key';
          throw layerError('option', { path }, message, 'give applyModel { key }: i32 [seed, step, iteration]');
        }
        return { key: run.key, stream: streamOf(path, draws++) };
      },
    };
  };
  return called(model, x, contextAt(''));
}

/** `initialize` of any input: `enter` makes it of the trace's inputs, and the output is traced. */
export function initializeBy<In, Out>(
  model: Layer<In, Out>,
  enter: (trace: Trace) => In,
  seed: number,
): { parameters: ParameterLeaf[]; output: Out } {
  const trace = new Trace();
  const parameters: ParameterLeaf[] = [];
  const output = callRoot(model, enter(trace), {
    mode: 'predict',
    trace,
    key: undefined,
    updates: undefined,
    leaf(path, kind, shape, initializer) {
      parameters.push({ path, kind, shape, data: initializer.draw(shape, { seed, stream: streamOf(path) }) });
      return trace.input({ shape, dtype: 'f32' });
    },
  });
  return { parameters, output };
}

/**
 * Infers every shape and creates the parameters, by one abstract trace in predict mode; no layer's arithmetic is run.
 * `initializeNamed` does so for models of several inputs or outputs.
 *
 * @param input the type of the input, with a batch dimension of 1 in front.
 * @param seed of all parameters: a whole number; equal seeds give equal bits. A leaf's values depend on the seed, its path and
 *   its shape alone.
 * @returns the leaves in the order in which the layers ask for them, and the type of the output.
 * @throws SaddlepointError `shape` with the layer's path where shapes do not fit.
 */
export function initialize(model: Layer, input: Spec, seed: number): { parameters: ParameterLeaf[]; output: Spec } {
  const { parameters, output } = initializeBy(model, (trace) => trace.input(input), seed);
  return { parameters, output: { shape: output.shape, dtype: output.dtype } };
}

/**
 * Applies a model to a tensor, or to a record of named ones. `maskOf` has the mask of what it gives.
 *
 * @param parameters by path, as `initialize` names them; traced or host tensors.
 * @param x [n, ...]; traced or host; one that `withMask` gave a mask is a padded sequence.
 * @param options mode: 'train' or 'predict'; key: i32 [seed, step, iteration], needed in train mode by layers that draw;
 *   updates: gets the new values of states by path; without it they are not kept.
 * @throws SaddlepointError `shape` naming the path of a parameter that is missing or has another shape.
 */
export function applyModel<In = Tensor, Out = Tensor>(
  model: Layer<In, Out>,
  parameters: ReadonlyMap<string, Tensor>,
  x: In,
  options: { readonly mode: Context['mode']; readonly key?: Tensor; readonly updates?: Map<string, Tensor> },
): Out {
  // The parameters of a step are traced; x matters to a model that has none.
  const tensors = [x as Tensor, ...parameters.values(), options.key];
  return callRoot(model, x, {
    mode: options.mode,
    trace: tensors.find((t) => t?.traced)?.traced?.trace,
    key: options.key,
    updates: options.mode === 'train' ? options.updates : undefined,
    leaf(path, _kind, shape) {
      const found = parameters.get(path);
      if (!found) {
        throw new SaddlepointError('shape', `parameter '${path}' is missing`, suggest(path, [...parameters.keys()]));
      }
      if (!sameShape(found.shape, shape)) {
        const message = `parameter '${path}' has shape ${showShape(found.shape)}, the model expects ${showShape(shape)}`;
        throw new SaddlepointError('shape', message, 'these parameters belong to another model or another input size');
      }
      return found;
    },
  });
}
