/** @file Matrices in the memory of a session, and where their elements lie in panels of 8 columns. */

/** A matrix of f32 [rows, columns]. */
export interface Matrix {
  readonly address: number;
  readonly rows: number;
  readonly columns: number;
}

export const bytesOf = ({ rows, columns }: Matrix): number => 4 * rows * columns;

/** Whether both are the same memory, seen as rows and columns alike. */
export const isAt = (a: Matrix, b: Matrix): boolean =>
  a.address === b.address && a.rows === b.rows && a.columns === b.columns;

export const overlaps = (a: Matrix, address: number, bytes: number): boolean =>
  a.address < address + bytes && address < a.address + bytesOf(a);

/** Where element `i` of a matrix lies in its panels, counted in elements from its first. */
export const placeInPanels = ({ rows, columns }: Matrix, i: number): number => {
  const [row, column] = [Math.floor(i / columns), i % columns];
  return (column - (column % 8)) * rows + row * 8 + (column % 8);
};
