/** @file Shares of right answers by loss, three kinds side by side. */
import * as Plot from '@observablehq/plot';
import { figure, makeDocument } from '../../src/plot/svg.ts';

export interface Share {
  readonly name: string;
  readonly part: 'seen' | 'never seen' | 'arithmetic';
  /** In percent. */
  readonly value: number;
}

const STYLE = `
  .figure { --first: #0969da; --second: #bc4c00; --third: #1a7f37; }
  @media (prefers-color-scheme: dark) { .figure { --first: #58a6ff; --second: #f0883e; --third: #3fb950; } }
`;
const COLORS = { seen: 'var(--first)', 'never seen': 'var(--second)', arithmetic: 'var(--third)' } as const;

export function recallFigure(shares: readonly Share[], title: string): string {
  const document = makeDocument();
  const { svg, add, write } = figure(document, { width: 720, height: 300, title, style: STYLE });
  Object.entries(COLORS).forEach(([name, fill], i) => {
    add('circle', '', { cx: 21 + 110 * i, cy: 50, r: 5, fill });
    write(name, { x: 31 + 110 * i, y: 54 });
  });
  const panel = Plot.plot({
    document,
    width: 712,
    height: 230,
    marginLeft: 250,
    marginBottom: 40,
    style: { background: 'none', color: 'inherit', font: 'inherit' },
    x: { label: 'right first answers, %', labelAnchor: 'center', labelArrow: 'none', grid: true, nice: true },
    y: { label: null, domain: [...new Set(shares.map(({ name }) => name))] },
    marks: [Plot.dot(shares, { x: 'value', y: 'name', fill: (share: Share) => COLORS[share.part], r: 6 })],
  });
  panel.setAttribute('x', '4');
  panel.setAttribute('y', '62');
  svg.append(panel);
  return `${svg.outerHTML}\n`;
}
