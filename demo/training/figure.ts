/** @file Means with their standard errors, one line each. */
import * as Plot from '@observablehq/plot';
import { figure, makeDocument } from '../../src/plot/svg.ts';

export interface Bar {
  readonly name: string;
  readonly group: string;
  readonly mean: number;
  readonly error: number;
}

const STYLE = `
  .figure { --base: #1a7f37; --left: #bc4c00; --added: #0969da; }
  @media (prefers-color-scheme: dark) { .figure { --base: #3fb950; --left: #f0883e; --added: #58a6ff; } }
`;
const COLORS: Readonly<Record<string, string>> = {
  base: 'var(--base)',
  'left out': 'var(--left)',
  added: 'var(--added)',
};
const LINE = 22;

export function errorBars(bars: readonly Bar[], title: string): string {
  const document = makeDocument();
  const height = 64 + LINE * bars.length + 48;
  const { svg, add, write } = figure(document, { width: 720, height, title, style: STYLE });
  Object.entries(COLORS).forEach(([name, fill], i) => {
    add('circle', '', { cx: 21 + 90 * i, cy: 50, r: 5, fill });
    write(name, { x: 31 + 90 * i, y: 54 });
  });
  const panel = Plot.plot({
    document,
    width: 712,
    height: height - 64,
    marginLeft: 280,
    marginTop: 8,
    marginBottom: 40,
    style: { background: 'none', color: 'inherit', font: 'inherit' },
    x: { label: 'test accuracy, %', labelAnchor: 'center', labelArrow: 'none', grid: true, nice: true },
    y: { label: null, domain: bars.map(({ name }) => name) },
    marks: [
      Plot.ruleX([(bars[0] as Bar).mean], { stroke: 'currentColor', strokeDasharray: '3,3' }),
      Plot.link(bars, {
        ...{ y: 'name', x1: (bar: Bar) => bar.mean - bar.error, x2: (bar: Bar) => bar.mean + bar.error },
        ...{ stroke: (bar: Bar) => COLORS[bar.group] ?? 'currentColor', strokeWidth: 2 },
      }),
      Plot.dot(bars, { x: 'mean', y: 'name', fill: (bar: Bar) => COLORS[bar.group] ?? 'currentColor', r: 4 }),
    ],
  });
  panel.setAttribute('x', '4');
  panel.setAttribute('y', '60');
  svg.append(panel);
  return `${svg.outerHTML}\n`;
}
