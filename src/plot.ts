/**
 * @file Figures as SVG text, in Node and on pages, drawn by `@observablehq/plot` (in Node with `linkedom`), which are installed
 * beside: `npm install @observablehq/plot linkedom`.
 * @module saddlepoint/plot
 */
export { ablationFigure } from './plot/ablation-figure.ts';
export { confusionFigure } from './plot/confusion-figure.ts';
export { landscapeFigure } from './plot/landscape-figure.ts';
export { type CurveRecord, learningCurve } from './plot/learning-curve.ts';
export { type PointSeries, type PointsFigureOptions, pointsFigure } from './plot/points-figure.ts';
export { signalFigure } from './plot/signal-figure.ts';
