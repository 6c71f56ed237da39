import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { OPERATORS } from '../../src/onnx/import/table.ts';

const page = fileURLToPath(new URL('../../docs/onnx.md', import.meta.url));
const [open, close] = ['<!-- operators -->\n', '<!-- /operators -->'];

function table(): string {
  const entries = Object.entries(OPERATORS).sort(([a], [b]) => (a < b ? -1 : 1));
  const whole = entries.flatMap(([name, { limits }]) => (limits === undefined ? [`\`${name}\``] : []));
  const rows = entries.flatMap(([name, { limits }]) => (limits === undefined ? [] : [`| \`${name}\` | ${limits} |`]));
  return [`Without restriction: ${whole.join(', ')}.`, '', '| operator | with |', '|---|---|', ...rows, ''].join('\n');
}

test('S5: docs/onnx.md lists the operators that importOnnx reads', () => {
  const text = readFileSync(page, 'utf8');
  const [before, rest] = text.split(open) as [string, string];
  const after = rest.slice(rest.indexOf(close));
  const renewed = `${before}${open}${table()}${after}`;
  if (process.env.UPDATE_GOLDENS === '1') writeFileSync(page, renewed);
  else expect(text).toBe(renewed);
});
