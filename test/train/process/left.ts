/** @file Leaves runs in workers that nobody disposes of, one between two epochs and one finished: the process must end all the same. */
import { dense, fit, sequential, tensor, train } from 'saddlepoint';
import { classes, clouds } from '../examples.ts';

/** Steps that are worth sharing. */
const data = {
  x: tensor(
    Float32Array.from({ length: 96 * 784 }, (_, i) => Math.sin(i)),
    [96, 784],
  ),
  y: clouds(96).y,
};
const model = () => sequential([dense(96, { activation: 'relu' }), dense(3)]);

const options = { ...classes, worker: true, threads: 2, epochs: 5, progress: false };
const epochs = train(model(), data, options);
await epochs.next();
const run = await fit(model(), data, { ...options, epochs: 1 });
const { value } = await epochs.next();
console.log(`${run.device.reason}, ${'epoch' in value && value.epoch}`);
