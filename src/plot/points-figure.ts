/** @file Points and lines in a plane as an SVG picture, readable on light and on dark: curves over steps, clouds. */
import * as Plot from '@observablehq/plot';
import { figure, makeDocument } from './svg.ts';

/** One color's worth of points. */
export interface PointSeries {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** What stands around the points. */
export interface PointsFigureOptions {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  /** Joined in the order given, or not; default false. */
  readonly line?: boolean;
  /** Whether an axis is logarithmic: its values must be > 0. Default: none. */
  readonly log?: 'x' | 'y' | 'both';
}

const WIDTH = 720;
const HEIGHT = 400;
const TOP = 72;
/** Kept apart by all kinds of eyes (Okabe & Ito 2008), and seen on light and dark. */
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];

/**
 * Series of points, or lines through them, in one plane: an SVG picture.
 *
 * @param series at least one; six keep colors of their own.
 * @returns the text of an SVG file, 720 × 400 pixels.
 * @example pointsFigure([{ name: 'SGD', points: [[0, 2.3], [50, 1.1]] }], { title: 'Loss', x: 'step', y: 'loss', line: true });
 */
export function pointsFigure(series: readonly PointSeries[], options: PointsFigureOptions): string {
  const { title, log, line = false } = options;
  const document = makeDocument();
  const { svg, add, write } = figure(document, { width: WIDTH, height: HEIGHT, title, style: '' });
  const colorOf = (i: number): string => COLORS[i % COLORS.length] as string;
  let left = 16;
  series.forEach(({ name }, i) => {
    add('circle', '', { cx: left + 4, cy: 52, r: 5, fill: colorOf(i) });
    write(name, { x: left + 14, y: 56 });
    left += 34 + 7 * name.length;
  });
  const all = series.flatMap(({ points }, i) => points.map(([x, y]) => ({ x, y, color: colorOf(i), z: String(i) })));
  const scale = (axis: 'x' | 'y') => ({
    ...{ label: options[axis], labelArrow: 'none' as const, grid: true, nice: true },
    ...(log === axis || log === 'both' ? { type: 'log' as const } : {}),
  });
  const channels = { x: 'x', y: 'y', stroke: 'color' } as const;
  const panel = Plot.plot({
    ...{ document, width: WIDTH - 24, height: HEIGHT - TOP - 8 },
    ...{ marginLeft: 56, marginTop: 24, marginRight: 24, marginBottom: 40 },
    style: { background: 'none', color: 'inherit', font: 'inherit' },
    x: { ...scale('x'), labelAnchor: 'center' },
    y: scale('y'),
    marks: line
      ? [Plot.line(all, { ...channels, z: 'z', strokeWidth: 2 })]
      : [Plot.dot(all, { ...channels, fill: 'color', fillOpacity: 0.4, r: 4 })],
  });
  panel.setAttribute('x', '12');
  panel.setAttribute('y', String(TOP));
  svg.append(panel);
  return `${svg.outerHTML}\n`;
}
