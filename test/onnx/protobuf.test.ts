import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SaddlepointError } from '../../src/core/errors.ts';
import { decodeModel, encodeModel } from '../../src/onnx/protobuf.ts';
import { type Draft, ELEMENT } from '../../src/onnx/schema.ts';
import { fromTensorProto, toTensorProto } from '../../src/onnx/tensors.ts';

const bytes = (...list: number[]): Uint8Array => Uint8Array.from(list);
const float = fc.float({ noNaN: true });
const int = fc.oneof(fc.integer(), fc.maxSafeInteger());
const attribute: fc.Arbitrary<Draft<'Attribute'>> = fc.record({
  ...{ name: fc.string(), f: float, i: int, s: fc.uint8Array({ maxLength: 20 }) },
  ...{ floats: fc.array(float, { maxLength: 5 }), ints: fc.array(int, { maxLength: 5 }) },
  strings: fc.array(fc.uint8Array({ maxLength: 5 }), { maxLength: 2 }),
  type: fc.nat(10),
});
const node: fc.Arbitrary<Draft<'Node'>> = fc.record({
  ...{ inputs: fc.array(fc.string(), { maxLength: 3 }), outputs: fc.array(fc.string(), { maxLength: 3 }) },
  ...{ name: fc.string(), opType: fc.string({ unit: 'grapheme' }), domain: fc.string() },
  attributes: fc.array(attribute, { maxLength: 3 }),
});

/** A model whose graph is so many bytes, as they stand. */
const graphOf = (content: Uint8Array): Uint8Array => bytes(0x3a, content.length, ...content);

describe('protobuf', () => {
  test('decoding gives what was encoded', () => {
    fc.assert(
      fc.property(fc.array(node, { maxLength: 4 }), int, (nodes, irVersion) => {
        const model = decodeModel(encodeModel({ irVersion, graph: { nodes, name: 'g' } }));
        expect(model.irVersion).toBe(irVersion);
        expect(model.graph?.nodes).toEqual(nodes);
      }),
    );
  });

  test('knows numbers side by side in one field, and fields of its own each', () => {
    // Node (1) with attribute (5): ints (8) as 1, 2 packed, then 3 and −1 alone; and an unknown field (100) that is skipped.
    const attributeBytes = [
      0x42, 2, 1, 2, 0x40, 3, 0x40, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 0xa2, 6, 1, 9,
    ];
    const nodeBytes = [0x2a, attributeBytes.length, ...attributeBytes];
    const model = decodeModel(graphOf(bytes(0x0a, nodeBytes.length, ...nodeBytes)));
    expect(model.graph?.nodes[0]?.attributes[0]?.ints).toEqual([1, 2, 3, -1]);
  });

  test.each<[string, Uint8Array, string]>([
    ['a length beyond the file', bytes(0x3a, 200, 1), 'is said to have 200 bytes, 0 are left'],
    ['a length of 2^60', bytes(0x3a, 255, 255, 255, 255, 255, 255, 255, 255, 15), 'bytes, 0 are left'],
    [
      'a message that is longer than the one around it',
      graphOf(bytes(0x0a, 50)),
      'is said to have 50 bytes, 0 are left',
    ],
    ['a number cut off', bytes(0x3a, 0, 0x08, 0xff), 'onnx: '],
    ['groups, which the format does not have', bytes(0x93, 0x03), 'unknown wire type 3'],
    ['a text where a number belongs', bytes(0x0a, 1, 65), "the field 'irVersion' has the wire type 2"],
    ['a number where a message belongs', bytes(0x38, 1), "the field 'graph' is no message"],
    ['no graph', bytes(0x08, 7), 'the file has no graph'],
  ])('refuses %s', (_what, file, message) => {
    expect(() => decodeModel(file)).toThrow(SaddlepointError);
    expect(() => decodeModel(file)).toThrow(message);
  });

  test('refuses graphs nested without end, without running out of stack', () => {
    let graph: Draft<'Graph'> = { name: 'last' };
    for (let i = 0; i < 60; i++) graph = { nodes: [{ attributes: [{ name: 'body', g: graph }] }] };
    expect(() => decodeModel(encodeModel({ graph }))).toThrow('messages nest more than 40 deep');
  });
});

describe('tensors', () => {
  const read = (tensor: Draft<'Tensor'>) =>
    fromTensorProto(
      decodeModel(encodeModel({ graph: { initializers: [tensor] } })).graph?.initializers[0] as never,
      "initializer 'w'",
    );

  test.each<[string, Draft<'Tensor'>, string, readonly number[]]>([
    ['floats in bytes', toTensorProto('w', { shape: [2], data: [1.5, -2] }, ELEMENT.float), 'f32', [1.5, -2]],
    ['floats in a list', { dims: [2], dataType: ELEMENT.float, floatData: [1.5, -2] }, 'f32', [1.5, -2]],
    ['doubles', { dims: [1], dataType: ELEMENT.double, doubleData: [0.1] }, 'f32', [Math.fround(0.1)]],
    // 1, −2, 65504 (the largest), 2^−24 (the smallest), ∞.
    [
      'halves',
      { dims: [5], dataType: ELEMENT.float16, rawData: bytes(0, 0x3c, 0, 0xc0, 0xff, 0x7b, 1, 0, 0, 0x7c) },
      'f32',
      [1, -2, 65504, 2 ** -24, Number.POSITIVE_INFINITY],
    ],
    [
      'ints of 64 bits, held within 32',
      toTensorProto('w', { shape: [3], data: [-1, 7, 2 ** 60] }, ELEMENT.int64),
      'i32',
      [-1, 7, 2 ** 31 - 1],
    ],
    ['booleans as 0 and 1', { dims: [2], dataType: ELEMENT.bool, rawData: bytes(1, 0) }, 'f32', [1, 0]],
    ['a scalar', { dataType: ELEMENT.int32, int32Data: [5] }, 'i32', [5]],
    ['bytes', { dims: [2], dataType: ELEMENT.uint8, rawData: bytes(0, 255) }, 'u8', [0, 255]],
  ])('reads %s', (_what, tensor, dtype, values) => {
    const constant = read(tensor);
    expect([constant.dtype, [...constant.data]]).toEqual([dtype, values]);
  });

  test.each<[string, Draft<'Tensor'>, string]>([
    [
      'a shape that its data do not fill',
      { dims: [3], dataType: 1, floatData: [1] },
      "initializer 'w' has shape [3] but 1 values",
    ],
    [
      'a shape beyond all memory',
      { dims: [2 ** 40, 2 ** 40], dataType: 1, rawData: bytes(0, 0, 0, 0) },
      'but 1 values',
    ],
    ['a negative dimension', { dims: [-1], dataType: 1, floatData: [1] }, 'has the shape [-1]'],
    ['texts', { dims: [1], dataType: 8 }, 'has elements of type element type 8'],
  ])('refuses %s', (_what, tensor, message) => {
    expect(() => read(tensor)).toThrow(message);
  });
});
