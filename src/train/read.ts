/** @file Reading x and y: as rows and targets that fit each other and the model. */
import { SaddlepointError } from '../core/errors.ts';
import { type Shape, sameShape, showShape, sizeOf } from '../core/shape.ts';
import { classNumbers, classNumbersNote, identityClasses } from '../data/class-numbers.ts';
import { isVector } from '../data/nested.ts';
import { type Source, toSource } from '../data/source.ts';
import type { Targets } from '../data/targets.ts';
import type { Data } from './options.ts';
import { type ModelState, unitsOf } from './state.ts';

/** The rows of x. A flat typed array is cut into as many rows as there are targets; a number a row is a row of one. */
export function readSource(data: Data): Source {
  if (data === null || typeof data !== 'object' || !('x' in data) || !('y' in data)) {
    throw new SaddlepointError('data', 'expected data { x, y }', 'x: the rows; y: a target for each row');
  }
  const y = data.y as { readonly length?: number; readonly shape?: Shape } | null | undefined;
  const rows = Array.isArray(y?.shape) ? y.shape[0] : y?.length;
  const columns = data.columns?.encoder.columns;
  return asVectors(toSource(data.x, { name: 'x', rows: ArrayBuffer.isView(data.x) ? rows : undefined, columns }));
}

function asVectors(source: Source): Source {
  return source.rowShape.length === 0 ? { ...source, rowShape: [1] } : source;
}

/** The targets of y, one for each row of x. All but the commonest form, class numbers, is read by code loaded for it. */
export async function readTargets(
  { y }: Pick<Data, 'y'>,
  { rows }: Pick<Source, 'rows'>,
  model: Pick<ModelState, 'loss' | 'outputShape' | 'classes'>,
): Promise<Targets> {
  const { loss, classes, outputShape } = model;
  const units = unitsOf(model);
  if (loss.target === 'class' && classes === undefined && outputShape.length < 2 && isVector(y) && y.length === rows) {
    const numbers = classNumbers(y, units);
    if (numbers !== undefined) {
      const notes = [classNumbersNote('y', units)];
      return { kind: 'class', data: numbers, width: units, classes: identityClasses(units), notes };
    }
  }
  const { encodeTargets } = await import('../data/targets.ts');
  if (loss.target === 'class' && outputShape.length > 1) {
    const { flatLabels } = await import('../data/step-labels.ts');
    const steps = sizeOf(outputShape) / units;
    return encodeTargets(flatLabels(y, rows, outputShape), 'class', { name: 'y', rows: rows * steps, units, classes });
  }
  return encodeTargets(y, loss.target, { name: 'y', rows, units, classes });
}

/** The source with rows of the given shape; flat rows, which know no shape, take it. */
export function withRowShape(given: Source, shape: Shape): Source {
  const source = asVectors(given);
  if (sameShape(source.rowShape, shape)) return source;
  if (source.rowShape.length === 1 && source.rowShape[0] === sizeOf(shape)) return { ...source, rowShape: shape };
  throw new SaddlepointError(
    'data',
    `x: rows of shape ${showShape(source.rowShape)}, the model takes ${showShape(shape)}`,
  );
}
