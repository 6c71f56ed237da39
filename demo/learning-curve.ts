/** @file The history of a run as an SVG picture, readable on light and on dark. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { EpochRecord } from 'saddlepoint';

const SERIES = ['training', 'validation'] as const;

interface Point {
  readonly epoch: number;
  readonly value: number;
  readonly rows: (typeof SERIES)[number];
}

const WIDTH = 720;
const HEIGHT = 400;
const TOP = 64;

/** Colors by what they are for; the second is for dark pages. Blue and orange stay apart for all kinds of eyes. */
const STYLE = `
  .curve { --paper: #ffffff; --ink: #24292f; --training: #0969da; --validation: #bc4c00; color: var(--ink); font: 12px system-ui, sans-serif; }
  @media (prefers-color-scheme: dark) {
    .curve { --paper: #0d1117; --ink: #d1d7e0; --training: #58a6ff; --validation: #f0883e; }
  }
  .curve .title { font-size: 16px; font-weight: 600; }
`;

/**
 * Loss and accuracy over epochs, of training and validation, side by side.
 *
 * @returns the text of an SVG file
 */
export function learningCurve(history: readonly EpochRecord<'accuracy'>[], title: string): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const panel = (name: 'loss' | 'accuracy', x: number, label: string): Element => {
    const svg = drawPanel(document, pointsOf(history, name), label);
    svg.setAttribute('x', String(x));
    svg.setAttribute('y', String(TOP));
    return svg;
  };
  const svg = element(document, 'svg', {
    ...{ xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT },
    ...{ class: 'curve', role: 'img' },
  });
  const add = (name: string, content: string, attributes: Attributes = {}): void => {
    const made = element(document, name, attributes);
    made.textContent = content;
    svg.append(made);
  };
  const write = (content: string, attributes: Attributes): void =>
    add('text', content, { fill: 'currentColor', ...attributes });
  add('title', title);
  add('style', STYLE);
  add('rect', '', { width: '100%', height: '100%', fill: 'var(--paper)' });
  write(title, { class: 'title', x: 16, y: 30 });
  write('Training values are means over an epoch, while the weights change; validation follows the epoch.', {
    x: 16,
    y: 50,
  });
  SERIES.forEach((rows, i) => {
    const x = WIDTH - 190 + 90 * i;
    add('circle', '', { cx: x, cy: 26, r: 5, fill: `var(--${rows})` });
    write(rows, { x: x + 10, y: 30 });
  });
  svg.append(panel('loss', 12, 'loss (cross-entropy)'), panel('accuracy', WIDTH / 2 + 6, 'accuracy'));
  return `${svg.outerHTML}\n`;
}

function pointsOf(history: readonly EpochRecord<'accuracy'>[], name: 'loss' | 'accuracy'): Point[] {
  return history.flatMap((record) => {
    const { epoch, validation } = record;
    const points: Point[] = [{ epoch, value: record[name], rows: 'training' }];
    if (validation !== undefined) points.push({ epoch, value: validation[name], rows: 'validation' });
    return points;
  });
}

function drawPanel(document: Document, points: readonly Point[], label: string): Element {
  const epochs = Math.max(...points.map(({ epoch }) => epoch));
  const channels = { x: 'epoch', y: 'value', stroke: (point: Point) => `var(--${point.rows})` } as const;
  return Plot.plot({
    document,
    width: WIDTH / 2 - 12,
    height: HEIGHT - TOP - 8,
    marginLeft: 56,
    marginTop: 32,
    marginRight: 24,
    marginBottom: 48,
    style: { background: 'none', color: 'inherit', font: 'inherit' },
    x: {
      label: 'epoch',
      labelAnchor: 'center',
      labelArrow: 'none',
      ticks: wholeNumbers(epochs),
      tickFormat: 'd',
      domain: [1, Math.max(2, epochs)],
    },
    y: { label, labelArrow: 'none', grid: true, nice: true },
    marks: [
      Plot.line(points, { ...channels, z: 'rows', strokeWidth: 2 }),
      Plot.dot(points, { ...channels, fill: 'var(--paper)', r: 3 }),
    ],
  });
}

/** At most ten ticks, all of them epochs. */
function wholeNumbers(epochs: number): number[] {
  const step = Math.ceil(epochs / 10);
  return Array.from({ length: Math.ceil(epochs / step) }, (_, i) => 1 + i * step);
}

type Attributes = Readonly<Record<string, string | number>>;

function element(document: Document, name: string, attributes: Attributes): Element {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}
