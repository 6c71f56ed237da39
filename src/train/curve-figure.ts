/** @file What reports give to `pointsFigure` of `saddlepoint/plot`, which is installed and loaded apart. */

/** The arguments of `pointsFigure`: lines, and what stands around them. */
export type CurveFigure<Log extends 'x' | 'both' = 'x' | 'both'> = readonly [
  series: readonly { readonly name: string; readonly points: readonly (readonly [x: number, y: number])[] }[],
  options: { readonly title: string; readonly x: string; readonly y: string; readonly line: true; readonly log: Log },
];
