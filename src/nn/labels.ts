/** @file Models that are told a class: its one-hot code beside the features of each row, and critics that weigh it. */
import { checkNumber, SaddlepointError } from '../core/errors.ts';
import { showShape } from '../core/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { concat } from '../ops/concat.ts';
import { add, mul } from '../ops/elementwise.ts';
import { oneHot } from '../ops/indexing.ts';
import { linear, matmul } from '../ops/matmul.ts';
import { broadcastTo, reshape, slice } from '../ops/movement.ts';
import { sum } from '../ops/reduce.ts';
import { glorotUniform, zeros } from './initializers.ts';
import { type Layer, layer, layerError, layerToJson } from './layer.ts';
import { checkLayer, checkOptions, type NamedOption } from './options.ts';

/**
 * Rows with the one-hot code of their class as further features: [n, features] gives [n, features + classes], images [n, height,
 * width, channels] get one plane of zeros or ones for each class (Mirza & Osindero 2014). For a generator's noise and a critic's
 * rows alike.
 *
 * @param x rows [n, …, channels], of rank 2 or more.
 * @param y class numbers i32 [n].
 * @param classes how many there are, ≥ 1.
 * @throws SaddlepointError `shape` where y has not one class for each row; `option` for classes out of range.
 * @example generator: { loss: (m, { y, z }) => loss.generator(m.critic(withLabels(m.generator(withLabels(z, y, 10)), y, 10))) }
 */
export function withLabels(x: Tensor, y: Tensor, classes: number): Tensor {
  checkNumber('withLabels.classes', classes, { min: 1, integer: true });
  const [n, ...rest] = x.shape as [number, ...number[]];
  if (rest.length === 0 || y.shape.length !== 1 || y.shape[0] !== n)
    throw new SaddlepointError(
      'shape',
      `withLabels: expected rows [n, …] and classes [n], got ${showShape(x.shape)} and ${showShape(y.shape)}`,
    );
  const places = rest.slice(0, -1);
  const code = reshape(oneHot(y, classes), [n, ...places.map(() => 1), classes]);
  return concat([x, broadcastTo(code, [n, ...places, classes])], rest.length);
}

/**
 * A projection critic (Miyato & Koyama 2018, equation 3): of rows that `withLabels` gave a class it takes the class off, computes
 * features φ of the rest by `body`, and scores them w · φ + b + v_y · φ, with a learnt vector v for each class.
 *
 * Input [n, …, channels + classes] gives [n, 1]. Parameters: those of the body under `body`; `kernel` [features, 1], `bias` [1],
 * `classes` [classes, features].
 *
 * @param classes how many there are, ≥ 1.
 * @param body gives features [n, features] of [n, …, channels].
 * @throws SaddlepointError `shape` with the layer's path for rows with no more channels than classes, and for a body that gives
 *   something else.
 * @example players({ critic: projection(10, sequential([conv2d(32, 4, { strides: 2 }), leakyRelu(), flatten()])), generator }, roles)
 */
export function projection(classes: number, body: Layer, options: NamedOption = {}): Layer {
  checkOptions('projection', options, [], []);
  checkNumber('projection.classes', classes, { min: 1, integer: true });
  checkLayer('projection.body', body);
  const named = { ...body, name: 'body' };
  return layer(
    'projection',
    { classes, layer: layerToJson(body) },
    (x, context) => {
      const { shape } = x;
      const channels = (shape.at(-1) ?? 0) - classes;
      if (shape.length < 2 || channels < 1)
        throw layerError(
          'shape',
          context,
          `projection: expected [n, …, channels + ${classes}], got ${showShape(shape)}`,
          `give it withLabels(x, y, ${classes})`,
        );
      const inner = shape.slice(0, -1);
      const rows = slice(
        x,
        shape.map(() => 0),
        [...inner, channels],
      );
      // The class is the same at every place: the first one tells it.
      const first = shape.map((_, axis) => (axis === shape.length - 1 ? channels : 0));
      const code = reshape(slice(x, first, [shape[0] as number, ...inner.slice(1).map(() => 1), classes]), [
        -1,
        classes,
      ]);
      const features = context.child(named, 0, rows);
      const width = features.shape[1];
      if (features.shape.length !== 2 || width === undefined)
        throw layerError(
          'shape',
          context,
          `projection: expected features [n, features] of the body, got ${showShape(features.shape)}`,
          'let it end with flatten() or globalAveragePool2d()',
        );
      const score = linear(
        features,
        context.parameter('kernel', [width, 1], glorotUniform()),
        context.parameter('bias', [1], zeros()),
      );
      const vectors = matmul(code, context.parameter('classes', [classes, width], glorotUniform()));
      return add(score, reshape(sum(mul(features, vectors), 1), [-1, 1]));
    },
    options.name,
  );
}
