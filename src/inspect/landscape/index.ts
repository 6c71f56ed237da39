/** @file `landscape`: the loss around a model, with what belongs to it: the line between two, the plane of a run's way. */
import { lineBetween, sliceAround } from './slice.ts';
import { sliceCallback } from './slice-callback.ts';

export { Landscape, type LandscapeParts, type PathPoint } from './landscape.ts';
export type { GridOptions, LandscapeOptions, LineOptions } from './slice.ts';
export type { SliceCallback, SliceOptions } from './slice-callback.ts';

/** `landscape(model, data)` is a slice; `landscape.line(a, b, data)` lies between two models; `landscape.slice()` is a callback. */
export interface LandscapeTools {
  (...given: Parameters<typeof sliceAround>): ReturnType<typeof sliceAround>;
  readonly line: typeof lineBetween;
  readonly slice: typeof sliceCallback;
}

/**
 * The loss surface around a model: filter-normalized slices of one or two dimensions (`landscape(run, data, options)`), the line
 * between two solutions (`landscape.line(first, second, data)`), and the plane in which a run has moved most (`landscape.slice()`, a
 * callback). All points of a picture are evaluated by one plan. `landscapeFigure` of saddlepoint/plot draws the result.
 *
 * @see Li et al. 2018 (arXiv 1712.09913); Goodfellow et al. 2015 (arXiv 1412.6544) for lines.
 * @example
 * const around = await landscape(run, { x, y }, { grid: 51 });
 * const between = await landscape.line(run, other, { x, y });
 * await fit(model, data, { loss: crossEntropy(), callbacks: [landscape.slice()] });
 */
export const landscape: LandscapeTools = /* @__PURE__ */ Object.assign(
  (...given: Parameters<typeof sliceAround>) => sliceAround(...given),
  { line: lineBetween, slice: sliceCallback },
);
