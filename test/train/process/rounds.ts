/** @file 100 rounds of create, fit, predict and dispose; prints, as JSON, the process's sizes after rounds 3 and 100. Needs `node --expose-gc`. */
import { setImmediate } from 'node:timers/promises';
import { fit } from 'saddlepoint';
import { classes, classifier, clouds } from '../examples.ts';

const ROUNDS = 100;
/** Memories of WebAssembly that nobody has let go of. */
const alive = new Set<WeakRef<WebAssembly.Memory>>();
WebAssembly.Memory = class extends WebAssembly.Memory {
  constructor(descriptor: WebAssembly.MemoryDescriptor) {
    super(descriptor);
    alive.add(new WeakRef(this));
  }
};

async function sample() {
  // What a collection frees may free more: finalizers run between turns of the event loop.
  for (let i = 0; i < 5; i++) {
    (globalThis as unknown as { gc(): void }).gc();
    await setImmediate();
  }
  const { rss, external } = process.memoryUsage();
  const memories = [...alive].filter((memory) => memory.deref() !== undefined).length;
  return { resident: rss, outside: external, memories };
}

/** A megabyte of rows, so that a run that stayed would show. */
const data = { x: new Float32Array(256 * 1024).map((_, i) => (i * 0.618) % 1), y: clouds(256).y };
let third: Awaited<ReturnType<typeof sample>> | undefined;
for (let round = 1; round <= ROUNDS; round++) {
  const run = await fit(classifier(), data, { ...classes, epochs: 1, batchSize: 64 });
  await run.predict(data.x.subarray(0, 1024));
  run.dispose();
  const now = await sample();
  if (round === 3) third = now;
  if (round === ROUNDS) console.log(JSON.stringify({ third, last: now }));
}
