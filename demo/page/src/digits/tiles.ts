/** @file The first layer's weights as small pictures: one for each unit or filter, up to 32. */

/** A kernel [inputs, units] of a dense layer, or [height, width, channels, filters] of a convolution. */
export interface Kernel {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

const COLUMNS = 8;
const MOST = 32;

/** What stands where in the picture. */
export interface Tiles {
  /** Pixels of a tile's edge, and tiles in a row and in a column. */
  readonly side: number;
  readonly columns: number;
  readonly rows: number;
  /** Row by row, one pixel between tiles: −1 … 1, NaN between tiles. */
  readonly values: Float32Array;
  readonly width: number;
  readonly height: number;
}

/** Each tile by its own largest weight: a unit's pattern counts, not its size. */
export function tilesOf({ shape, data }: Kernel): Tiles {
  const units = shape.at(-1) as number;
  const area = shape.length === 2 ? (shape[0] as number) : (shape[0] as number) * (shape[1] as number);
  const side = Math.round(Math.sqrt(area));
  // Of a kernel with several channels, the first.
  const channels = shape.length === 2 ? 1 : (shape[2] as number);
  const shown = Math.min(MOST, units);
  const columns = shown > COLUMNS ? COLUMNS : Math.ceil(shown / 2);
  const rows = Math.ceil(shown / columns);
  const [width, height] = [columns * (side + 1) - 1, rows * (side + 1) - 1];
  const values = new Float32Array(width * height).fill(Number.NaN);
  for (let unit = 0; unit < shown; unit++) {
    const weight = (i: number): number => data[i * channels * units + unit] as number;
    let largest = 1e-12;
    for (let i = 0; i < area; i++) largest = Math.max(largest, Math.abs(weight(i)));
    const corner = Math.floor(unit / columns) * (side + 1) * width + (unit % columns) * (side + 1);
    for (let i = 0; i < area; i++) values[corner + Math.floor(i / side) * width + (i % side)] = weight(i) / largest;
  }
  return { side, columns, rows, values, width, height };
}
