/** @file The figures of adversarial networks: clouds of samples, and sheets of pictures. */
import * as Plot from '@observablehq/plot';
import { encode } from 'fast-png';
import { parseHTML } from 'linkedom';
import type { Figure } from '../experiment.ts';
import type { Mixture } from './mixtures.ts';

const SIDE = 28;

interface Cloud {
  readonly title: string;
  readonly samples: readonly (readonly number[])[];
}

/** Real centers as rings, samples as dots, one panel for each cloud. */
export function clouds(name: string, alt: string, mixture: Mixture, panels: readonly Cloud[]): Figure {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const points = panels.flatMap(({ title, samples }) =>
    // A thousand show as much as all.
    samples.slice(0, 1000).map(([x = 0, y = 0]) => ({ title, x, y })),
  );
  const centers = panels.flatMap(({ title }) => mixture.centers.map(([x, y]) => ({ title, x, y })));
  const most = 1.5 * Math.max(...mixture.centers.flat());
  const channels = { x: 'x', y: 'y', fx: 'title' } as const;
  const svg = Plot.plot({
    document,
    width: 260 * panels.length,
    height: 300,
    style: { background: '#ffffff', color: '#24292f' },
    x: { domain: [-most, most], label: null, ticks: 5 },
    y: { domain: [-most, most], label: null, ticks: 5 },
    fx: { label: null, domain: panels.map(({ title }) => title) },
    marks: [
      Plot.frame({ stroke: '#d0d7de' }),
      Plot.dot(points, { ...channels, r: 1, fill: '#0969da', fillOpacity: 0.5, clip: true }),
      Plot.dot(centers, { ...channels, r: 6, stroke: '#bc4c00', strokeWidth: 1.5 }),
    ],
  });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  svg.setAttribute('role', 'img');
  return { name, alt, svg: `${svg.outerHTML}\n` };
}

/** Pictures of 28 × 28 in rows, dark on light. */
export function sheet(
  name: string,
  alt: string,
  rows: readonly (readonly (readonly number[])[])[],
  labels: readonly string[] = [],
): Figure {
  const columns = Math.max(...rows.map((row) => row.length));
  const [width, height] = [columns * SIDE, rows.length * SIDE];
  const data = new Uint8Array(width * height).fill(255);
  rows.forEach((row, r) => {
    row.forEach((picture, c) => {
      picture.forEach((value, i) => {
        const at = (r * SIDE + Math.floor(i / SIDE)) * width + c * SIDE + (i % SIDE);
        data[at] = Math.round(255 * (1 - Math.min(1, Math.max(0, value))));
      });
    });
  });
  const png = Buffer.from(encode({ width, height, data, channels: 1, depth: 8 })).toString('base64');
  const scale = 2;
  const left = labels.length === 0 ? 0 : 130;
  const texts = labels.map(
    (label, r) =>
      `<text x="8" y="${(r + 0.55) * SIDE * scale}" font-family="system-ui, sans-serif" font-size="12" fill="#24292f">${label}</text>`,
  );
  const [wide, high] = [left + width * scale, height * scale];
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${wide} ${high}" width="${wide}" height="${high}" role="img">`,
    `<title>${alt}</title><rect width="100%" height="100%" fill="#ffffff"/>`,
    ...texts,
    `<image x="${left}" width="${width * scale}" height="${high}" style="image-rendering: pixelated" href="data:image/png;base64,${png}"/>`,
    '</svg>\n',
  ].join('');
  return { name, alt, svg };
}
