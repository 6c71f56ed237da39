// @ts-check
/**
 * @file What the smaller benchmarks share: options, and their result as a part of docs/benchmarks.md: a table with a title and a
 * text. report.mjs takes any JSON of this form.
 *
 * @typedef {object} Part
 * @property {string} title
 * @property {string} text Markdown
 * @property {string[]} columns
 * @property {string[][]} rows
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';

/** Three digits that mean something. @param {number} value */
export function number(value) {
  const text = value >= 100 ? Math.round(value) : Number(value.toPrecision(3));
  return text.toLocaleString('en-US');
}

/** @param {number} microseconds */
export const time = (microseconds) => `${number(microseconds)} µs`;
/** @param {number} ms */
export const milliseconds = (ms) => `${number(ms)} ms`;
/** @param {number} bytes */
export const megabytes = (bytes) => `${number(bytes / 2 ** 20)} MiB`;

/**
 * `--json FILE`, and whole numbers ≥ 1 by their names.
 * @template {Record<string, number>} D @param {D} defaults @returns {{ [K in keyof D]: number } & { file: string | undefined }}
 */
export function readOptions(defaults) {
  const text = /** @type {const} */ ({ type: 'string' });
  const options = Object.fromEntries([...Object.keys(defaults), 'json'].map((name) => [name, text]));
  const { values } = parseArgs({ options });
  const numbers = Object.entries(defaults).map(([name, value]) => {
    const given = Number(values[name] ?? value);
    if (!Number.isInteger(given) || given < 1) {
      console.error(`error: --${name}: expected a whole number ≥ 1, got ${values[name]}`);
      process.exit(2);
    }
    return [name, given];
  });
  return /** @type {any} */ ({ ...Object.fromEntries(numbers), file: values.json });
}

/** @param {string[]} titles @param {string[][]} rows @returns {string} Markdown */
export function table(titles, rows) {
  return [titles, titles.map((_, i) => (i === 0 ? '---' : '---:')), ...rows]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');
}

/** @param {Part} part */
export function showPart({ title, columns, rows }) {
  console.log(title);
  const widths = columns.map((name, i) => Math.max(name.length, ...rows.map((row) => (row[i] ?? '').length)));
  for (const row of [columns, ...rows]) console.log(row.map((cell, i) => cell.padStart(widths[i] ?? 0)).join('  '));
}

/** @param {string | undefined} file @param {Part} part */
export function writePart(file, part) {
  if (file === undefined) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(part, null, 2)}\n`);
}
