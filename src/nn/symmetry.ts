/** @file Hidden layers whose units all start equal, so that they stay so: a mistake in a model. */
import { SaddlepointError } from '../core/errors.ts';
import type { Shape } from '../core/shape.ts';

type Parameters = ReadonlyMap<string, { readonly shape: Shape; readonly data: ArrayLike<number> }>;

const HELP =
  'leave kernelInitializer out (glorotUniform), or take heNormal() for relu; zeros() and constant() are for biases';

/**
 * Refuses a hidden layer all of whose units have equal weights coming in and equal weights going out: every unit then gets the
 * same gradient at every step, and the layer is worth one unit for ever. (Equal weights on one side alone come apart.)
 *
 * @param parameters by path, in the order of the layers, as `initialize` makes them.
 * @throws SaddlepointError `option` that names both leaves.
 * @see LeCun et al. 1998, "Efficient BackProp", section 4.6.
 */
export function checkSymmetry(parameters: Parameters): void {
  const [found] = findSymmetry(parameters);
  if (found !== undefined) throw new SaddlepointError('option', found, HELP);
}

/** The same of a run, which may want to show it: notes. */
export const symmetryNotes = (parameters: Parameters): string[] =>
  findSymmetry(parameters).map((found) => `model: ${found}; ${HELP}`);

function findSymmetry(parameters: Parameters): string[] {
  const kernels = [...parameters].filter(([, { shape }]) => shape.length >= 2);
  return kernels.slice(0, -1).flatMap(([path, incoming], i) => {
    const [next, outgoing] = kernels[i + 1] as (typeof kernels)[number];
    const units = incoming.shape.at(-1) as number;
    const taps = outgoing.shape.at(-2) as number;
    // Kernels that do not follow one another say nothing.
    if (units < 2 || taps % units !== 0) return [];
    if (!isEqualAlong(incoming, 'columns') || !isEqualAlong(outgoing, 'rows')) return [];
    return [
      `the ${units} units of the hidden layer of '${path}' start equal, with equal weights to '${next}': they would stay equal for ever, worth one unit`,
    ];
  });
}

/** Whether all columns [..., k] or all rows [..., k, :] of the last two axes are the same. */
function isEqualAlong(
  { shape, data }: Parameters extends ReadonlyMap<string, infer Leaf> ? Leaf : never,
  which: 'columns' | 'rows',
): boolean {
  const columns = shape.at(-1) as number;
  const rows = shape.at(-2) as number;
  for (let i = 0; i < data.length; i++) {
    const column = i % columns;
    const row = Math.floor(i / columns) % rows;
    const like = which === 'columns' ? i - column : i - row * columns;
    if (data[i] !== data[like]) return false;
  }
  return true;
}
