/** @file Looks at a model on rows of its training data: loss, what layers answer, gradients, products with the Hessian. */
import { vjp } from '../../autodiff/grad.ts';
import { hvp } from '../../autodiff/hvp.ts';
import { must } from '../../core/errors.ts';
import { sizeOf } from '../../core/shape.ts';
import { compile } from '../../engine/compile.ts';
import { BLOCKS, scaled, weighed } from '../../engine/step.ts';
import { type Tensor, tensor } from '../../graph/tensor.ts';
import type { Context, Layer } from '../../nn/layer.ts';
import { concat } from '../../ops/concat.ts';
import { abs, equal, float, greater, sqrt, square, sub } from '../../ops/elementwise.ts';
import { reshape } from '../../ops/movement.ts';
import { max, mean, sum } from '../../ops/reduce.ts';
import { lanczos } from '../../optim/drivers/lanczos.ts';
import { describeStep, targetSpec } from '../../train/describe.ts';
import type { Prepared } from '../../train/prepare.ts';
import { groupsOf, type Parameter } from '../../train/state.ts';
import type { LayerReading } from './evidence.ts';

/** Where |tanh| counts as saturated; of a sigmoid below 0.03 or above 0.97. */
const SATURATED = 0.97;

/** Products with the Hessian that a question costs: Ritz values are bounds from inside, so a negative one proves a way downhill. */
const LANCZOS_STEPS = 20;

type Leaves = ReadonlyMap<string, Parameter>;

/** What was seen. */
export interface Look {
  readonly loss: number;
  readonly layers: readonly LayerReading[];
  /** The L2 norm of the first kernel's gradient. */
  readonly firstGradientNorm: number;
}

export interface Probe {
  look(parameters: Leaves): Promise<Look>;
  /** Of the Hessian with respect to what is trained. */
  curvature(parameters: Leaves): Promise<{ readonly top: number; readonly bottom: number }>;
}

/** Rows at most that are looked at. */
export const PROBE_ROWS = 1000;
/** Rows for curvature: each of its 20 products costs some four passes. */
const CURVATURE_ROWS = 256;

/** Undefined for models of several inputs or outputs, whose layers are not looked into. */
export function probeOf(prepared: Prepared): Probe | undefined {
  const { state, trainRows } = prepared;
  if (state.named !== undefined) return undefined;
  const seen: Pick<LayerReading, 'path' | 'activation'>[] = [];
  const layer = (see?: See) => (see === undefined ? state.layer : observed(state.layer, see));
  const paths = [...state.parameters].filter(([, { kind }]) => kind === 'trainable').map(([path]) => path);
  const kernels = paths.filter((path) => (state.parameters.get(path)?.shape.length ?? 0) > 1);
  const lossOf = (leaves: Readonly<Record<string, Tensor>>, x: Tensor, y: Tensor, see?: See): Tensor => {
    const { source, targets } = prepared;
    const description = describeStep({
      ...{ ...state, layer: layer(see), groups: groupsOf(state), source, metrics: [] },
      targets: targetSpec(targets, source.rows),
    });
    const batch = { [BLOCKS.source]: inputOf(x, prepared), [BLOCKS.target]: y };
    const { losses, weights } = description.measure(new Map(Object.entries(leaves)), batch, {
      mode: 'train',
      key: tensor([0, 0, 0], [3], 'i32'),
    });
    return weighed(losses, weights);
  };
  const look = compile((leaves: Readonly<Record<string, Tensor>>, x: Tensor, y: Tensor) => {
    seen.length = 0;
    const outputs: Tensor[] = [];
    const loss = lossOf(leaves, x, y, (path, activation, output) => {
      seen.push({ path, activation });
      outputs.push(output);
    });
    const trace = must(loss.traced?.trace, 'a trace');
    const first = kernels[0] === undefined ? [] : [must(leaves[kernels[0]], 'a kernel')];
    // One sweep for each: a leaf hides what lies behind it. The ends are what rules compare.
    const hidden = outputs.flatMap((output, i) =>
      seen[i]?.activation !== 'none' && output.traced?.trace === trace ? [i] : [],
    );
    const gradientOf = (leaf: Tensor): Tensor | undefined => vjp(trace, [loss], [tensor(1)], [leaf])[0];
    const layers = outputs.map((output, i) =>
      statistics(output, i === hidden[0] || i === hidden.at(-1) ? gradientOf(output) : undefined),
    );
    const gradient = first[0] === undefined ? undefined : gradientOf(first[0]);
    return { loss, layers, first: gradient === undefined ? tensor(0) : sqrt(sum(square(gradient))) };
  });
  const product = compile(
    (
      leaves: Readonly<Record<string, Tensor>>,
      vector: Readonly<Record<string, Tensor>>,
      rest: Readonly<Record<string, Tensor>>,
      x: Tensor,
      y: Tensor,
    ) => hvp((at: Readonly<Record<string, Tensor>>) => lossOf({ ...rest, ...at }, x, y), leaves, vector as never),
  );
  return {
    async look(parameters) {
      const { x, y } = rowsOf(prepared, trainRows.subarray(0, PROBE_ROWS));
      const { loss, layers, first } = await look(
        leavesOf(parameters, () => true),
        x,
        y,
      );
      const number = (value: Tensor) => value.data[0] as number;
      return {
        loss: number(loss),
        firstGradientNorm: number(first),
        layers: layers.map((one, i) => {
          const [deviation = 0, gradientDeviation = 0, dead = 0, saturatedTanh = 0, saturatedSigmoid = 0] = one.data;
          const { path, activation } = must(seen[i], 'a layer');
          const saturated = activation === 'tanh' ? saturatedTanh : activation === 'sigmoid' ? saturatedSigmoid : 0;
          return { path, activation, deviation, gradientDeviation, dead, saturated };
        }),
      };
    },
    async curvature(parameters) {
      const { x, y } = rowsOf(prepared, trainRows.subarray(0, CURVATURE_ROWS));
      const leaves = leavesOf(parameters, (path) => paths.includes(path));
      const rest = leavesOf(parameters, (path) => !paths.includes(path));
      const sizes = paths.map((path) => sizeOf(must(parameters.get(path), 'a leaf').shape));
      const times = async (vector: Float64Array): Promise<Float64Array> => {
        let at = 0;
        const parts = paths.map((path, i) => {
          const { shape } = must(parameters.get(path), 'a leaf');
          const part = Float32Array.from(vector.subarray(at, at + (sizes[i] as number)));
          at += sizes[i] as number;
          return [path, tensor(part, shape)] as const;
        });
        const made = (await product(leaves, Object.fromEntries(parts), rest, x, y)) as Readonly<Record<string, Tensor>>;
        return Float64Array.from(paths.flatMap((path) => Array.from(must(made[path], 'a leaf').data)));
      };
      const size = sizes.reduce((total, one) => total + one, 0);
      const { top, bottom } = await lanczos({ size, times }, { steps: LANCZOS_STEPS });
      return { top, bottom };
    },
  };
}

