/**
 * @file The part of the ONNX format that the library reads and writes, as a table: message → field → number and type. Source:
 * onnx.proto of the ONNX project (IR version 8). Fields that are not listed are skipped when a file is read.
 */

/** Scalars of the wire: `int` is a varint of 64 bits, `text` is UTF-8; the others as their names say. */
export type Scalar = 'int' | 'float' | 'double' | 'text' | 'bytes';

/** [number, type, 'many' if it may occur more than once]; a type that is no scalar names a message. */
export type Field = readonly [number: number, type: string, many?: 'many'];

export const SCHEMA = {
  Model: {
    irVersion: [1, 'int'],
    producerName: [2, 'text'],
    producerVersion: [3, 'text'],
    graph: [7, 'Graph'],
    opsets: [8, 'Opset', 'many'],
    metadata: [14, 'Entry', 'many'],
    functions: [25, 'Function', 'many'],
  },
  Opset: { domain: [1, 'text'], version: [2, 'int'] },
  Entry: { key: [1, 'text'], value: [2, 'text'] },
  /** Only its name: models with functions of their own are refused. */
  Function: { name: [1, 'text'] },
  Graph: {
    nodes: [1, 'Node', 'many'],
    name: [2, 'text'],
    initializers: [5, 'Tensor', 'many'],
    inputs: [11, 'ValueInfo', 'many'],
    outputs: [12, 'ValueInfo', 'many'],
    sparseInitializers: [15, 'Sparse', 'many'],
  },
  /** Only that it is there: sparse tensors are refused. */
  Sparse: { dims: [3, 'int', 'many'] },
  Node: {
    inputs: [1, 'text', 'many'],
    outputs: [2, 'text', 'many'],
    name: [3, 'text'],
    opType: [4, 'text'],
    attributes: [5, 'Attribute', 'many'],
    domain: [7, 'text'],
  },
  Attribute: {
    name: [1, 'text'],
    f: [2, 'float'],
    i: [3, 'int'],
    s: [4, 'bytes'],
    t: [5, 'Tensor'],
    g: [6, 'Graph'],
    floats: [7, 'float', 'many'],
    ints: [8, 'int', 'many'],
    strings: [9, 'bytes', 'many'],
    type: [20, 'int'],
  },
  Tensor: {
    dims: [1, 'int', 'many'],
    dataType: [2, 'int'],
    floatData: [4, 'float', 'many'],
    int32Data: [5, 'int', 'many'],
    int64Data: [7, 'int', 'many'],
    name: [8, 'text'],
    rawData: [9, 'bytes'],
    doubleData: [10, 'double', 'many'],
    externalData: [13, 'Entry', 'many'],
    dataLocation: [14, 'int'],
  },
  ValueInfo: { name: [1, 'text'], type: [2, 'Type'] },
  Type: { tensor: [1, 'TensorType'] },
  TensorType: { elementType: [1, 'int'], shape: [2, 'TensorShape'] },
  TensorShape: { dims: [1, 'Dimension', 'many'] },
  Dimension: { value: [1, 'int'], parameter: [2, 'text'] },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Field>>>>;

export type MessageName = keyof typeof SCHEMA;

interface ScalarTypes {
  int: number;
  float: number;
  double: number;
  text: string;
  bytes: Uint8Array;
}
type One<T> = T extends keyof ScalarTypes ? ScalarTypes[T] : T extends MessageName ? Message<T> : never;
type FieldsOf<M extends MessageName> = (typeof SCHEMA)[M];
type Many<M extends MessageName> = {
  [K in keyof FieldsOf<M>]: FieldsOf<M>[K] extends readonly [number, string, 'many'] ? K : never;
}[keyof FieldsOf<M>];
type TypeOf<F> = F extends readonly [number, infer T, ...unknown[]] ? One<T> : never;

/** A message: lists are always there, single fields only if the file has them. */
export type Message<M extends MessageName> = {
  readonly [K in Many<M>]: readonly TypeOf<FieldsOf<M>[K]>[];
} & {
  readonly [K in Exclude<keyof FieldsOf<M>, Many<M>>]?: TypeOf<FieldsOf<M>[K]> | undefined;
};

/** A message to write: lists may be left out too. */
export type Draft<M extends MessageName> = {
  readonly [K in keyof FieldsOf<M>]?: FieldsOf<M>[K] extends readonly [number, infer T, 'many']
    ? readonly (T extends MessageName ? Draft<T> : One<T>)[]
    : FieldsOf<M>[K] extends readonly [number, infer T, ...unknown[]]
      ? T extends MessageName
        ? Draft<T> | undefined
        : One<T> | undefined
      : never;
};

/** Types of elements, by their numbers in the format. */
export const ELEMENT = {
  float: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  double: 11,
} as const;

/** Types of attributes, by their numbers in the format. */
export const ATTRIBUTE = { float: 1, int: 2, string: 3, tensor: 4, graph: 5, floats: 6, ints: 7, strings: 8 } as const;
