/** @file What goes through a model's layers, as an SVG picture: histograms of activations and gradients, layer by layer. */
import type { Histogram, SignalReport } from '../inspect/signal-report.ts';
import { figure, makeDocument } from './svg.ts';

const STYLE = `
  .figure { --forward: #0969da; --backward: #bc4c00; }
  @media (prefers-color-scheme: dark) { .figure { --forward: #58a6ff; --backward: #f0883e; } }
`;
const ROW = 34;
const TOP = 72;
const WIDTH = 720;
const PANEL = 280;

/**
 * Histograms of what each layer gives (left) and of the gradient by its product (right), drawn to one scale each, that of the
 * widest: a layer whose signal has vanished is a needle, one whose signal explodes fills the width. Figures 6 and 7 of Glorot &
 * Bengio 2010.
 *
 * @param report of `signalReport`; only `layers` is looked at.
 * @returns the text of an SVG file, 720 pixels wide, 34 a layer, in colors for light and for dark pages.
 * @example writeFileSync('signals.svg', signalFigure(await signalReport(model, { x, y }, { loss }), 'Glorot, 5 layers of tanh'));
 */
export function signalFigure({ layers }: Pick<SignalReport, 'layers'>, title: string): string {
  const { svg, write, add } = figure(makeDocument(), {
    width: WIDTH,
    height: TOP + ROW * layers.length + 16,
    title,
    style: STYLE,
  });
  write('activations', { x: 72, y: 58 });
  write('gradients', { x: 72 + PANEL + 40, y: 58 });
  const widest = (of: 'activations' | 'gradients'): number =>
    layers.reduce((most, row) => Math.max(most, row[of].limit), 0);
  layers.forEach((row, i) => {
    const base = TOP + ROW * (i + 1) - 4;
    write(row.path, { x: 16, y: base - 8 });
    (['activations', 'gradients'] as const).forEach((name, side) => {
      const left = 72 + side * (PANEL + 40);
      const path = outline(row[name], widest(name), left, base);
      add('path', '', { d: path, fill: `var(--${side === 0 ? 'forward' : 'backward'})` });
      add('line', '', {
        x1: left,
        x2: left + PANEL,
        y1: base,
        y2: base,
        stroke: 'currentColor',
        'stroke-opacity': 0.3,
      });
    });
  });
  return `${svg.outerHTML}\n`;
}

/** As high as the row at its fullest bin. */
function outline({ limit, counts }: Histogram, widest: number, left: number, base: number): string {
  const most = counts.reduce((a, b) => Math.max(a, b), 1);
  const center = left + PANEL / 2;
  // A needle is still to be seen.
  const half = Math.max(1, (PANEL / 2) * (limit / widest));
  const x = (bin: number): string => (center + half * ((2 * bin) / counts.length - 1)).toFixed(1);
  const y = (count: number): string => (base - (ROW - 8) * (count / most)).toFixed(1);
  const steps = counts.map((count, bin) => `V${y(count)}H${x(bin + 1)}`).join('');
  return `M${x(0)},${base}${steps}V${base}Z`;
}
