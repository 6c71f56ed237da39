/** @file What several seeds gave. */

export interface Sample {
  readonly values: readonly number[];
  readonly mean: number;
  /** The standard error of the mean: the deviation with n − 1, over √n. */
  readonly error: number;
}

export function sampleOf(values: readonly number[]): Sample {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { values, mean, error: Math.sqrt(squares / (values.length - 1) / values.length) };
}

export const shown = ({ mean, error }: Sample): string => `${mean.toFixed(2)} ± ${error.toFixed(2)}`;
