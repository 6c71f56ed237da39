/**
 * @file jax-js: WebAssembly, the whole training step under one `jit`. (Not type-checked: the peers are installed only by `npm
 * run bench`.)
 *
 * Its memory is counted by references: a function consumes its arguments, `.ref` keeps one. So parameters and state go into
 * the step and come back, their old buffers freed. Its package of optimizers, optax, could not be installed with
 * it; Adam and momentum are written here as that package writes them, with Adam's step count in the graph, so that `jit` fuses
 * them.
 */
import { inputShape, SEED, targetShape, weightShapes } from '../items.mjs';
import { servePeer } from '../peer.mjs';
import { attackOf } from './jax-js-attack.mjs';

/** @returns {(params, x) => np.Array} what the loss takes; params are a list, in the order of `weightShapes` */
function forwardOf({ lax, numpy: np, nn }, item) {
  const dense = (x, kernel, bias) => np.dot(x, kernel).add(bias);
  if (item.kind === 'mlp') {
    const activate = item.activation === 'relu' ? nn.relu : np.tanh;
    const layers = item.sizes.length - 1;
    return (params, x) => {
      for (let i = 0; i < layers; i++) {
        x = dense(x, params[2 * i], params[2 * i + 1]);
        if (i < layers - 1) x = activate(x);
      }
      return x;
    };
  }
  if (item.kind === 'cnn') {
    // Channels first, as its convolutions want it.
    return (params, x) => {
      for (const [i, filters] of item.filters.entries()) {
        const sum = lax.conv(x, params[2 * i], [1, 1], 'VALID').add(params[2 * i + 1].reshape([1, filters, 1, 1]));
        x = lax.reduceWindow(nn.relu(sum), (window) => np.max(window), [2, 2], [2, 2]);
      }
      return dense(x.reshape([item.batchSize, -1]), ...params.slice(-2));
    };
  }
  return ([words, contexts], x) => {
    const [center, candidates] = np.split(x, [1], 1);
    // [n, 1, dimension] · [n, candidates, dimension]
    return np
      .take(words, center, 0)
      .mul(np.take(contexts, candidates, 0))
      .sum(2);
  };
}

/** @returns {(params, x, y) => np.Array} the mean loss of a batch */
function lossOf(jax, item) {
  const { numpy: np, nn } = jax;
  const forward = forwardOf(jax, item);
  if (item.loss === 'meanSquaredError') return (params, x, y) => np.square(forward(params, x).sub(y)).mean();
  if (item.loss === 'binaryCrossEntropy') {
    return (params, x, y) => {
      const z = forward(params, x);
      return np
        .maximum(z.ref, 0)
        .sub(z.ref.mul(y))
        .add(np.log1p(np.exp(np.abs(z).neg())))
        .mean();
    };
  }
  const classes = weightShapes(item).at(-1)[0];
  return (params, x, y) =>
    nn
      .logSoftmax(forward(params, x))
      .mul(nn.oneHot(y, classes))
      .sum()
      .mul(-1 / item.batchSize);
}

/** init: state for parameters; update: [parameters, state] after a step. Both consume their arguments. */
function optimizerOf({ numpy: np, tree }, optimizer) {
  const zerosLike = (params) => tree.map((p) => np.zerosLike(p), params);
  const { learningRate } = optimizer;
  if (optimizer.name === 'sgd') {
    const stepped = (params, changes) => tree.map((p, v) => p.add(v.mul(-learningRate)), params, changes);
    if (optimizer.momentum === 0) {
      return {
        init(params) {
          tree.dispose(params);
          return [];
        },
        update: (gradients, state, params) => [stepped(params, gradients), state],
      };
    }
    return {
      init: zerosLike,
      update(gradients, velocity, params) {
        const next = tree.map((g, v) => g.add(v.mul(optimizer.momentum)), gradients, velocity);
        return [stepped(params, tree.ref(next)), next];
      },
    };
  }
  const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];
  const correction = (beta, count) => np.reciprocal(np.subtract(1, np.power(beta, count.astype(np.float32))));
  return {
    init: (params) => ({
      count: np.array(0, { dtype: np.uint32 }),
      mean: zerosLike(tree.ref(params)),
      square: zerosLike(params),
    }),
    update(gradients, state, params) {
      const count = state.count.add(1);
      const mean = tree.map((g, m) => g.mul(1 - beta1).add(m.mul(beta1)), tree.ref(gradients), state.mean);
      const square = tree.map(
        (g, v) =>
          np
            .square(g)
            .mul(1 - beta2)
            .add(v.mul(beta2)),
        gradients,
        state.square,
      );
      const [c1, c2] = [correction(beta1, count.ref), correction(beta2, count.ref)];
      const stepped = tree.map(
        (p, m, v) =>
          p.add(
            m
              .mul(c1.ref)
              .div(np.sqrt(v.mul(c2.ref)).add(epsilon))
              .mul(-learningRate),
          ),
        params,
        tree.ref(mean),
        tree.ref(square),
      );
      c1.dispose();
      c2.dispose();
      return [stepped, { count, mean, square }];
    },
  };
}

