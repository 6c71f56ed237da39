/** @file A model at a glance: layers with shapes, parameters, operations and bytes. */
import { BYTES } from '../core/dtype.ts';
import { SaddlepointError, show } from '../core/errors.ts';
import { type Shape, showShape, sizeOf } from '../core/shape.ts';
import type { Node, Spec } from '../graph/node.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { Layer } from '../nn/layer.ts';
import { traceModel } from '../nn/named.ts';
import { flopsOf } from '../ops/flops.ts';
import { isTrainedModel, type TrainedModel } from '../train/model.ts';
import { short, textTable } from './table.ts';

/** One layer of a model, as `summary` lists it. */
export interface LayerSummary {
  readonly path: string;
  readonly type: string;
  /** Of one row; of each output by name where there are several. */
  readonly outputShape: Shape | Readonly<Record<string, Shape>>;
  /** Numbers that the optimizer changes, and that the layer does; those of its parts not counted. */
  readonly parameters: number;
  readonly states: number;
  /** Floating-point operations of the forward pass for one row; those of its parts not counted. */
  readonly flops: number;
  /** Bytes of what it computes for one row. */
  readonly activationBytes: number;
}

/** A model's layers and its sums; `toString` prints them as a table. */
export interface ModelSummary {
  readonly layers: readonly LayerSummary[];
  readonly parameters: number;
  readonly states: number;
  readonly flops: number;
  /** Of parameters and states, as f32. */
  readonly bytes: number;
  readonly activationBytes: number;
  toString(): string;
}

const specOf = (shape: Shape | Readonly<Record<string, Shape>>): Spec | Readonly<Record<string, Spec>> =>
  isShape(shape) ? { shape: [1, ...shape], dtype: 'f32' } : mapShapes(shape, (one) => specOf(one) as Spec);

const isShape = (value: unknown): value is Shape => Array.isArray(value);

function mapShapes<R>(
  shapes: Readonly<Record<string, Shape>>,
  f: (shape: Shape, name: string) => R,
): Readonly<Record<string, R>> {
  return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, f(shape, name)]));
}

/**
 * Layers with shapes, parameters, floating-point operations and bytes. Nothing is computed: the model is traced on one row.
 *
 * @param model a layer or a trained model.
 * @param inputShape of one row, such as [28, 28, 1], or of each input by name; a trained model knows it.
 * @returns data with a `toString()` that is a table. A product of [m, k] and [k, n] counts 2·m·n·k operations, an elementwise
 *   function 1 an element; layers in a loop are counted for all its turns.
 * @throws SaddlepointError `option` without an input shape, `shape` where it does not fit.
 * @example console.log(String(summary(sequential([dense(128, { activation: 'relu' }), dense(10)]), [784])));
 */
export function summary<In = Tensor, Out = Tensor>(
  model: Layer<In, Out> | TrainedModel,
  inputShape?: Shape | Readonly<Record<string, Shape>>,
): ModelSummary {
  const trained = isTrainedModel(model as Layer) ? (model as TrainedModel) : undefined;
  const layer = trained?.state.layer ?? (model as Layer);
  const shape = inputShape ?? trained?.state.inputShape;
  if (!isShape(shape) && (typeof shape !== 'object' || !Object.values(shape).every(isShape))) {
    throw new SaddlepointError(
      'option',
      `summary: expected the shape of one row, got ${show(shape)}`,
      'for example summary(model, [784]); a trained model knows it',
    );
  }
  const { nodes, calls, leaves } = traceModel(layer, specOf(shape));
  const own = <T extends { readonly path: string }>(items: readonly T[], path: string): T[] =>
    items.filter((item) => item.path === path);
  const parent = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));
  const known = new Set(calls.map(({ path }) => path));
  // A leaf of '0/gate/kernel' belongs to the layer '0' when there is no layer '0/gate'.
  const ownerOf = (leaf: string): string => {
    let path = parent(leaf);
    while (path !== '' && !known.has(path)) path = parent(path);
    return path;
  };
  const count = (path: string, isState: boolean): number =>
    leaves
      .filter((leaf) => (leaf.kind === 'state') === isState && ownerOf(leaf.path) === path)
      .reduce((sum, leaf) => sum + sizeOf(leaf.shape), 0);
  const bytesOf = (made: readonly Node[]): number =>
    made.flatMap(({ outputs }) => outputs).reduce((sum, value) => sum + sizeOf(value.shape) * BYTES[value.dtype], 0);
  const layers = calls.map(
    ({ path, type, output }): LayerSummary => ({
      ...{ path, type, outputShape: isShape(output) ? output.slice(1) : mapShapes(output, (shape) => shape.slice(1)) },
      parameters: count(path, false),
      states: count(path, true),
      flops: own(nodes, path).reduce((sum, node) => sum + flopsOf(node), 0),
      activationBytes: bytesOf(own(nodes, path)),
    }),
  );
  const total = (of: (row: LayerSummary) => number): number => layers.reduce((sum, row) => sum + of(row), 0);
  const sums = {
    parameters: total((row) => row.parameters),
    states: total((row) => row.states),
    flops: total((row) => row.flops),
    activationBytes: total((row) => row.activationBytes),
  };
  return {
    layers,
    ...sums,
    bytes: 4 * (sums.parameters + sums.states),
    toString() {
      const cells = layers.map((row) => [
        row.path === '' ? '(model)' : row.path,
        row.type,
        isShape(row.outputShape)
          ? showShape(row.outputShape)
          : Object.values(mapShapes(row.outputShape, (shape, name) => `${name} ${showShape(shape)}`)).join(', '),
        ...[row.parameters, row.states, row.flops, row.activationBytes].map(short),
      ]);
      const header = ['layer', 'type', 'output', 'parameters', 'states', 'FLOPs a row', 'bytes a row'];
      const end = `${short(sums.parameters)} parameters, ${short(sums.states)} states: ${short(4 * (sums.parameters + sums.states))} bytes; ${short(sums.flops)} FLOPs a row`;
      return `${textTable(header, cells, ['layer', 'type', 'output'])}\n${end}`;
    },
  };
}
