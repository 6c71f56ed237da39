/**
 * @file TensorFlow.js core, for the files of its backends: variables and its own losses and optimizers. (Not type-checked: the
 * peers are installed only by `npm run bench`.)
 *
 * Its builds for Node register no gradients, and what registers them is in modules that Node does not take. So core and
 * backend are bundled from their modules, as for a page.
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { inputShape, targetShape, weightShapes } from '../items.mjs';
import { servePeer } from '../peer.mjs';

/** What the loss takes. */
function forward(tf, item, variables, x) {
  const dense = (rows, i) => tf.add(tf.matMul(rows, variables[i]), variables[i + 1]);
  if (item.kind === 'mlp') {
    const activate = item.activation === 'relu' ? tf.relu : tf.tanh;
    for (let i = 0; i < item.sizes.length - 1; i++) {
      x = dense(x, 2 * i);
      if (i < item.sizes.length - 2) x = activate(x);
    }
    return x;
  }
  if (item.kind === 'cnn') {
    for (let i = 0; i < item.filters.length; i++) {
      const sum = tf.add(tf.conv2d(x, variables[2 * i], 1, 'valid'), variables[2 * i + 1]);
      x = tf.maxPool(tf.relu(sum), 2, 2, 'valid');
    }
    return dense(tf.reshape(x, [item.batchSize, -1]), 2 * item.filters.length);
  }
  const [center, candidates] = tf.split(x, [1, item.candidates], 1);
  // [n, 1, dimension] · [n, candidates, dimension]
  return tf.sum(tf.mul(tf.gather(variables[0], center), tf.gather(variables[1], candidates)), 2);
}

function lossOf(tf, item, prediction, y) {
  if (item.loss === 'crossEntropy') return tf.losses.softmaxCrossEntropy(y, prediction);
  if (item.loss === 'meanSquaredError') return tf.losses.meanSquaredError(y, prediction);
  return tf.losses.sigmoidCrossEntropy(y, prediction);
}

function optimizerOf(tf, { name, learningRate, momentum }) {
  if (name === 'adam') return tf.train.adam(learningRate, 0.9, 0.999, 1e-8);
  return momentum === 0 ? tf.train.sgd(learningRate) : tf.train.momentum(learningRate, momentum);
}

/** Core with one backend as a module for Node. @param {string} backend @returns {Promise<string>} its file */
async function bundle(backend) {
  const outfile = fileURLToPath(new URL(`../build/tfjs-${backend}.cjs`, import.meta.url));
  await build({
    stdin: {
      contents: `import '@tensorflow/tfjs-core/dist/register_all_gradients';
        export * from '@tensorflow/tfjs-core';
        export * as backend from '@tensorflow/tfjs-backend-${backend}';`,
      resolveDir: fileURLToPath(new URL('.', import.meta.url)),
    },
    ...{
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      mainFields: ['module', 'main'],
      minify: true,
      outfile,
    },
    // A warning names a place, and there are many that matter to nobody here.
    logLevel: 'error',
  });
  return outfile;
}

/** @param {'cpu' | 'wasm'} name of the backend @param {(backend: object) => void} [prepare] what it needs before it starts */
export async function serveTfjs(name, prepare) {
  const file = await bundle(name);
  servePeer({
    load: async () => createRequire(import.meta.url)(file),

    async start(tf, item, weights) {
      prepare?.(tf.backend);
      await tf.setBackend(name);
      const shapes = weightShapes(item);
      const variables = weights.map((data, i) => tf.variable(tf.tensor(data, shapes[i])));
      const optimizer = optimizerOf(tf, item.optimizer);
      const classes = item.loss === 'crossEntropy' ? shapes.at(-1)[0] : 0;
      return {
        place: (x, y) => ({
          x: tf.tensor(x, [item.batchSize, ...inputShape(item)], item.kind === 'skipGram' ? 'int32' : 'float32'),
          y:
            classes > 0
              ? tf.cast(tf.oneHot(tf.tensor1d(y, 'int32'), classes), 'float32')
              : tf.tensor(y, [item.batchSize, ...targetShape(item)]),
        }),
        async step({ x, y }) {
          return optimizer.minimize(() => lossOf(tf, item, forward(tf, item, variables, x), y), true, variables);
        },
        read: async (value) => (await value.data())[0],
        drop: (value) => value.dispose(),
        dispose(batches) {
          optimizer.dispose();
          tf.dispose([variables, batches]);
        },
      };
    },
  });
}