/** The weights as the library lays them out. */
function parametersOf({ numpy: np }, item, weights) {
  const shapes = weightShapes(item);
  const arrays = weights.map((data, i) => np.array(data).reshape(shapes[i]));
  if (item.kind !== 'cnn') return arrays;
  return arrays.map((array, i) => {
    if (shapes[i].length === 4) return np.transpose(array, [3, 2, 0, 1]);
    if (i !== arrays.length - 2) return array;
    // The dense layer's rows, from height, width, channels to channels, height, width.
    const channels = item.filters.at(-1);
    const side = Math.sqrt(shapes[i][0] / channels);
    return np
      .transpose(array.reshape([side, side, channels, item.classes]), [2, 0, 1, 3])
      .reshape([shapes[i][0], item.classes]);
  });
}

servePeer({
  load: () => import('@jax-js/jax'),

  async start(jax, item, weights) {
    await jax.init('wasm');
    jax.defaultDevice('wasm');
    const { jit, numpy: np, random, tree, valueAndGrad, blockUntilReady } = jax;
    const loss = lossOf(jax, item);
    const attack = item.attack && attackOf(jax, item.attack, loss);
    let key = random.key(SEED);
    const optimizer = optimizerOf(jax, item.optimizer);
    let params = parametersOf(jax, item, weights);
    let state = optimizer.init(tree.ref(params));
    const step = (update) => (p, s, x, y) => {
      const [value, gradients] = valueAndGrad(loss)(tree.ref(p), x, y);
      return [value, ...update(gradients, s, p)];
    };
    const attackedStep = (p, s, x, y, k) => step(optimizer.update)(p, s, attack(tree.ref(p), x, y.ref, k), y);
    // Its `jit` refuses the gradient of `take`; then the update alone is under it.
    const whole = attack ? attackedStep : step(optimizer.update);
    const jitted = jit(item.kind === 'skipGram' ? optimizer.update : whole);
    const run = item.kind === 'skipGram' ? step(jitted) : jitted;
    const row = inputShape(item);
    // One channel first is one channel last.
    const shape = [item.batchSize, ...(item.kind === 'cnn' ? [row[2], row[0], row[1]] : row)];
    return {
      place: (x, y) => ({
        x: np.array(x).reshape(shape),
        y: np.array(y).reshape([item.batchSize, ...targetShape(item)]),
      }),
      async step(batch) {
        let value;
        const drawn = [];
        if (attack) {
          const keys = random.split(key);
          drawn.push(keys.ref.slice(0));
          key = keys.slice(1);
        }
        [value, params, state] = run(params, state, batch.x.ref, batch.y.ref, ...drawn);
        // Each step, as its documentation says and as is fastest: work that waits makes the next call slower.
        await blockUntilReady(params);
        return value;
      },
      read: (value) => value.jsAsync(),
      drop: (value) => value.dispose(),
      dispose(batches) {
        tree.dispose(params);
        tree.dispose(state);
        tree.dispose(batches);
        key.dispose();
        jitted.dispose();
      },
    };
  },
});
