/** @file The residual blocks of a model, by the paths of their leaves: what initializers for deep residual nets need to know. */
import { SaddlepointError } from '../core/errors.ts';
import { traceModel } from '../nn/named.ts';
import type { ModelState } from './state.ts';

/** One residual block. */
export interface Branch {
  readonly path: string;
  /** Kernels of the branch (rank 2 or more), in the order of the layers; those of the shortcut are not among them. */
  readonly kernels: readonly string[];
  /** Scales of its norms, likewise. */
  readonly gammas: readonly string[];
}

/**
 * @param where who asks, for the error.
 * @throws SaddlepointError `option` if the model has no `residual` layer.
 */
export function branchesOf(state: ModelState, where: string): Branch[] {
  const { calls, leaves } = traceModel(state.layer, { shape: [1, ...state.inputShape], dtype: 'f32' });
  const found = calls
    .filter(({ type }) => type === 'residual')
    .map(({ path }): Branch => {
      const start = path === '' ? '' : `${path}/`;
      const own = leaves.filter((leaf) => leaf.path.startsWith(start) && !leaf.path.startsWith(`${start}shortcut/`));
      const kernels = own.filter(({ kind, shape }) => kind === 'trainable' && shape.length >= 2);
      const gammas = own.filter((leaf) => leaf.path.endsWith('/gamma'));
      return { path, kernels: kernels.map((leaf) => leaf.path), gammas: gammas.map((leaf) => leaf.path) };
    });
  if (found.length > 0) return found;
  throw new SaddlepointError('option', `${where}: the model has no residual block`, 'build them with residual([…])');
}

/** The model's state with some leaves changed: f gets a copy of the numbers. */
export function withLeaves(
  state: ModelState,
  changes: ReadonlyMap<string, (values: Float32Array) => Float32Array>,
): ModelState {
  const parameters = new Map(
    [...state.parameters].map(([path, leaf]) => {
      const change = changes.get(path);
      return [path, change === undefined ? leaf : { ...leaf, data: change(leaf.data.slice()) }] as const;
    }),
  );
  return { ...state, parameters };
}
