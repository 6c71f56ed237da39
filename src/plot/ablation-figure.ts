/** @file An ablation as an SVG picture: each arm's difference with its interval, readable on light and on dark. */
import * as Plot from '@observablehq/plot';
import type { Ablation } from '../inspect/ablation.ts';
import { figure, makeDocument } from './svg.ts';

const WIDTH = 720;
const TOP = 64;
const ROW = 24;
const LEFT = 200;

/** An effect that is seen, and one that is not, which stays pale: colors do not say which is better, since of losses less is. */
const STYLE = `
  .figure { --seen: #0969da; --unseen: #8c959f; }
  @media (prefers-color-scheme: dark) { .figure { --seen: #58a6ff; --unseen: #6e7681; } }
`;

/**
 * The paired differences of an ablation: a line for each arm but the first, from two standard errors below to two above, in the
 * unit of the measure. Where it crosses 0, no effect was seen.
 *
 * @param ablation of `ablate`, with no run missing.
 * @returns the text of an SVG file, 720 pixels wide, 24 an arm, in colors for light and for dark pages.
 * @throws SaddlepointError `option` while runs are missing.
 * @example writeFileSync('ablation.svg', ablationFigure(await ablate(model, data, { ...options, tricks }), 'Digits'));
 */
export function ablationFigure(
  { summary, measure, seeds }: Pick<Ablation, 'summary' | 'measure' | 'seeds'>,
  title: string,
): string {
  const [base, ...arms] = summary;
  const document = makeDocument();
  const height = ROW * Math.max(1, arms.length) + 56;
  const { svg, write } = figure(document, { width: WIDTH, height: TOP + height + 8, title, style: STYLE });
  write(
    `Difference in ${measure} to '${base?.arm}', ${seeds.length} paired seeds, ± two standard errors; pale where no effect was seen`,
    { x: 16, y: 50 },
  );
  const rows = arms.map(({ arm, difference, interval: [low, high], sign }) => ({
    ...{ arm, difference, low, high },
    color: `var(--${sign === 0 ? 'unseen' : 'seen'})`,
  }));
  const panel = Plot.plot({
    ...{ document, width: WIDTH - 24, height },
    ...{ marginLeft: LEFT, marginTop: 8, marginRight: 24, marginBottom: 48 },
    style: { background: 'none', color: 'inherit', font: 'inherit' },
    x: { label: `difference in ${measure}`, labelAnchor: 'center', labelArrow: 'none', grid: true, nice: true },
    y: { domain: rows.map(({ arm }) => arm), label: null, tickSize: 0 },
    marks: [
      Plot.ruleX([0], { stroke: 'currentColor', strokeOpacity: 0.6 }),
      Plot.link(rows, { x1: 'low', x2: 'high', y1: 'arm', y2: 'arm', stroke: 'color', strokeWidth: 2 }),
      Plot.dot(rows, { x: 'difference', y: 'arm', fill: 'color', stroke: 'var(--paper)', r: 4 }),
    ],
  });
  panel.setAttribute('x', '12');
  panel.setAttribute('y', String(TOP));
  svg.append(panel);
  return `${svg.outerHTML}\n`;
}
