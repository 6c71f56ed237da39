/** @file Digits as text: two pixels a character, one above the other. */
import { stripVTControlCharacters } from 'node:util';
import { SIDE } from './mnist-data.ts';

/** A digit with the lines that go under it. */
export interface Picture {
  readonly pixels: Uint8Array;
  readonly lines: readonly string[];
}

/** Digits fill a box of 20 × 20 of their 28 × 28 pixels, which is not always in the middle. */
const BOX = 20;
const GAP = 3;
/** Bytes from here on are ink. */
const INK = 80;

/** Pictures side by side, as many as fit the width, the rest below. */
export function drawDigits(pictures: readonly Picture[], width: number): string {
  const perRow = Math.max(1, Math.floor((width + GAP) / (BOX + GAP)));
  const rows: string[] = [];
  for (let at = 0; at < pictures.length; at += perRow) {
    const blocks = pictures.slice(at, at + perRow).map(({ pixels, lines }) => [...halfBlocks(pixels), ...lines]);
    const height = Math.max(...blocks.map((lines) => lines.length));
    for (let i = 0; i < height; i++)
      rows.push(
        blocks
          .map((lines) => padded(lines[i] ?? ''))
          .join(' '.repeat(GAP))
          .trimEnd(),
      );
    rows.push('');
  }
  return rows.join('\n');
}

/** Colors take no room. */
function padded(text: string): string {
  return text + ' '.repeat(Math.max(0, BOX - stripVTControlCharacters(text).length));
}

function halfBlocks(pixels: Uint8Array): string[] {
  const { left, top } = corner(pixels);
  const isInk = (x: number, y: number): boolean =>
    x >= 0 && x < SIDE && y >= 0 && y < SIDE && (pixels[y * SIDE + x] as number) >= INK;
  return Array.from({ length: BOX / 2 }, (_, row) =>
    Array.from({ length: BOX }, (_v, column) => {
      const upper = isInk(left + column, top + 2 * row);
      const lower = isInk(left + column, top + 2 * row + 1);
      return upper ? (lower ? '█' : '▀') : lower ? '▄' : ' ';
    }).join(''),
  );
}

/** Where the box begins, so that the ink is in its middle. */
function corner(pixels: Uint8Array): { left: number; top: number } {
  let [left, right, top, bottom] = [SIDE, -1, SIDE, -1];
  pixels.forEach((value, i) => {
    if (value < INK) return;
    left = Math.min(left, i % SIDE);
    right = Math.max(right, i % SIDE);
    top = Math.min(top, Math.floor(i / SIDE));
    bottom = Math.max(bottom, Math.floor(i / SIDE));
  });
  return { left: Math.round((left + right + 1 - BOX) / 2), top: Math.round((top + bottom + 1 - BOX) / 2) };
}
