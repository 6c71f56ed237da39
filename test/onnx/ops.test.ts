/** @file Every op that an exported model can have, on every sample of its record, by onnxruntime. */
import { describe, expect, test } from 'vitest';
import { evaluateGraph } from '../../src/graph/evaluate.ts';
import type { Op } from '../../src/graph/node.ts';
import { hostTensor } from '../../src/graph/tensor.ts';
import { apply, trace } from '../../src/graph/trace.ts';
import { onnxBytes, prepare } from '../../src/onnx/export/graph.ts';
import { staticGraph } from '../../src/onnx/export/symbolic.ts';
import { EXPORT_RULES, type ExportRule } from '../../src/onnx/export/table.ts';
import { SAMPLES, type Sample, sampleTensors } from '../../src/ops/samples.ts';
import { composites, type OpName, primitives } from '../../src/ops/table.ts';
import { relativeError, runOnnx } from './runtime.ts';

const TYPES = { f32: 'float32', i32: 'int32', u8: 'uint8' } as const;
const rules = Object.entries(EXPORT_RULES) as [OpName, ExportRule][];

/** Samples about NaN and infinities belong to the conformance of our own backends: the ONNX standard leaves them open. */
const hasNumbers = ({ inputs }: Sample): boolean => inputs.every(({ data }) => data?.every(Number.isFinite) ?? true);

async function errorOf(name: OpName, sample: Sample): Promise<number> {
  const op = { ...primitives, ...composites }[name] as Op;
  const tensors = sampleTensors(sample).map(({ shape, dtype, data }) =>
    hostTensor({ shape, dtype }, dtype === 'f32' ? Float64Array.from(data, Math.fround) : data),
  );
  const traced = trace(tensors, (inputs, recording) => {
    if (inputs.length > 0) return apply(op, inputs, sample.attributes);
    const values = recording.add(op, [], sample.attributes, op.infer([], sample.attributes));
    return values.map((value) => recording.tensor(value));
  });
  const graph = prepare(traced);
  const bytes = onnxBytes(staticGraph(graph), {
    inputs: graph.inputs.map((value, i) => [value, `input ${i}`]),
    leaves: new Map(),
    outputs: graph.outputs.map((value, i) => [value, `output ${i}`]),
  });
  const feeds = tensors.map(
    ({ shape, dtype, data }, i) => [`input ${i}`, { dims: shape, data, type: TYPES[dtype] }] as const,
  );
  const answers = await runOnnx(bytes, Object.fromEntries(feeds));
  const expected = evaluateGraph(traced, tensors);
  return Math.max(...expected.map(({ data }, i) => relativeError(answers[i]?.data ?? [], data)));
}

describe('ONNX export of ops', () => {
  test.each(rules.filter(([, rule]) => typeof rule !== 'object'))(
    '%s gives in onnxruntime what it gives here',
    async (name) => {
      const samples = (SAMPLES[name] as readonly Sample[]).filter(hasNumbers);
      expect(samples.length).toBeGreaterThan(0);
      for (const [i, sample] of samples.entries()) {
        const error = await errorOf(name, sample);
        expect(error, `sample ${i}`).toBeLessThan(1e-5);
      }
    },
  );
});
