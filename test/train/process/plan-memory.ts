/**
 * @file Loads a plan of some megabytes from a stream, predicts and, with the argument `true`, trains; prints as JSON what the plan
 * stated, the memory of WebAssembly that it took, and the most bytes of other arrays at a time. Needs `node --expose-gc`.
 *
 * Arrays are counted whenever the stream is asked and the machine is opened, and after each call, garbage included.
 */
import { crossEntropy, dense, fit, makePlan, sequential } from 'saddlepoint';
import { load } from '../../../src/edge.ts';

const train = process.argv[2] === 'true';
const x = Array.from({ length: 16 }, (_, i) =>
  Float32Array.from({ length: 784 }, (_, k) => ((i * 31 + k * 7) % 17) / 17),
);
const y = x.map((_, i) => i % 10);
const model = sequential([dense(2048, { activation: 'relu' }), dense(10)]);
const run = await fit(model, { x, y }, { loss: crossEntropy(), epochs: 1, progress: false, resumable: true });
const { file, summary } = await makePlan(run, { train });
run.dispose?.();

/** Bytes of arrays that are no WebAssembly memory. */
const arrays = (): number => process.memoryUsage().arrayBuffers;
for (let i = 0; i < 4; i++) (globalThis as unknown as { gc(): void }).gc();
const before = arrays();
let most = 0;
const look = (): void => {
  most = Math.max(most, arrays() - before);
};

const open = WebAssembly.instantiate;
WebAssembly.instantiate = ((...args: Parameters<typeof open>) => {
  look();
  return open(...args);
}) as typeof open;

let at = 0;
const stream = new ReadableStream({
  type: 'bytes',
  pull(controller) {
    look();
    const { byobRequest } = controller;
    const view = byobRequest?.view as Uint8Array | null | undefined;
    if (!byobRequest || !view) throw new Error('the stream was not read into a buffer');
    const part = file.subarray(at, at + view.byteLength);
    if (part.length === 0) controller.close();
    new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(part);
    byobRequest.respond(part.length);
    at += part.length;
  },
});
const plan = await load(stream);
look();
await plan.predict(x[0]);
look();
if (train) await plan.train({ x: x.slice(0, 2), y: ['1', '2'] });
look();
console.log(JSON.stringify({ stated: summary.peakBytes, memory: plan.bytes, arrays: most }));
