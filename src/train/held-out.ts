/** @file Rows held out as data of their own, behind those that are trained on; loaded when a run has them. */
import { SaddlepointError } from '../core/errors.ts';
import type { Source } from '../data/source.ts';
import type { Targets } from '../data/targets.ts';
import type { Data } from './options.ts';
import { readSource, readTargets, withRowShape } from './read.ts';

/** Training rows and rows held out, together: read alike, by the classes of the former. */
export const withHeldOut = (
  source: Source,
  targets: Targets,
  validation: Data,
  reader: Parameters<typeof readTargets>[2],
): Promise<{ source: Source; targets: Targets }> =>
  named(async () => {
    const held = readSource(validation);
    const heldTargets = await readTargets(validation, held, { ...reader, classes: targets.classes });
    return { source: concatSources(source, held), targets: concatTargets(targets, heldTargets) };
  });

/** Reads the data held out; its errors say that it is not the training data they are about. */
async function named<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof SaddlepointError) || error.message.startsWith('validation: ')) throw error;
    const [message = ''] = error.message.split('\n  help: ');
    throw new SaddlepointError(error.code, `validation: ${message}`, error.help, { cause: error });
  }
}

/** The rows of both, one after the other. */
export function concatSources(a: Source, b: Source): Source {
  const fitted = withRowShape(b, a.rowShape);
  if (fitted.dtype !== a.dtype) {
    throw new SaddlepointError(
      'data',
      `validation: x is ${fitted.dtype}, the training data's is ${a.dtype}`,
      'give both in one type: bytes are scaled, floats are not',
    );
  }
  return { ...a, rows: a.rows + b.rows, data: concat(a.data, fitted.data) };
}

/** The targets of both, one after the other; both must have been encoded alike. */
export function concatTargets(a: Targets, b: Targets): Targets {
  if (a.data.constructor !== b.data.constructor || a.width !== b.width) {
    throw new SaddlepointError(
      'data',
      'validation: y has another form than the training data',
      'give both as class numbers, or both as rows',
    );
  }
  return { ...a, data: concat(a.data, b.data) };
}

function concat<T extends Float32Array | Int32Array | Uint8Array>(a: T, b: T): T {
  const joined = new (a.constructor as new (length: number) => T)(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
