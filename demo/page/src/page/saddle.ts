/** @file The surface z = x² − y² as a net of lines: those that run down into the valley, and those that run over the ridge. */
import { byId, svgElement } from './dom.ts';

const LINES = 11;
const POINTS = 24;

export function drawSaddle(): void {
  const steps = (n: number): number[] => Array.from({ length: n }, (_, i) => (2 * i) / (n - 1) - 1);
  const line = (points: readonly (readonly [number, number])[]): string =>
    points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${project(x, y).join(' ')}`).join('');
  const saddle = byId<SVGElement>('saddle');
  for (const fixed of steps(LINES)) {
    saddle.append(
      svgElement('path', { class: 'down', d: line(steps(POINTS).map((t) => [fixed, t] as const)) }),
      svgElement('path', { class: 'up', d: line(steps(POINTS).map((t) => [t, fixed] as const)) }),
    );
  }
  const [cx, cy] = project(0, 0);
  saddle.append(svgElement('circle', { cx, cy, r: 4 }));
}

/** Seen from above and a little from the side; in the units of the view box. */
function project(x: number, y: number): [number, number] {
  const [turnedX, turnedY] = [0.86 * x - 0.5 * y, 0.5 * x + 0.86 * y];
  const height = x * x - y * y;
  const round = (value: number): number => Math.round(value * 10) / 10;
  return [round(160 + 112 * turnedX), round(112 + 40 * turnedY - 52 * height)];
}
