/** A worker of a page: trains with as many threads as it is told, and answers with what came of it. */
import { adam, conv2d, crossEntropy, dense, fit, flatten, sequential, tensor } from 'saddlepoint';
import { hashOf } from './scenario.ts';

export interface ThreadAnswer {
  readonly hash: string;
  readonly threads: number;
  readonly build: string;
  readonly reason: string;
  /** Of a step, workers' start included. */
  readonly microseconds: number;
}

const ROWS = 256;

addEventListener('message', async ({ data: threads }: MessageEvent<number>) => {
  const x = Float32Array.from({ length: ROWS * 400 }, (_, i) => Math.sin(i * 12.9898));
  const y = Int32Array.from({ length: ROWS }, (_, i) => i % 5);
  const model = sequential([conv2d(8, 3, { activation: 'relu' }), flatten(), dense(5)]);
  const began = performance.now();
  const epochs = 20;
  const run = await fit(
    model,
    { x: tensor(x, [ROWS, 20, 20, 1]), y },
    {
      ...{ loss: crossEntropy(), optimizer: adam(), batchSize: 32, epochs, seed: 7, progress: false },
      ...{ threads, deterministic: true },
    },
  );
  const answer: ThreadAnswer = {
    hash: await hashOf(run),
    microseconds: (1000 * (performance.now() - began)) / (epochs * (ROWS / 32)),
    ...run.device,
  };
  postMessage(answer);
});
