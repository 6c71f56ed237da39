/** verify finds every kind of broken graph. */
import { describe, expect, test } from 'vitest';
import type { Graph, Node, Value } from '../../src/graph/node.ts';
import { ProgramBuilder } from '../../src/graph/program.ts';
import { type Tensor, tensor } from '../../src/graph/tensor.ts';
import { trace } from '../../src/graph/trace.ts';
import { verify } from '../../src/graph/verify.ts';
import { add, mul } from '../../src/ops/elementwise.ts';

/** Graphs are frozen by type only: tests may break them. */
type Breakable = { inputs: Value[]; nodes: (Node & { inputs: Value[]; outputs: Value[] })[]; outputs: Value[] };

function good(): Breakable {
  return trace([{ shape: [3], dtype: 'f32' }], ([x]) => [mul(add(x as Tensor, 1), 2)]) as Graph as Breakable;
}

const node = (graph: Breakable, name: string) =>
  graph.nodes.find(({ op }) => op.name === name) as Breakable['nodes'][number];
const value = (spec: object): Value => ({ id: 99, shape: [3], dtype: 'f32', node: undefined, ...spec });

describe('verify', () => {
  test('accepts a traced graph and returns it', () => {
    const graph = good();
    expect(verify(graph)).toBe(graph);
  });

  test.each<[string, (graph: Breakable) => void, RegExp]>([
    ['nodes in a wrong order', (g) => g.nodes.reverse(), /node 0 \(mul\) uses a value before it is defined/],
    [
      'an input from nowhere',
      (g) => void node(g, 'add').inputs.splice(0, 1, value({})),
      /node 1 \(add\) uses a value before it is defined/,
    ],
    [
      'a node recorded twice',
      (g) => void g.nodes.push(g.nodes[0] as never),
      /node 4 \(constant\) defines a value twice/,
    ],
    ['an input listed twice', (g) => void g.inputs.push(g.inputs[0] as Value), /graph inputs defines a value twice/],
    [
      'an input that a node made',
      (g) => void g.inputs.push(node(g, 'add').outputs[0] as Value),
      /a graph input is the output of a node/,
    ],
    ['an output from nowhere', (g) => void g.outputs.push(value({})), /a graph output is not defined/],
    ['a missing output', (g) => void node(g, 'add').outputs.pop(), /node 1 \(add\) has 0 outputs, its op 1/],
    [
      'an output of another node',
      (g) => void node(g, 'add').outputs.splice(0, 1, value({ node: node(g, 'mul') })),
      /output 0 of node 1 \(add\) belongs to another node/,
    ],
    [
      'a wrong shape',
      (g) => void node(g, 'add').outputs.splice(0, 1, value({ shape: [4], node: node(g, 'add') })),
      /output 0 of node 1 \(add\) is f32\[4\], its shape rule says f32\[3\]/,
    ],
    [
      'a wrong type',
      (g) => void node(g, 'add').outputs.splice(0, 1, value({ dtype: 'i32', node: node(g, 'add') })),
      /is i32\[3\], its shape rule says f32\[3\]/,
    ],
    [
      'attributes that do not fit',
      (g) => void Object.assign(node(g, 'constant'), { attributes: { shape: [2], dtype: 'f32' } }),
      /its shape rule says f32\[2\]/,
    ],
  ])('finds %s', (_, break_, message) => {
    const graph = good();
    break_(graph);
    expect(() => verify(graph)).toThrow(message);
  });
});

describe('a program', () => {
  test('binds each block once, and writes it once', () => {
    const builder = new ProgramBuilder();
    const w = builder.block('w', { shape: [2], dtype: 'f32' });
    expect(() => builder.block('w', { shape: [2], dtype: 'f32' })).toThrow('block w is bound twice');
    builder.commit('w', add(w, 1));
    builder.commit('w', tensor([1, 2]));
    expect(() => builder.finish('p')).toThrow('block w is written twice');
  });
});
