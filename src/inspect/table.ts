/** @file Plain text tables. */

/** Columns as wide as their widest cell; those named in `left` are set to the left, the others to the right. */
export function textTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  left: readonly string[],
): string {
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => {
        const width = widths[i] as number;
        return left.includes(header[i] as string) ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd();
  return [line(header), ...rows.map(line)].join('\n');
}

/** A count with its unit in steps of 1,000, such as '1.3 M'. */
export function short(count: number): string {
  for (const [unit, size] of [
    ['G', 1e9],
    ['M', 1e6],
    ['k', 1e3],
  ] as const)
    if (count >= size) return `${(count / size).toFixed(1)} ${unit}`;
  return String(Math.round(count));
}
