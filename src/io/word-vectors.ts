/** @file Word vectors in the files of word2vec (text, binary) and GloVe (text): read without trust in their headers, written. */
import { checkName, checkNumber, SaddlepointError, show } from '../core/errors.ts';

/** Words and a vector for each. */
export interface WordVectors {
  readonly words: readonly string[];
  /** Numbers a word. */
  readonly dimensions: number;
  /** Row-major, words × dimensions. */
  readonly data: Float32Array;
}

/** The layouts of files of word vectors. */
export type WordVectorFormat = 'word2vec-text' | 'word2vec-binary' | 'glove';
const FORMATS: readonly WordVectorFormat[] = ['word2vec-text', 'word2vec-binary', 'glove'];

export interface ReadWordVectorsOptions {
  /** Default: text is told by its first lines; `word2vec-binary` must be named. */
  readonly format?: WordVectorFormat;
  /** So many first words, which are the most frequent in most files; default all. */
  readonly limit?: number;
}

const MOST_DIMENSIONS = 65_536;
/** Longer words are a sign that the bytes are no word vectors. */
const LONGEST_WORD = 4096;

const wrong = (what: string, help = 'check the format and that the file is complete'): SaddlepointError =>
  new SaddlepointError('file', `word vectors: ${what}`, help);

/**
 * Reads word vectors. A word that occurs twice keeps its first vector's place and both rows, as the files have them.
 *
 * @param bytes the whole file, as `readBytes` or `Blob.arrayBuffer` give it
 * @throws SaddlepointError `file`: a header whose count × dimensions cannot fit into the file, a line of another length, a number
 *   that is none (line or byte named)
 * @example const { words, data } = readWordVectors(bytes, { limit: 50_000 });
 */
export function readWordVectors(bytes: Uint8Array, options: ReadWordVectorsOptions = {}): WordVectors {
  if (options.format !== undefined) checkName('format', options.format, FORMATS);
  const limit =
    options.limit === undefined
      ? Number.POSITIVE_INFINITY
      : checkNumber('limit', options.limit, { min: 1, integer: true });
  return options.format === 'word2vec-binary' ? readBinary(bytes, limit) : readText(bytes, limit, options.format);
}

/** Count and dimensions of a word2vec header, checked against the size of the file before anything is allocated. */
function headerOf(line: string, bytes: number, least: (dimensions: number) => number) {
  const match = /^(\d{1,15}) (\d{1,15})\s*$/.exec(line);
  if (match === null) return undefined;
  const [count, dimensions] = [Number(match[1]), Number(match[2])];
  if (dimensions < 1 || dimensions > MOST_DIMENSIONS)
    throw wrong(`the header says ${dimensions} dimensions, 1 to ${MOST_DIMENSIONS} expected`);
  if (count < 1 || count * least(dimensions) > bytes) {
    throw wrong(`the header says ${count} words of ${dimensions} numbers, too many for the ${bytes} bytes of the file`);
  }
  return { count, dimensions };
}

/** The line from an offset, without its end; undefined where there is none. */
function lineAt(bytes: Uint8Array, at: number): { text: string; next: number } | undefined {
  if (at >= bytes.length) return undefined;
  const found = bytes.indexOf(10, at);
  const end = found < 0 ? bytes.length : found;
  if (end - at > LONGEST_WORD + 40 * MOST_DIMENSIONS) throw wrong(`the line at byte ${at} has no end`);
  const last = end > at && bytes[end - 1] === 13 ? end - 1 : end;
  return { text: new TextDecoder().decode(bytes.subarray(at, last)), next: end + 1 };
}

