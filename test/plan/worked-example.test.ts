/** The worked example on its way through all floors, as printed texts, and run on both backends. */

import { expect, test } from 'vitest';
import { vjp } from '../../src/autodiff/grad.ts';
import { referenceBackend } from '../../src/backends/reference/index.ts';
import { planSession, wasmBackend } from '../../src/backends/wasm/index.ts';
import { fusedOps } from '../../src/backends/wasm/lower/table.ts';
import { trainingProgram } from '../../src/engine/step.ts';
import type { Spec } from '../../src/graph/node.ts';
import { print } from '../../src/graph/print.ts';
import { printProgram } from '../../src/graph/program.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { tensor } from '../../src/graph/tensor.ts';
import { trace } from '../../src/graph/trace.ts';
import { verify } from '../../src/graph/verify.ts';
import { sum } from '../../src/ops/reduce.ts';
import { PASSES } from '../../src/passes/pipeline.ts';
import { printPlan } from '../../src/plan/validate.ts';
import { expectGolden } from './golden.ts';
import { adam, denseRelu, description } from './worked-example.ts';

const SPECS: Spec[] = [[4, 3], [3, 2], [2]].map((shape) => ({ shape, dtype: 'f32' }));

test('1: the traced graph', () => {
  const graph = trace(SPECS, ([x, w, b]) => [denseRelu(x as Tensor, w as Tensor, b as Tensor)]);
  expectGolden('1-graph', print(graph));
});

test('2: the graph with its gradient', () => {
  const graph = trace(SPECS, ([x, w, b], recording) => {
    const loss = sum(denseRelu(x as Tensor, w as Tensor, b as Tensor));
    return vjp(recording, [loss], [tensor(1)], [w, b] as Tensor[]) as Tensor[];
  });
  expectGolden('2-gradient', print(graph));
});

test('3: the program of a training step', () => {
  expectGolden('3-program', printProgram(trainingProgram(description, adam, 4)));
});

test('4: the program after each pass that changes it', () => {
  let graph = trainingProgram(description, adam, 4).graph;
  const texts: string[] = [];
  for (const pass of PASSES) {
    const before = print(graph);
    graph = pass.run(graph, { fused: fusedOps });
    texts.push(`--- ${pass.name}\n${print(graph) === before ? '(no change)' : print(graph)}`);
  }
  expectGolden('4-passes', texts.join('\n\n'));
});

test('5: the plan', async () => {
  const { programs, bytes } = await planSession([trainingProgram(description, adam, 4)], { check: verify });
  const plan = programs.get('train 4')?.plan;
  expectGolden('5-plan', `${printPlan(plan as NonNullable<typeof plan>)}\n${bytes} bytes in all`);
});

test('runs to the same parameters on both backends, three steps in one call', async () => {
  const results = [];
  for (const backend of [referenceBackend, wasmBackend]) {
    using session = await backend.open([trainingProgram(description, adam, 4)], { capacity: 3 });
    session.write(
      'x',
      Uint8Array.from({ length: 18 }, (_, i) => (i * 37) % 256),
    );
    session.write(
      'y',
      Float32Array.from({ length: 12 }, (_, i) => (i % 5) / 5),
    );
    session.write(
      'parameters',
      Float32Array.from({ length: 32 }, (_, i) => (i < 6 || (i > 15 && i < 18) ? 0.2 + i / 50 : 0)),
    );
    session.writeRows('train 4', 'indices', Int32Array.of(0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5));
    session.writeRows('train 4', 'scalars', Float32Array.of(0.1, 1e-8, 0.1, 1e-8, 0.1, 1e-8));
    session.writeRows('train 4', 'key', Int32Array.of(1, 0, 0, 1, 1, 0, 1, 2, 0));
    expect(session.run('train 4', 3)).toEqual({ done: 3, stop: undefined });
    results.push([...session.read('parameters'), ...session.readRows('train 4', 'pulse', 3)]);
    expect(session.read('parameters').slice(6, 16)).toEqual(session.read('parameters').slice(6, 16).fill(0));
  }
  const [exact, single] = results as [number[], number[]];
  expect(single.length).toBe(exact.length);
  single.forEach((value, i) => {
    expect(Math.abs(value - (exact[i] as number))).toBeLessThan(1e-5);
  });
});
