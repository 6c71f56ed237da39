/** @file A confusion matrix as an SVG picture, readable on light and on dark. */
import * as Plot from '@observablehq/plot';
import type { ClassReport } from '../inspect/report-classes.ts';
import { figure, makeDocument } from './svg.ts';

const TOP = 56;
const LEFT = 120;

/** Shares of a line from nothing to all of it; right answers and mistakes in colors that all kinds of eyes keep apart. */
const STYLE = `
  .figure { --right: #0969da; --wrong: #bc4c00; }
  @media (prefers-color-scheme: dark) { .figure { --right: #58a6ff; --wrong: #f0883e; } }
`;

interface Cell {
  readonly actual: string;
  readonly predicted: string;
  readonly count: number;
  /** Of the rows of the class. */
  readonly share: number;
}

/**
 * The confusion matrix: a line for what rows are, a column for what they are taken for, colored by the share of the line.
 *
 * @param report of `report(model, data)`; only `classes` and `confusion` are looked at.
 * @returns the text of an SVG file, as large as the classes need, in colors for light and for dark pages.
 * @example writeFileSync('confusion.svg', confusionFigure(await report(run, held), 'Flowers'));
 */
export function confusionFigure(
  { classes, confusion }: Pick<ClassReport, 'classes' | 'confusion'>,
  title: string,
): string {
  const document = makeDocument();
  const side = Math.max(24, Math.min(72, 480 / classes.length)) * classes.length;
  const [width, height] = [Math.max(360, side + LEFT + 24), side + TOP + 72];
  const cells = confusion.flatMap((line, i) => {
    const rows = line.reduce((sum, count) => sum + count, 0);
    return line.map((count, j): Cell => {
      const [actual, predicted] = [classes[i] as string, classes[j] as string];
      return { actual, predicted, count, share: rows === 0 ? 0 : count / rows };
    });
  });
  const { svg } = figure(document, { width, height, title, style: STYLE });
  const panel = Plot.plot({
    document,
    width: side + LEFT + 24,
    height: side + 72,
    marginLeft: LEFT,
    marginTop: 8,
    marginRight: 24,
    marginBottom: 64,
    style: { background: 'none', color: 'inherit', font: 'inherit' },
    x: {
      domain: classes,
      label: 'taken for',
      labelAnchor: 'center',
      labelArrow: 'none',
      tickRotate: classes.length > 4 ? -30 : 0,
    },
    y: { domain: classes, label: 'is', labelArrow: 'none' },
    marks: [
      Plot.cell(cells, {
        x: 'predicted',
        y: 'actual',
        fill: (cell: Cell) => `var(--${cell.actual === cell.predicted ? 'right' : 'wrong'})`,
        fillOpacity: (cell: Cell) => cell.share * 0.8,
        stroke: 'currentColor',
        strokeOpacity: 0.15,
      }),
      Plot.text(cells, { x: 'predicted', y: 'actual', text: (cell: Cell) => String(cell.count), fill: 'currentColor' }),
    ],
  });
  panel.setAttribute('y', String(TOP));
  svg.append(panel);
  return `${svg.outerHTML}\n`;
}
