/** @file An epoch as a line of text, for terminals. */

/** What an epoch showed: the loss (unless each player has its own) and the metrics by name, of training and held-out rows. */
export interface EpochValues {
  readonly epoch: number;
  readonly seconds: number;
  readonly validation?: Readonly<Record<string, number>>;
  readonly [name: string]: unknown;
}

/** Four decimals where they say enough, else four digits: unlike the bar, the lines of epochs stand in columns. */
function shown(value: number): string {
  const size = Math.abs(value);
  return value === 0 || (size >= 0.01 && size < 1e5) ? value.toFixed(4) : value.toPrecision(4);
}

/** An epoch as one line of text. */
export function describeEpoch(record: EpochValues, epochs: number, names: readonly string[]): string {
  const values = (from: Readonly<Record<string, unknown>>): string =>
    [...new Set(['loss', ...names])]
      .filter((name) => from[name] !== undefined)
      .map((name) => `${name} ${shown(from[name] as number)}`)
      .join('  ');
  const validation = record.validation === undefined ? '' : `  validation: ${values(record.validation)}`;
  const training = values(record);
  return `epoch ${record.epoch}/${epochs}  ${training}${validation}  (${record.seconds.toFixed(1)} s)`;
}
