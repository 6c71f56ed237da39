/** @file Layers whose weights are computed from what is learnt: weight and spectral normalization of any layer. */
import { checkKnownOptions, checkNumber } from '../core/errors.ts';
import { streamOf } from '../core/philox.ts';
import { type Shape, sizeOf } from '../core/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { mul } from '../ops/elementwise.ts';
import { reshape } from '../ops/movement.ts';
import { l2Normalize } from '../ops/normalize.ts';
import { spectralNormalize } from '../ops/spectral-normalize.ts';
import { type Initializer, lecunNormal } from './initializers.ts';
import { type Context, type Layer, layer, layerToJson, pathIn } from './layer.ts';
import { checkLayer } from './options.ts';

type Rewrite = (context: Context, name: string, shape: Shape, initializer: Initializer) => Tensor;

/** The layer with every parameter of rank ≥ 2, its parts' too, as `rewrite` has it. */
function rewritten<In, Out>(part: Layer<In, Out>, rewrite: Rewrite): Layer<In, Out> {
  return {
    ...part,
    call: (x, context) =>
      part.call(x, {
        ...context,
        parameter: (name, shape, initializer) =>
          shape.length < 2 ? context.parameter(name, shape, initializer) : rewrite(context, name, shape, initializer),
        child: (inner, index, value) => context.child(rewritten(inner, rewrite), index, value),
      }),
  };
}

/** The layer in place of a part that it calls as itself, not as a child: what is said of the part holds for it. */
const standIn = ({ meetingRows }: Layer, made: Layer): Layer => (meetingRows ? { ...made, meetingRows } : made);

/** The length of each column of a leaf [..., units] as it starts: so that the layer starts as it would without. */
const columnLengths = (shape: Shape, initializer: Initializer, path: string): Initializer => ({
  name: 'columnLengths',
  options: {},
  spread: () => 0,
  draw([units], { seed }) {
    const start = initializer.draw(shape, { seed, stream: streamOf(path) });
    const squares = new Float64Array(units as number);
    start.forEach((value, i) => {
      squares[i % squares.length] = (squares[i % squares.length] as number) + value * value;
    });
    return Float32Array.from(squares, Math.sqrt);
  },
});

/**
 * A layer with weight normalization: each column of a weight [..., units] is gain · v / ‖v‖, and gain and v are learnt (Salimans &
 * Kingma 2016, eq. 2). It starts as the layer itself would. Every parameter of rank ≥ 2 is so, of the layer's parts too; tables
 * trained by rows stay as they are.
 *
 * The paths are those of the layer; beside each such leaf, now v, stands one of its name with `Gain`, [units].
 *
 * @example weightNorm(dense(64, { activation: 'relu' }))
 */
export function weightNorm(part: Layer, options: Record<string, never> = {}): Layer {
  checkKnownOptions('weightNorm', options, []);
  checkLayer('weightNorm.layer', part);
  const inner = rewritten(part, (context, name, shape, initializer) => {
    const units = shape.at(-1) as number;
    const v = reshape(context.parameter(name, shape, initializer), [sizeOf(shape) / units, units]);
    const path = pathIn(context.path, name);
    const gain = context.parameter(`${name}Gain`, [units], columnLengths(shape, initializer, path));
    return reshape(mul(l2Normalize(v, { axes: 0 }), gain), shape);
  });
  return standIn(part, layer('weightNorm', { layer: layerToJson(part) }, inner.call, part.name));
}

/**
 * A layer with spectral normalization: each weight of rank ≥ 2, of the layer's parts too, divided by an estimate of its largest
 * singular value, improved at every training step (Miyato et al. 2018, algorithm 1): what keeps a critic Lipschitz.
 *
 * The paths are those of the layer; beside each such leaf stands a state of its name with `Vector`, [units].
 *
 * @param options iterations: of the power method at each training step, ≥ 1, default 1; prediction takes the vector as it is.
 * @example sequential([spectralNorm(conv2d(16, 4, { strides: 2 })), activation('leakyRelu'), flatten(), spectralNorm(dense(1))])
 */
export function spectralNorm(part: Layer, options: { readonly iterations?: number } = {}): Layer {
  checkKnownOptions('spectralNorm', options, ['iterations']);
  checkLayer('spectralNorm.layer', part);
  const iterations = checkNumber('spectralNorm.iterations', options.iterations ?? 1, { min: 1, integer: true });
  const inner = rewritten(part, (context, name, shape, initializer) => {
    const weights = context.parameter(name, shape, initializer);
    const vector = context.state(`${name}Vector`, [shape.at(-1) as number], lecunNormal());
    const isTraining = context.mode === 'train';
    const { y, u } = spectralNormalize(weights, vector, { iterations: isTraining ? iterations : 0 });
    if (isTraining) context.update(`${name}Vector`, u);
    return y;
  });
  const json = { layer: layerToJson(part), ...(options.iterations === undefined ? {} : { iterations }) };
  return standIn(part, layer('spectralNorm', json, inner.call, part.name));
}
