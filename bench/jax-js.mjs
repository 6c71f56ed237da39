/**
 * @file Measures jax-js in a process of its own: WebAssembly, the whole training step under one `jit`, batches on the device
 * before the clock starts. Started by run.mjs. (Not type-checked: the peer is installed only by `npm run bench`.)
 *
 * Its memory is counted by references: a function consumes its arguments, `.ref` keeps one. So parameters and state go into
 * the step and come back, their old buffers freed. Its package of optimizers, optax, could not be installed with
 * it; Adam and momentum are written here as that package writes them, with Adam's step count in the graph, so that `jit` fuses
 * them.
 */
import { COMPARED_STEPS, makeData, SHORTEST_BLOCK } from './items.mjs';
import { BlockClock, peakRss, serve } from './measure.mjs';

/** @returns {(params, x, y) => np.Array} the mean loss of a batch */
function lossOf({ numpy: np, nn }, { sizes, activation, loss, batchSize }) {
  const layers = sizes.length - 1;
  const activate = activation === 'relu' ? nn.relu : np.tanh;
  const forward = (params, x) => {
    let hidden = x;
    for (let i = 0; i < layers; i++) {
      hidden = np.dot(hidden, params[`kernel${i}`]).add(params[`bias${i}`]);
      if (i < layers - 1) hidden = activate(hidden);
    }
    return hidden;
  };
  if (loss === 'meanSquaredError') return (params, x, y) => np.square(forward(params, x).sub(y)).mean();
  return (params, x, y) =>
    nn
      .logSoftmax(forward(params, x))
      .mul(nn.oneHot(y, sizes.at(-1)))
      .sum()
      .mul(-1 / batchSize);
}

/** init: state for parameters; update: [parameters, state] after a step. Both consume their arguments. */
function optimizerOf({ numpy: np, tree }, optimizer) {
  const zerosLike = (params) => tree.map((p) => np.zerosLike(p), params);
  const { learningRate } = optimizer;
  if (optimizer.name === 'sgd') {
    return {
      init: zerosLike,
      update(gradients, velocity, params) {
        const next = tree.map((g, v) => g.add(v.mul(optimizer.momentum)), gradients, velocity);
        return [tree.map((p, v) => p.add(v.mul(-learningRate)), params, tree.ref(next)), next];
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

/** A model under training: `step` takes a batch and gives the loss; `ready` waits for all that was asked for. */
function makeTraining(jax, item, weights) {
  const { jit, numpy: np, tree, valueAndGrad, blockUntilReady } = jax;
  const loss = lossOf(jax, item);
  const optimizer = optimizerOf(jax, item.optimizer);
  let params = {};
  for (const [i, units] of item.sizes.slice(1).entries()) {
    params[`kernel${i}`] = np.array(weights[2 * i]).reshape([item.sizes[i], units]);
    params[`bias${i}`] = np.array(weights[2 * i + 1]);
  }
  let state = optimizer.init(tree.ref(params));
  const jitted = jit((p, s, x, y) => {
    const [value, gradients] = valueAndGrad(loss)(tree.ref(p), x, y);
    return [value, ...optimizer.update(gradients, s, p)];
  });
  return {
    step(batch) {
      let value;
      [value, params, state] = jitted(params, state, batch.x.ref, batch.y.ref);
      return value;
    },
    ready: () => blockUntilReady(params),
    dispose() {
      tree.dispose(params);
      tree.dispose(state);
      jitted.dispose();
    },
  };
}

/** Batches on the device. */
function makeBatches({ numpy: np }, { sizes, loss, batchSize }, { x, y }) {
  const width = sizes[0];
  const target = (values) => (loss === 'crossEntropy' ? np.array(values) : np.array(values).reshape([batchSize, 1]));
  return Array.from({ length: y.length / batchSize }, (_, i) => ({
    x: np.array(x.slice(i * batchSize * width, (i + 1) * batchSize * width)).reshape([batchSize, width]),
    y: target(y.slice(i * batchSize, (i + 1) * batchSize)),
  }));
}

/** Losses of the first steps, on one batch. */
async function firstSteps(jax, item, weights) {
  const data = makeData(item, 1);
  const began = performance.now();
  await jax.init('wasm');
  jax.defaultDevice('wasm');
  const [batch] = makeBatches(jax, item, data);
  const training = makeTraining(jax, item, weights);
  let firstStepMs = 0;
  const losses = [];
  for (let i = 0; i < COMPARED_STEPS; i++) {
    const loss = training.step(batch);
    await training.ready();
    losses.push(await loss.jsAsync());
    if (i === 0) firstStepMs = performance.now() - began;
  }
  training.dispose();
  batch.x.dispose();
  batch.y.dispose();
  return { losses, firstStepMs };
}

/** Blocks of steps in the steady state. */
async function steadyState(jax, item, weights) {
  // As many batches as steps are taken; they are taken in the order in which our epochs take them.
  const needed = Math.min(item.batches, item.warmSteps + 2 * item.measuredSteps);
  const batches = makeBatches(jax, item, makeData(item, needed));
  const training = makeTraining(jax, item, weights);
  let taken = 0;
  const step = async () => {
    const loss = training.step(batches[taken++ % needed]);
    // Each step, as its documentation says and as is fastest: work that waits makes the next call slower.
    await training.ready();
    loss.dispose();
  };
  while (taken < item.warmSteps) await step();
  const clock = new BlockClock();
  for (let block = 0; block < 10 || taken < item.warmSteps + item.measuredSteps; block++) {
    const from = taken;
    clock.start();
    do await step();
    while (clock.elapsed() < SHORTEST_BLOCK);
    clock.stop(taken - from);
  }
  return clock.summary();
}

async function measure({ item, weights }) {
  const began = performance.now();
  const jax = await import('@jax-js/jax');
  const importMs = performance.now() - began;
  const first = await firstSteps(jax, item, weights);
  const steady = await steadyState(jax, item, weights);
  return { importMs, ...first, steady, peakRssBytes: peakRss() };
}

serve(measure);
