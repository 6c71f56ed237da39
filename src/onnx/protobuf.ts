/**
 * @file Messages of the ONNX table to bytes and back. A file's bytes are hostile: a length is compared with what is left before
 * anything is read by it, nesting and the number of messages are bounded, and nothing is allocated by what a file claims.
 */
import { PbfReader, PbfWriter } from 'pbf';
import { SaddlepointError } from '../core/errors.ts';
import { type Draft, type Field, type Message, type MessageName, SCHEMA, type Scalar } from './schema.ts';

/** How deep messages may nest: a model, its graph, a node, an attribute … with a few graphs inside graphs. */
const MAX_DEPTH = 40;
/** How many messages a file may have: a million nodes with their attributes. An empty one costs 2 bytes in the file, 100 here. */
const MAX_MESSAGES = 2 ** 22;

const SCALARS: ReadonlySet<string> = new Set<Scalar>(['int', 'float', 'double', 'text', 'bytes']);
/** Types of fields on the wire. */
const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;
const WIRE_OF: Readonly<Record<Scalar, number>> = {
  int: WIRE.varint,
  float: WIRE.fixed32,
  double: WIRE.fixed64,
  text: WIRE.bytes,
  bytes: WIRE.bytes,
};

interface Entry {
  readonly key: string;
  readonly type: string;
  readonly many: boolean;
}

const fieldsOf = (name: MessageName): [string, Field][] =>
  Object.entries(SCHEMA[name] as Readonly<Record<string, Field>>);

/** Fields by number, for each message. */
const BY_NUMBER: ReadonlyMap<string, ReadonlyMap<number, Entry>> = /* @__PURE__ */ new Map(
  (Object.keys(SCHEMA) as MessageName[]).map((name) => [
    name,
    new Map(fieldsOf(name).map(([key, [number, type, many]]) => [number, { key, type, many: many === 'many' }])),
  ]),
);

const damaged = (what: string, cause?: unknown): SaddlepointError =>
  new SaddlepointError('file', `onnx: ${what}`, 'the file is damaged, incomplete, or no ONNX model', { cause });

/** The bytes of a model. */
export function encodeModel(model: Draft<'Model'>): Uint8Array {
  const writer = new PbfWriter();
  write(writer, 'Model', model as Readonly<Record<string, unknown>>);
  return writer.finish();
}

function write(writer: PbfWriter, name: MessageName, message: Readonly<Record<string, unknown>>): void {
  for (const [key, [number, type, many]] of fieldsOf(name)) {
    const given = message[key];
    if (given === undefined) continue;
    for (const value of many === 'many' ? (given as readonly unknown[]) : [given]) {
      if (SCALARS.has(type)) writeScalar(writer, number, type as Scalar, value);
      else
        writer.writeMessage(
          number,
          (part, pbf) => write(pbf, type as MessageName, part),
          value as Readonly<Record<string, unknown>>,
        );
    }
  }
}

function writeScalar(writer: PbfWriter, number: number, type: Scalar, value: unknown): void {
  writer.writeTag(number, WIRE_OF[type]);
  if (type === 'int') writer.writeVarint(value as number);
  else if (type === 'float') writer.writeFloat(value as number);
  else if (type === 'double') writer.writeDouble(value as number);
  // The library's own writer of texts loses bits of characters beyond U+1FFFF.
  else if (type === 'text') writer.writeBytes(new TextEncoder().encode(value as string));
  else writer.writeBytes(value as Uint8Array);
}

/**
 * The model that bytes stand for. `bytes` fields are views of the given bytes.
 *
 * @throws SaddlepointError `file` for bytes that are no such message.
 */
export function decodeModel(bytes: Uint8Array): Message<'Model'> {
  const budget = { messages: MAX_MESSAGES };
  try {
    const model = read(new PbfReader(bytes), 'Model', bytes.length, 0, budget) as unknown as Message<'Model'>;
    if (model.graph === undefined) throw damaged('the file has no graph');
    return model;
  } catch (cause) {
    if (cause instanceof SaddlepointError) throw cause;
    throw damaged(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function read(
  reader: PbfReader,
  name: MessageName,
  end: number,
  depth: number,
  budget: { messages: number },
): Record<string, unknown> {
  if (depth > MAX_DEPTH) throw damaged(`messages nest more than ${MAX_DEPTH} deep`);
  if (--budget.messages < 0) throw damaged(`the file has more than ${MAX_MESSAGES} messages`);
  const fields = BY_NUMBER.get(name) as ReadonlyMap<number, Entry>;
  const message: Record<string, unknown> = {};
  for (const { key, many } of fields.values()) if (many) message[key] = [];
  while (reader.pos < end) {
    const tag = reader.readVarint();
    const wire = tag & 7;
    const start = reader.pos;
    const field = fields.get(Math.floor(tag / 8));
    const stop = wire === WIRE.bytes ? lengthFrom(reader, end) : undefined;
    if (field === undefined) skip(reader, wire, start, stop);
    else readField(reader, field, wire, stop, message, depth, budget);
    if (reader.pos > end || (stop !== undefined && reader.pos !== stop))
      throw damaged(`a field of ${name} at byte ${start} does not end where it says`);
  }
  return message;
}

/** Where a field of bytes ends; the reader stands at its first byte then. */
function lengthFrom(reader: PbfReader, end: number): number {
  const at = reader.pos;
  const length = reader.readVarint();
  if (!(length >= 0 && length <= end - reader.pos))
    throw damaged(`a field at byte ${at} is said to have ${length} bytes, ${Math.max(0, end - reader.pos)} are left`);
  return reader.pos + length;
}

function skip(reader: PbfReader, wire: number, start: number, stop: number | undefined): void {
  if (stop !== undefined) reader.pos = stop;
  else if (wire === WIRE.varint) reader.readVarint();
  else if (wire === WIRE.fixed32) reader.pos += 4;
  else if (wire === WIRE.fixed64) reader.pos += 8;
  else throw damaged(`a field at byte ${start} has the unknown wire type ${wire}`);
}

function readField(
  reader: PbfReader,
  { key, type, many }: Entry,
  wire: number,
  stop: number | undefined,
  message: Record<string, unknown>,
  depth: number,
  budget: { messages: number },
): void {
  const put = (value: unknown): void => {
    if (many) (message[key] as unknown[]).push(value);
    else message[key] = value;
  };
  if (!SCALARS.has(type)) {
    if (stop === undefined) throw damaged(`the field '${key}' is no message`);
    put(read(reader, type as MessageName, stop, depth + 1, budget));
  } else if (type === 'text' || type === 'bytes') {
    if (stop === undefined) throw damaged(`the field '${key}' has no length`);
    const bytes = reader.buf.subarray(reader.pos, stop);
    reader.pos = stop;
    put(type === 'text' ? new TextDecoder().decode(bytes) : bytes);
  } else if (stop !== undefined && many) {
    // Numbers side by side in one field ("packed").
    while (reader.pos < stop) put(readNumber(reader, type as Scalar));
  } else {
    if (wire !== WIRE_OF[type as Scalar]) throw damaged(`the field '${key}' has the wire type ${wire}`);
    put(readNumber(reader, type as Scalar));
  }
}

const readNumber = (reader: PbfReader, type: Scalar): number =>
  type === 'int' ? reader.readVarint(true) : type === 'float' ? reader.readFloat() : reader.readDouble();
