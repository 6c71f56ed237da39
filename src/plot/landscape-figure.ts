/** @file The loss surface as an SVG picture: a curve of a line, a map with the run's way of a plane. */
import * as Plot from '@observablehq/plot';
import type { Landscape } from '../inspect/landscape/landscape.ts';
import { pointsFigure } from './points-figure.ts';
import { figure, makeDocument } from './svg.ts';

const SIDE = 440;
const TOP = 56;
const LEFT = 64;
/** Bands of the map. */
const BANDS = 14;

/** A way stands out of every color of the map, on light and on dark pages. */
const STYLE = `
  .figure { --way: #d1242f; }
  @media (prefers-color-scheme: dark) { .figure { --way: #ff7b72; } }
`;

/** Losses between two bands: by ratio, where the highest is ten times the lowest or more. */
function thresholds(low: number, high: number): number[] {
  const isWide = low > 0 && high / low > 10;
  return Array.from({ length: BANDS - 1 }, (_, i) => {
    const t = (i + 1) / BANDS;
    return isWide ? low * (high / low) ** t : low + (high - low) * t;
  });
}

/**
 * The loss on a line as a curve; in a plane as a map of bands, from dark (low) to bright, with the run's way, if there is one, from
 * a ring to a dot. Losses that are not finite count as the highest.
 *
 * @param landscape of `landscape(…)`, `landscape.line(…)` or a `landscape.slice()` callback.
 * @returns the text of an SVG file: 720 × 400 pixels of a line, 560 × 560 of a plane.
 * @example writeFileSync('landscape.svg', landscapeFigure(await landscape(run, { x, y }), 'Around the minimum'));
 */
export function landscapeFigure(
  { x, y, losses, path = [], explainedVariance, lowest, highest }: Landscape,
  title: string,
): string {
  if (y === undefined) {
    const points = Array.from(losses, (loss, i) => [x[i] as number, loss] as const).filter(([, loss]) =>
      Number.isFinite(loss),
    );
    return pointsFigure([{ name: 'loss', points }], { title, x: 'place', y: 'loss', line: true });
  }
  const document = makeDocument();
  const [width, height] = [SIDE + LEFT + 56, SIDE + TOP + 64];
  const { svg, write } = figure(document, { width, height, title, style: STYLE });
  const [low, high] = [lowest?.loss ?? 0, highest?.loss ?? 1];
  write(`loss ${low.toPrecision(3)} (dark) to ${high.toPrecision(3)} (bright)`, { x: 16, y: 50 });
  const label = (axis: string, share: number | undefined): string =>
    share === undefined ? axis : `${axis} (${(100 * share).toFixed(1)} % of the way's variance)`;
  const places = path.map((place) => [place.x, place.y] as const);
  const ends = (axis: Float64Array): [number, number] => [axis[0] as number, axis.at(-1) as number];
  const [[x1, x2], [y1, y2]] = [ends(x), ends(y)];
  const values = Array.from(losses, (loss) => (Number.isFinite(loss) ? loss : high));
  const panel = Plot.plot({
    ...{ document, width, height: SIDE + 64, marginLeft: LEFT, marginTop: 8, marginRight: 56, marginBottom: 56 },
    style: { background: 'none', color: 'inherit', font: 'inherit' },
    x: {
      domain: [x1, x2],
      label: label('first direction', explainedVariance?.[0]),
      labelAnchor: 'center',
      labelArrow: 'none',
    },
    y: {
      domain: [y1, y2],
      label: label('second direction', explainedVariance?.[1]),
      labelAnchor: 'center',
      labelArrow: 'none',
    },
    color: { type: 'threshold', domain: thresholds(low, high), scheme: 'viridis' },
    marks: [
      Plot.contour(values, {
        ...{ width: x.length, height: y.length, x1, y1, x2, y2, fill: Plot.identity, interpolate: 'none' as never },
        // A band reaches from its threshold up: without one of its own the lowest would be a hole.
        ...{ thresholds: [low, ...thresholds(low, high)], stroke: 'currentColor', strokeOpacity: 0.25 },
      }),
      Plot.line(places, { stroke: 'var(--way)', strokeWidth: 2 }),
      Plot.dot(places.slice(0, 1), { stroke: 'var(--way)', r: 5, strokeWidth: 2 }),
      Plot.dot(places.slice(-1), { fill: 'var(--way)', r: 4 }),
    ],
  });
  panel.setAttribute('y', String(TOP));
  svg.append(panel);
  return `${svg.outerHTML}\n`;
}
