/** @file A transformer that predicts the next character of a text, its step as a program, and a text that is always there. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Backend } from '../../src/backends/backend.ts';
import { wasmBackend } from '../../src/backends/wasm/index.ts';
import { BLOCKS, type StepDescription, trainingProgram } from '../../src/engine/step.ts';
import { layoutGroup } from '../../src/graph/program.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { glorotUniform, lecunNormal, ones, zeros } from '../../src/nn/initializers.ts';
import { applyModel, type Context, initialize, type Layer, layer } from '../../src/nn/layer.ts';
import { sinusoidalPositions } from '../../src/ops/attention.ts';
import { cast } from '../../src/ops/cast.ts';
import { add } from '../../src/ops/elementwise.ts';
import { gather } from '../../src/ops/indexing.ts';
import { linear } from '../../src/ops/matmul.ts';
import { reshape } from '../../src/ops/movement.ts';
import { layerNorm } from '../../src/ops/normalize.ts';
import { mean } from '../../src/ops/reduce.ts';
import { softmaxCrossEntropy } from '../../src/ops/softmax.ts';
import { adam } from '../../src/optim/adam.ts';
import { clipByGlobalNorm } from '../../src/optim/clip.ts';
import { chain } from '../../src/optim/transform.ts';
import { transformerBlock } from '../ops/transformer.ts';
import { packGroup } from './pack-group.ts';

export interface LanguageModelOptions {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly tokens: number;
  readonly batchSize: number;
  readonly learningRate: number;
  /** Steps in one call. */
  readonly capacity: number;
}

/** Of ASCII. */
const VOCABULARY = 128;

const linearOf = (context: Context, name: string, from: number, to: number) => ({
  kernel: context.parameter(`${name}/kernel`, [from, to], glorotUniform()),
  bias: context.parameter(`${name}/bias`, [to], zeros()),
});
const scaleOf = (context: Context, name: string, width: number) => ({
  gamma: context.parameter(`${name}/gamma`, [width], ones()),
  beta: context.parameter(`${name}/beta`, [width], zeros()),
});

const block = (width: number, heads: number): Layer =>
  layer('transformerBlock', { width, heads }, (x, context) => {
    const map = (name: string) => linearOf(context, name, width, width);
    const parameters = {
      attention: { query: map('query'), key: map('key'), value: map('value'), output: map('output') },
      first: scaleOf(context, 'first', width),
      second: scaleOf(context, 'second', width),
      expand: linearOf(context, 'expand', width, 4 * width),
      contract: linearOf(context, 'contract', 4 * width, width),
    };
    return transformerBlock(x, parameters, { heads, causal: true });
  });

/** Character codes [n, tokens] to logits of the characters that follow [n, tokens, 128]. */
const languageModel = ({ layers, width, heads, tokens }: LanguageModelOptions): Layer =>
  layer('languageModel', { layers, width, heads, tokens }, (x, context) => {
    const embedding = context.parameter('embedding', [VOCABULARY, width], lecunNormal());
    let y = add(gather(embedding, cast(x, 'i32')), sinusoidalPositions(tokens, width));
    for (let i = 0; i < layers; i++) y = context.child(block(width, heads), i, y);
    const { kernel, bias } = linearOf(context, 'logits', width, VOCABULARY);
    return linear(layerNorm(y, scaleOf(context, 'norm', width)), kernel, bias);
  });

/** The step on minibatches of `batchSize` of the windows of a text, and what to begin with. */
export function languageModelStep(options: LanguageModelOptions, windows: number) {
  const { tokens, batchSize, learningRate } = options;
  const model = languageModel(options);
  const { parameters } = initialize(model, { shape: [1, tokens], dtype: 'f32' }, 1);
  const group = layoutGroup(BLOCKS.parameters, parameters);
  const description: StepDescription = {
    groups: { parameters: group, state: undefined, rows: [] },
    sources: {
      x: {
        spec: { shape: [windows, tokens], dtype: 'u8' },
        scaling: { shift: Float32Array.of(0), scale: Float32Array.of(1) },
      },
      y: { spec: { shape: [windows, tokens], dtype: 'i32' } },
    },
    measure(leaves, { x, y }, more) {
      const prediction = applyModel(model, leaves, x as Tensor, more);
      const [rows] = prediction.shape as [number];
      const logits = reshape(prediction, [rows * tokens, VOCABULARY]);
      const losses = softmaxCrossEntropy(logits, reshape(y as Tensor, [rows * tokens]));
      return { losses: mean(reshape(losses, [rows, tokens]), 1), sums: [] };
    },
  };
  const transform = chain(clipByGlobalNorm(1), adam({ learningRate }));
  return {
    transform,
    program: trainingProgram(description, transform, batchSize),
    count: parameters.reduce((total, { data }) => total + data.length, 0),
    start: packGroup(group, new Map(parameters.map(({ path, data }) => [path, data]))),
  };
}