const leavesOf = (parameters: Leaves, isWanted: (path: string) => boolean): Record<string, Tensor> =>
  Object.fromEntries(
    [...parameters].filter(([path]) => isWanted(path)).map(([path, { data, shape }]) => [path, tensor(data, shape)]),
  );

/** Rows as they are stored. */
export function rowsOf({ source, targets }: Prepared, rows: Int32Array): { readonly x: Tensor; readonly y: Tensor } {
  const picked = <T extends Float32Array | Int32Array | Uint8Array>(data: T): T => {
    const width = data.length / source.rows;
    const made = new (data.constructor as new (length: number) => T)(rows.length * width);
    rows.forEach((row, i) => {
      made.set(data.subarray(row * width, (row + 1) * width), i * width);
    });
    return made;
  };
  const target = targetSpec(targets, source.rows);
  return {
    x: tensor(picked(source.data) as Float32Array, [rows.length, ...source.rowShape], source.dtype),
    y: tensor(picked(targets.data as Float32Array), [rows.length, ...target.shape.slice(1)], target.dtype),
  };
}

/** Scaled as training has it: column by column, whatever axes a row has. */
function inputOf(x: Tensor, { state }: Prepared): Tensor {
  const rows = x.shape[0] as number;
  return reshape(scaled(reshape(float(x), [rows, sizeOf(x.shape) / rows]), state.inputScaling), x.shape);
}

type See = (path: string, activation: LayerReading['activation'], output: Tensor) => void;

/** The layer, with all its parts shown that have an activation, or a kernel and none. */
function observed(layer: Layer, see: See): Layer {
  const watch = (part: Layer): Layer => ({
    ...part,
    call(x: Tensor, context: Context): Tensor {
      let parts = 0;
      const inner: Context = {
        ...context,
        child: (child, index, input) => {
          parts++;
          return context.child(watch(child as unknown as Layer) as unknown as typeof child, index, input);
        },
      };
      const output = part.call(x, inner);
      const activation = activationOf(part);
      const isRows =
        (output as Partial<Tensor>).shape !== undefined && output.shape.length > 1 && output.dtype === 'f32';
      if (isRows && parts === 0 && (activation !== 'none' || KERNELS.test(part.type)))
        see(context.path, activation, output);
      return output;
    },
  });
  return watch(layer);
}

/** Layers that multiply by a kernel: their outputs are looked at without an activation, too. */
const KERNELS = /^(dense|conv|depthwise|separable)/;

function activationOf({ type, options }: Layer): LayerReading['activation'] {
  const { activation } = options;
  const name = typeof activation === 'string' ? activation : type === 'prelu' ? 'prelu' : undefined;
  if (name === undefined || name === 'linear') return 'none';
  if (name === 'relu' || name === 'relu6' || name === 'squaredRelu') return 'relu';
  return name === 'tanh' || name === 'sigmoid' ? name : 'other';
}

/** Deviation, that of the gradient, dead units, and saturated outputs by either rule: f32 [5]. */
function statistics(output: Tensor, gradient: Tensor | undefined): Tensor {
  const all = (x: Tensor): Tensor => mean(x);
  const deviation = (x: Tensor): Tensor => sqrt(mean(square(sub(x, mean(x)))));
  const rank = output.shape.length;
  const largest = max(
    abs(output),
    Array.from({ length: rank - 1 }, (_, axis) => axis),
  );
  return stacked([
    deviation(output),
    gradient === undefined ? tensor(0) : deviation(gradient),
    all(float(equal(largest, 0))),
    all(float(greater(abs(output), SATURATED))),
    all(float(greater(abs(sub(output, 0.5)), SATURATED - 0.5))),
  ]);
}

const stacked = (scalars: readonly Tensor[]): Tensor =>
  concat(
    scalars.map((one) => reshape(one, [1])),
    0,
  );
