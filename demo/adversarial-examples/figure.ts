/** @file Accuracy over ε of several networks, under PGD, as a picture. */
import * as Plot from '@observablehq/plot';
import { attacks, robustness, type TrainedModel } from '../../src/index.ts';
import { figure, makeDocument } from '../../src/plot/svg.ts';
import type { Figure } from '../experiment.ts';
import type { Rows } from '../experiment-data.ts';

const [WIDTH, HEIGHT, TOP] = [720, 400, 64];
const COLORS = ['#bc4c00', '#0969da', '#1a7f37'];
const EPSILONS = [0, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3];

export async function figureOf(models: Readonly<Record<string, TrainedModel>>, test: Rows): Promise<Figure> {
  const attack = attacks.pgd({ epsilon: 1, steps: 20, stepSize: 1 / 4 });
  const points: { epsilon: number; accuracy: number; color: string }[] = [];
  const names = Object.keys(models);
  for (const [i, model] of Object.values(models).entries()) {
    const { curves } = await robustness(model, test, { attacks: [attack], epsilons: EPSILONS });
    for (const point of curves[0]?.points ?? []) points.push({ ...point, color: COLORS[i] as string });
  }
  const document = makeDocument();
  const { svg, add, write } = figure(document, {
    width: WIDTH,
    height: HEIGHT,
    title: 'Accuracy under PGD of 20 steps',
    style: '',
  });
  names.forEach((name, i) => {
    add('circle', '', { cx: 24 + 150 * i, cy: 48, r: 5, fill: COLORS[i] as string });
    write(name, { x: 34 + 150 * i, y: 52 });
  });
  const panel = Plot.plot({
    document,
    ...{
      width: WIDTH - 12,
      height: HEIGHT - TOP - 8,
      marginLeft: 56,
      marginTop: 32,
      marginRight: 24,
      marginBottom: 48,
    },
    style: { background: 'none', color: 'inherit', font: 'inherit' },
    x: { label: 'ε, L∞', labelAnchor: 'center', labelArrow: 'none' },
    y: { label: 'accuracy', labelArrow: 'none', grid: true, domain: [0, 1] },
    marks: [
      Plot.line(points, { x: 'epsilon', y: 'accuracy', stroke: 'color', z: 'color', strokeWidth: 2 }),
      Plot.dot(points, { x: 'epsilon', y: 'accuracy', fill: 'color', r: 3 }),
    ],
  });
  panel.setAttribute('x', '12');
  panel.setAttribute('y', String(TOP));
  svg.append(panel);
  return {
    name: 'robustness',
    alt: 'Accuracy over ε under PGD: without defence it falls to nothing before ε 0.2, trained against attacks it falls later.',
    svg: `${svg.outerHTML}\n`,
  };
}
