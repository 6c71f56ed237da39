/**
 * @file Trees of leaves: nested plain objects and arrays, as parameters, gradients and arguments are kept. Order is that of
 * insertion; a leaf's path joins the keys with '/'.
 */

/** A leaf, or a list or record of trees. */
export type Tree<L> = L | readonly Tree<L>[] | { readonly [key: string]: Tree<L> };

/** The same structure with every leaf of type A replaced by B. */
export type MapTree<T, A, B> = T extends A
  ? B
  : T extends readonly unknown[]
    ? { [K in keyof T]: MapTree<T[K], A, B> }
    : T extends object
      ? { [K in keyof T]: MapTree<T[K], A, B> }
      : T;

/** Whether a tree's value is a branch: a list or a plain object. Everything else is a leaf. */
function isBranch(value: unknown): value is Record<string, unknown> | unknown[] {
  if (Array.isArray(value)) return true;
  if (value === null || typeof value !== 'object') return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** All leaves with their paths, depth first in order of insertion. */
export function leavesOf<L>(tree: Tree<L>, path = ''): { path: string; leaf: L }[] {
  if (!isBranch(tree)) return [{ path, leaf: tree as L }];
  return Object.entries(tree).flatMap(([key, child]) =>
    leavesOf(child as Tree<L>, path === '' ? key : `${path}/${key}`),
  );
}

/** A tree of the same structure with `f(leaf, path)` at each leaf. */
export function mapTree<L, M>(tree: Tree<L>, f: (leaf: L, path: string) => M, path = ''): Tree<M> {
  if (!isBranch(tree)) return f(tree as L, path);
  const child = ([key, value]: [string, unknown]) => mapTree(value as Tree<L>, f, path === '' ? key : `${path}/${key}`);
  if (Array.isArray(tree)) return Object.entries(tree).map(child);
  return Object.fromEntries(Object.entries(tree).map((entry) => [entry[0], child(entry)]));
}
