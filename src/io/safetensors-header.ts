/** @file The header of a safetensors file: found, decoded and parsed, without trust in a single byte of it. */
import { SaddlepointError } from '../core/errors.ts';

export interface Header {
  /** Tensors by name, not checked yet. */
  readonly entries: readonly (readonly [name: string, value: unknown])[];
  readonly metadata: Record<string, string>;
  /** Where the data start, in bytes from the start of the file. */
  readonly dataStart: number;
}

/** Beginnings of files that people take for safetensors: asked only once a file is refused, since a length may look so. */
const OTHERS: readonly (readonly [start: string, what: string])[] = [
  ['<!', 'an HTML page: the address probably does not exist'],
  ['<html', 'an HTML page: the address probably does not exist'],
  ['PK\x03\x04', 'a zip archive, as PyTorch (.pt) and Keras 3 (.keras) write'],
  ['\x89HDF', 'an HDF5 file, as Keras (.h5) writes'],
  ['version https://git-lfs', 'a Git LFS pointer: the real file was not downloaded'],
];

export function damaged(what: string, help?: string): SaddlepointError {
  return new SaddlepointError(
    'file',
    `safetensors: ${what}`,
    help ?? 'the file is damaged or incomplete; save it or download it again',
  );
}

/** A name out of a file as a message shows it: cut, and without control characters. */
export function quoted(name: string, quote = "'"): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not reach a terminal.
  const clean = name.slice(0, 80).replace(/[\u0000-\u001f\u007f-\u009f]/g, '�');
  return `${quote}${clean}${name.length > 80 ? '…' : ''}${quote}`;
}

/** The refusal of a file without a header: says what it is instead, where that can be seen. */
function noHeader(bytes: Uint8Array, what: string): SaddlepointError {
  const start = String.fromCharCode(...bytes.subarray(0, 24)).toLowerCase();
  const other = OTHERS.find(([magic]) => start.startsWith(magic.toLowerCase()));
  return other === undefined ? damaged(what) : damaged(`this is ${other[1]}`, 'give a .safetensors file');
}

export function parseHeader(bytes: Uint8Array, limit: number): Header {
  if (bytes.length < 10) throw noHeader(bytes, `the file has ${bytes.length} bytes, too few for a header`);
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getBigUint64(0, true);
  if (length > BigInt(limit)) {
    throw noHeader(bytes, `the header is said to have ${length} bytes, at most ${limit} are allowed`);
  }
  const dataStart = 8 + Number(length);
  if (dataStart > bytes.length) {
    throw noHeader(
      bytes,
      `the header is said to have ${length} bytes, the file has ${bytes.length - 8} after its length`,
    );
  }
  const root = parseObject(bytes.subarray(8, dataStart));
  const metadata: Record<string, string> = Object.create(null);
  const entries: [string, unknown][] = [];
  for (const [name, value] of Object.entries(root)) {
    if (name === '__metadata__') readMetadata(value, metadata);
    else entries.push([name, value]);
  }
  return { entries, metadata, dataStart };
}

function parseObject(json: Uint8Array): object {
  if (json[0] !== 0x7b) throw damaged("the header does not start with '{'");
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(json);
  } catch (cause) {
    throw new SaddlepointError('file', 'safetensors: the header is not valid UTF-8', 'the file is damaged', { cause });
  }
  let root: object;
  try {
    // It starts with '{', so it is an object if it is anything.
    root = JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? quoted(cause.message, '') : '';
    throw new SaddlepointError('file', `safetensors: the header is not valid JSON: ${reason}`, 'the file is damaged', {
      cause,
    });
  }
  const twice = duplicateKey(text);
  if (twice !== undefined) throw damaged(`the header has the key ${quoted(twice)} twice`);
  return root;
}

function readMetadata(value: unknown, into: Record<string, string>): void {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw damaged('__metadata__ is no object');
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw damaged(`__metadata__ has a value that is no text under ${quoted(key)}`);
    into[key] = text;
  }
}

/** The first key that an object of a valid JSON text has twice; the parser would keep the last without a word. */
function duplicateKey(text: string): string | undefined {
  // The keys of each open object; undefined for an open array.
  const open: (Set<string> | undefined)[] = [];
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '{') open.push(new Set());
    else if (c === '[') open.push(undefined);
    else if (c === '}' || c === ']') open.pop();
    else if (c === '"') {
      let end = i + 1;
      while (text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
      const keys = open.at(-1);
      if (keys !== undefined && isFollowedByColon(text, end + 1)) {
        const key: string = JSON.parse(text.slice(i, end + 1));
        if (keys.has(key)) return key;
        keys.add(key);
      }
      i = end;
    }
  }
  return undefined;
}

function isFollowedByColon(text: string, from: number): boolean {
  let i = from;
  while (text[i] === ' ' || text[i] === '\n' || text[i] === '\r' || text[i] === '\t') i++;
  return text[i] === ':';
}