function readText(bytes: Uint8Array, limit: number, format: WordVectorFormat | undefined): WordVectors {
  const first = lineAt(bytes, 0);
  if (first === undefined) throw wrong('the file is empty');
  // A digit and a space a number at least, and a word of one byte with its space.
  const header =
    format === 'glove' ? undefined : headerOf(first.text, bytes.length, (dimensions) => 2 * dimensions + 2);
  if (format === 'word2vec-text' && header === undefined)
    throw wrong(`the first line is ${show(first.text.slice(0, 60))}, 'count dimensions' expected`);
  const words: string[] = [];
  const rows: Float32Array[] = [];
  let dimensions = header?.dimensions;
  let number = header === undefined ? 0 : 1;
  const wanted = Math.min(limit, header?.count ?? limit);
  for (let at = header === undefined ? 0 : first.next; words.length < wanted; ) {
    const line = lineAt(bytes, at);
    if (line === undefined) break;
    at = line.next;
    number++;
    const fields = line.text.trimEnd().split(' ');
    if (fields.length === 1 && fields[0] === '') continue;
    dimensions ??= fields.length - 1;
    if (fields.length < dimensions + 1 || dimensions < 1) {
      throw wrong(`line ${number} has ${fields.length - 1} numbers, ${dimensions} expected`);
    }
    // Some files have words with spaces: the numbers are counted from the end.
    const values = fields.slice(-dimensions);
    const row = Float32Array.from(values, Number);
    const bad = values.findIndex((text, j) => text === '' || !Number.isFinite(row[j]));
    if (bad >= 0)
      throw wrong(
        `line ${number}, number ${bad} is ${show((values[bad] as string).slice(0, 40))}, a finite number expected`,
      );
    words.push(fields.slice(0, -dimensions).join(' '));
    rows.push(row);
  }
  if (header !== undefined && words.length < wanted)
    throw wrong(`the header says ${header.count} words, the file has ${words.length}`);
  if (words.length === 0) throw wrong('the file has no words');
  const data = new Float32Array(words.length * (dimensions as number));
  rows.forEach((row, i) => void data.set(row, i * row.length));
  return { words, dimensions: dimensions as number, data };
}

function readBinary(bytes: Uint8Array, limit: number): WordVectors {
  const first = lineAt(bytes.subarray(0, 64), 0);
  const header = headerOf(first?.text ?? '', bytes.length, (dimensions) => 4 * dimensions + 1);
  if (first === undefined || header === undefined) throw wrong("the file does not begin with 'count dimensions'");
  const count = Math.min(header.count, limit);
  const { dimensions } = header;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const data = new Float32Array(count * dimensions);
  const words: string[] = [];
  let at = first.next;
  for (let i = 0; i < count; i++) {
    // Some writers put a line end before each word but the first.
    while (bytes[at] === 10) at++;
    const end = bytes.indexOf(32, at);
    if (end < 0 || end - at > LONGEST_WORD) throw wrong(`byte ${at}: word ${i} has no end`);
    words.push(new TextDecoder().decode(bytes.subarray(at, end)));
    at = end + 1;
    if (at + 4 * dimensions > bytes.length)
      throw wrong(`the file ends within the vector of word ${i}, ${header.count} words expected`);
    for (let j = 0; j < dimensions; j++, at += 4) {
      const value = view.getFloat32(at, true);
      if (!Number.isFinite(value)) throw wrong(`byte ${at}: number ${j} of word ${i} is ${value}`);
      data[i * dimensions + j] = value;
    }
  }
  return { words, dimensions, data };
}

/**
 * Word vectors as the bytes of a file.
 *
 * @throws SaddlepointError `data`: words and numbers that do not fit, a word with a space or a line end, which the formats cannot
 *   hold
 * @example await writeBytes('vectors.bin', writeWordVectors(vectors, { format: 'word2vec-binary' }));
 */
export function writeWordVectors(
  { words, dimensions, data }: WordVectors,
  options: { format: WordVectorFormat },
): Uint8Array {
  const format = checkName('format', options.format, FORMATS);
  if (words.length * dimensions !== data.length || words.length === 0) {
    throw new SaddlepointError(
      'data',
      `word vectors: ${words.length} words of ${dimensions} numbers, but ${data.length} numbers`,
    );
  }
  const odd = words.findIndex((word) => word === '' || /[ \n\r]/.test(word));
  if (odd >= 0)
    throw new SaddlepointError(
      'data',
      `word vectors: word ${odd} is ${show(words[odd])}, a word without spaces expected`,
    );
  const encoder = new TextEncoder();
  const header = format === 'glove' ? '' : `${words.length} ${dimensions}\n`;
  if (format !== 'word2vec-binary') {
    const lines = words.map((word, i) => `${word} ${data.subarray(i * dimensions, (i + 1) * dimensions).join(' ')}\n`);
    return encoder.encode(header + lines.join(''));
  }
  const names = words.map((word) => encoder.encode(`${word} `));
  const start = encoder.encode(header);
  const bytes = new Uint8Array(start.length + names.reduce((sum, name) => sum + name.length + 4 * dimensions + 1, 0));
  const view = new DataView(bytes.buffer);
  bytes.set(start);
  let at = start.length;
  names.forEach((name, i) => {
    bytes.set(name, at);
    at += name.length;
    for (let j = 0; j < dimensions; j++, at += 4) view.setFloat32(at, data[i * dimensions + j] as number, true);
    bytes[at++] = 10;
  });
  return bytes;
}
