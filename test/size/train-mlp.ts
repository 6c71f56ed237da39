/** @file What a page imports to train a multilayer perceptron; scripts/size.mjs measures the bundle. */
import { accuracy, adam, crossEntropy, dense, fit, sequential } from 'saddlepoint';

const run = await fit(
  sequential([dense(128, { activation: 'relu' }), dense(10)]),
  { x: new Uint8Array(784 * 10), y: new Uint8Array(10) },
  { loss: crossEntropy(), optimizer: adam(), metrics: [accuracy()], epochs: 1 },
);
document.title = `${run.history.at(-1)?.accuracy}: ${JSON.stringify(await run.predict(new Uint8Array(784)))}`;
