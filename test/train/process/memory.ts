/** @file Trains for 10,000 steps and prints, as JSON, what memory did meanwhile. Needs `node --expose-gc`. */
import { accuracy, dense, sequential, train } from 'saddlepoint';
import { classes, clouds } from '../examples.ts';

const memories: WebAssembly.Memory[] = [];
WebAssembly.Memory = class extends WebAssembly.Memory {
  constructor(descriptor: WebAssembly.MemoryDescriptor) {
    super(descriptor);
    memories.push(this);
  }
};

interface Sample {
  readonly steps: number;
  readonly heap: number;
  readonly arrayBuffers: number;
  readonly memories: readonly number[];
}

function sample(steps: number): Sample {
  for (let i = 0; i < 3; i++) (globalThis as unknown as { gc(): void }).gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { steps, heap: heapUsed, arrayBuffers, memories: memories.map(({ buffer }) => buffer.byteLength) };
}

const STEPS_PER_EPOCH = 100;
const samples: Sample[] = [];
const model = sequential([dense(16, { activation: 'relu' }), dense(3)]);
/** Deterministic: the test of the relaxed build has a memory of its own. */
const options = {
  ...{ ...classes, metrics: [accuracy()], batchSize: 10, epochs: 120, validation: clouds(30) },
  deterministic: true,
};
for await (const { epoch } of train(model, clouds(10 * STEPS_PER_EPOCH), options))
  if (epoch === 20 || epoch === 120) samples.push(sample(epoch * STEPS_PER_EPOCH));
console.log(JSON.stringify(samples));
