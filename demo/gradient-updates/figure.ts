/** @file The gap to the minimum by passes over the data, a line a method. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { Figure } from '../experiment.ts';
import type { Sample } from './problem.ts';

export function gapFigure(runs: ReadonlyMap<string, readonly Sample[]>): Figure {
  const { document } = parseHTML('<html><body></body></html>');
  const points = [...runs].flatMap(([name, samples]) =>
    samples
      .filter(({ gap, passes }) => gap > 1e-10 && gap < 3 && passes <= 200)
      .map(({ passes, gap }) => ({ name, passes, gap })),
  );
  const plot = Plot.plot({
    document: document as unknown as Document,
    ...{ width: 720, height: 420, marginLeft: 60, grid: true, color: { legend: false } },
    x: { type: 'log', label: 'passes over the data' },
    y: { type: 'log', label: 'f − f*' },
    marks: [
      Plot.line(points, { x: 'passes', y: 'gap', z: 'name', stroke: 'name' }),
      Plot.text(
        points,
        Plot.selectLast({
          x: 'passes',
          y: 'gap',
          z: 'name',
          text: 'name',
          fill: 'name',
          dx: -4,
          dy: -6,
          textAnchor: 'end',
        }),
      ),
    ],
  });
  return { name: 'gradient-updates', alt: 'f − f* by passes over the data, a line a method', svg: plot.outerHTML };
}
