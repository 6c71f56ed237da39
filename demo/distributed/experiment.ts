/** @file The experiment of distributed representations: what is recognized unseen, and what words learn from their neighbors. */
import * as Plot from '@observablehq/plot';
import type { embeddings } from '../../src/index.ts';
import { embeddings as words } from '../../src/index.ts';
import { figure, makeDocument } from '../../src/plot/svg.ts';
import type { Experiment, Figure } from '../experiment.ts';
import { type Bar, combinations } from './combinations.ts';
import { RELATIONS } from './questions.ts';
import { words as learnWords } from './words.ts';

const WIDTH = 720;
const STYLE = `
  .figure { --one: #0969da; --other: #bc4c00; }
  @media (prefers-color-scheme: dark) { .figure { --one: #58a6ff; --other: #f0883e; } }
`;
const LOOK = { background: 'none', color: 'inherit', font: 'inherit' } as const;

function drawn(title: string, height: number, options: Plot.PlotOptions): string {
  const document = makeDocument();
  const { svg } = figure(document, { width: WIDTH, height, title, style: STYLE });
  const panel = Plot.plot({ document, width: WIDTH, height: height - 48, style: LOOK, ...options });
  panel.setAttribute('y', '48');
  svg.append(panel);
  return svg.outerHTML;
}

function barFigure(bars: readonly Bar[]): Figure {
  const colors = { localist: 'var(--other)', distributed: 'var(--one)' } as const;
  const svg = drawn('Recognized though never shown, by a network of 64 hidden units', 400, {
    marginLeft: 330,
    x: { label: '% of the rows of withheld combinations, every property right', domain: [0, 100] },
    y: { label: null, domain: bars.flatMap(({ what, code }) => [`${what}: ${code}`]) },
    marks: [
      Plot.barX(bars, {
        x: ({ share }: Bar) => 100 * share,
        y: ({ what, code }: Bar) => `${what}: ${code}`,
        fill: ({ code }: Bar) => colors[code],
      }),
      Plot.ruleX([0]),
    ],
    color: { type: 'identity' },
  });
  const shown = bars.map(({ what, code, share }) => `${what}, ${code}: ${Math.round(100 * share)} %`).join('; ');
  return { name: 'combinations', alt: `Bars: ${shown}.`, svg };
}

function wordFigure(vectors: embeddings.WordEmbeddings): Figure {
  const pairs = RELATIONS.gender.slice(0, 10);
  const { words: names, points } = words.project(vectors, { words: pairs.flat() });
  const at = new Map(names.map((name, i) => [name, points[i] as readonly number[]]));
  const links = pairs.map(([a, b]) => [at.get(a), at.get(b)] as [number[], number[]]);
  const svg = drawn('Men and women of the King James Bible, by two principal components', 480, {
    marginRight: 80,
    x: { label: 'first component' },
    y: { label: 'second component' },
    marks: [
      Plot.link(links, {
        ...{ x1: (l: number[][]) => l[0]?.[0], y1: (l: number[][]) => l[0]?.[1] },
        ...{ x2: (l: number[][]) => l[1]?.[0], y2: (l: number[][]) => l[1]?.[1] },
        ...{ stroke: 'currentColor', strokeOpacity: 0.4 },
      }),
      Plot.dot(names, { x: (_, i) => points[i]?.[0], y: (_, i) => points[i]?.[1], fill: 'var(--one)', r: 3 }),
      Plot.text(names, {
        ...{ x: (_, i) => points[i]?.[0], y: (_, i) => points[i]?.[1] },
        ...{ text: (name: string) => name, dx: 6, textAnchor: 'start', fill: 'currentColor' },
      }),
    ],
  });
  const list = pairs.map((pair) => pair.join(' – ')).join(', ');
  return { name: 'words', alt: `Words as points, lines between the two of each pair: ${list}.`, svg };
}

export const experiment: Experiment = {
  section: 'distributed',
  title: 'Distributed representations',
  minutes: 7,
  async run(tell) {
    const { findings, bars } = await combinations(tell);
    const { analogies, vectors, notes } = await learnWords(tell);
    return {
      tables: [
        { title: 'Combinations that were never shown', findings },
        { title: 'Words of the King James Bible', findings: analogies },
      ],
      figures: [barFigure(bars), wordFigure(vectors)],
      notes: [
        'Faces are 20 × 20 pixels, moved by up to a pixel, with noise of 0.15; about 1,400 rows to train on, Adam 3e-3, 20 epochs.',
        'Where properties share pixels a distributed output alone does not help: what carries over is what training makes independent.',
        ...notes,
      ],
    };
  },
};