/**
 * Text in English, if of a kind: the comments and declarations of the standard library that come with the compiler, which is
 * pinned and installed wherever these tests run. Overlapping windows, one character further for the targets.
 */
export function textWindows(count: number, tokens: number): { x: Uint8Array; y: Int32Array } {
  const path = createRequire(import.meta.url).resolve('typescript/lib/lib.es5.d.ts');
  const text = readFileSync(path, 'latin1').replace(/[^\n\x20-\x7e]/g, ' ');
  const stride = Math.floor((text.length - tokens - 1) / count);
  const x = new Uint8Array(count * tokens);
  const y = new Int32Array(count * tokens);
  for (let i = 0; i < count; i++) {
    for (let t = 0; t < tokens; t++) {
      x[i * tokens + t] = text.charCodeAt(i * stride + t);
      y[i * tokens + t] = text.charCodeAt(i * stride + t + 1);
    }
  }
  return { x, y };
}

/** Nats a character that knowing how often each occurs, and nothing else, leaves open. */
export function characterEntropy({ y }: { y: Int32Array }): number {
  const counts = new Map<number, number>();
  for (const code of y) counts.set(code, (counts.get(code) ?? 0) + 1);
  return [...counts.values()].reduce((total, n) => total - (n / y.length) * Math.log(n / y.length), 0);
}

/** Trains for some steps, `capacity` a call; gives the losses and the bytes of WebAssembly memory that hold something. */
export async function trainLanguageModel(
  options: LanguageModelOptions,
  steps: number,
  windows: number,
  backend: Backend = wasmBackend,
) {
  const { transform, program, start } = languageModelStep(options, windows);
  const { tokens, batchSize, capacity } = options;
  const memories: WebAssembly.Memory[] = [];
  const Memory = WebAssembly.Memory;
  WebAssembly.Memory = class extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor);
      memories.push(this);
    }
  };
  try {
    using session = await backend.open([program], { capacity });
    const text = textWindows(windows, tokens);
    session.write(BLOCKS.parameters, start);
    session.write(BLOCKS.source, text.x);
    session.write(BLOCKS.target, text.y);
    const losses: number[] = [];
    for (let done = 0; done < steps; done += capacity) {
      const count = Math.min(capacity, steps - done);
      // Another order each pass: 7919 is prime, so every row comes before any comes again.
      const rows = Int32Array.from({ length: count * batchSize }, (_, i) => ((done * batchSize + i) * 7919) % windows);
      session.writeRows(program.name, 'indices', rows);
      const at = Array.from({ length: count }, (_, i) => done + i);
      session.writeRows(program.name, 'scalars', Float32Array.from(at.flatMap((step) => [...transform.scalars(step)])));
      session.writeRows(program.name, 'key', Int32Array.from(at.flatMap((step) => [1, step, 0])));
      const { stop } = await session.run(program.name, count);
      if (stop !== undefined) throw new Error(`stopped: ${JSON.stringify(stop)}`);
      const pulses = await session.readRows(program.name, 'pulse', count);
      losses.push(...at.map((_, i) => pulses[2 * i] as number));
    }
    return { losses, held: session.bytes, used: memories.reduce((total, memory) => total + usedBytes(memory), 0) };
  } finally {
    WebAssembly.Memory = Memory;
  }
}

/** What has been written, by kilobyte: memory begins as zeros, and is made of pages that count once they are touched. */
function usedBytes({ buffer }: WebAssembly.Memory): number {
  const words = new Int32Array(buffer);
  let used = 0;
  for (let at = 0; at < words.length; at += 256)
    if (words.subarray(at, at + 256).some((word) => word !== 0)) used += 1024;
  return used;
}
