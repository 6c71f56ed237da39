/** @file The history of a run as an SVG picture, readable on light and on dark. */
import * as Plot from '@observablehq/plot';
import { figure, makeDocument } from './svg.ts';

const SERIES = ['training', 'validation'] as const;

/** What an epoch showed, as the records of a run hold it. */
export interface CurveRecord {
  readonly epoch: number;
  readonly loss: number;
  readonly validation?: Readonly<Record<string, number>> | undefined;
  readonly [metric: string]: unknown;
}

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
  .figure { --training: #0969da; --validation: #bc4c00; }
  @media (prefers-color-scheme: dark) { .figure { --training: #58a6ff; --validation: #f0883e; } }
`;

/** Names of a record that are no metrics. */
const OTHERS = ['epoch', 'loss', 'validation', 'seconds'];

/**
 * The loss over epochs, and beside it the first metric if there is one, of training and of validation.
 *
 * @param history of a run, at least one epoch; epochs without a finite value are left out.
 * @param title in the units of your choice, such as 'Digits: test accuracy 0.97'.
 * @returns the text of an SVG file, 720 × 400 pixels, in colors for light and for dark pages.
 * @example writeFileSync('curve.svg', learningCurve(run.history, 'Digits'));
 */
export function learningCurve(history: readonly CurveRecord[], title: string): string {
  const document = makeDocument();
  const metric = Object.keys(history[0] ?? {}).find((name) => !OTHERS.includes(name));
  const names = metric === undefined ? ['loss'] : ['loss', metric];
  const { svg, add, write } = figure(document, { width: WIDTH, height: HEIGHT, title, style: STYLE });
  write('Training values are means over an epoch, while the weights change; validation follows the epoch.', {
    x: 16,
    y: 50,
  });
  SERIES.forEach((rows, i) => {
    const x = WIDTH - 190 + 90 * i;
    add('circle', '', { cx: x, cy: 26, r: 5, fill: `var(--${rows})` });
    write(rows, { x: x + 10, y: 30 });
  });
  names.forEach((name, i) => {
    const panel = drawPanel(document, pointsOf(history, name), name, WIDTH / names.length - 12);
    panel.setAttribute('x', String(12 + (i * (WIDTH - 12)) / names.length));
    panel.setAttribute('y', String(TOP));
    svg.append(panel);
  });
  return `${svg.outerHTML}\n`;
}

function pointsOf(history: readonly CurveRecord[], name: string): Point[] {
  const points = history.flatMap(({ epoch, validation, ...values }): Point[] => [
    { epoch, value: values[name] as number, rows: 'training' },
    { epoch, value: validation?.[name] ?? Number.NaN, rows: 'validation' },
  ]);
  return points.filter(({ value }) => Number.isFinite(value));
}

function drawPanel(document: Document, points: readonly Point[], label: string, width: number): Element {
  const epochs = points.reduce((most, { epoch }) => Math.max(most, epoch), 1);
  const channels = { x: 'epoch', y: 'value', stroke: (point: Point) => `var(--${point.rows})` } as const;
  return Plot.plot({
    document,
    width,
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
      // Of many epochs the dots would hide the line.
      ...(epochs <= 60 ? [Plot.dot(points, { ...channels, fill: 'var(--paper)', r: 3 })] : []),
    ],
  });
}

/** Some ten ticks at most, all of them epochs: the first, and multiples of 1, 2 or 5 times a power of ten. */
function wholeNumbers(epochs: number): number[] {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, epochs / 10)));
  const step = Math.ceil([1, 2, 5, 10].map((times) => times * power).find((size) => size >= epochs / 10) ?? 1);
  const multiples = Array.from({ length: Math.floor(epochs / step) }, (_, i) => (i + 1) * step);
  return multiples[0] === 1 ? multiples : [1, ...multiples];
}
