/**
 * @file The step of models with row tables: the gradient of a table is read off the graph as rows, its norm enters the global
 * norm with what one row gets more than once summed, and the optimizer changes the rows that occur. Loaded when a model has one.
 */
import { vjp } from '../autodiff/grad.ts';
import { must, SaddlepointError } from '../core/errors.ts';
import { sizeOf } from '../core/shape.ts';
import type { Node } from '../graph/node.ts';
import type { Group } from '../graph/program.ts';
import { type Tensor, tensor } from '../graph/tensor.ts';
import { concat } from '../ops/concat.ts';
import { add, mul } from '../ops/elementwise.ts';
import { broadcastTo, reshape } from '../ops/movement.ts';
import { l2Norm } from '../ops/reduce.ts';
import { type RowGradient, rowNorm, rowOrder, rowsUnsupported } from '../ops/rows.ts';
import { guard } from '../ops/update.ts';
import { packLeaves, type Renewal } from './renew.ts';
import { BLOCKS, pulse } from './step.ts';

/** One place where a table gets a gradient: that of one gather. */
type Part = Pick<RowGradient, 'index' | 'vectors' | 'weights'>;

/** What a graph makes of a gradient: zeros with rows added, or a sum of such. */
function partsOf(gradient: Tensor, path: string): Part[] {
  const { value, trace } = must(gradient.traced, 'a traced gradient');
  const node = value.node as Node;
  const read = (i: number): Tensor => trace.tensor(must(node.inputs[i], 'an input'));
  const flat = (x: Tensor): Tensor => reshape(x, [sizeOf(x.shape)]);
  switch (node.op.name) {
    case 'add':
      return [...partsOf(read(0), path), ...partsOf(read(1), path)];
    case 'identity':
      return partsOf(read(0), path);
    case 'scatterAdd': {
      const [index, updates] = [read(0), read(1)];
      const count = sizeOf(index.shape);
      const vectors = reshape(updates, [count, sizeOf(updates.shape) / count]);
      return [{ index: flat(index), vectors, weights: undefined }];
    }
    case 'scatterAddOuter':
      return [{ index: flat(read(0)), vectors: read(2), weights: flat(read(1)) }];
    default: {
      const where = node.path === '' ? '' : ` of layer '${node.path}'`;
      throw new SaddlepointError(
        'option',
        `row table '${path}': its gradient comes from ${node.op.name}${where}, which needs the whole table`,
        'use it by gather, gatherDot and gatherSum alone, outside loops; or make it an ordinary parameter (embedding: rows: false)',
      );
    }
  }
}

/** Every occurrence as a vector of its own. */
function unweighted({ index, vectors, weights }: Part): Part {
  if (weights === undefined) return { index, vectors, weights };
  const [n, m] = [index.shape[0], vectors.shape[0]] as [number, number];
  const [, elements] = vectors.shape as [number, number];
  const products = mul(reshape(weights, [m, n / m, 1]), reshape(vectors, [m, 1, elements]));
  return { index, vectors: reshape(products, [n, elements]), weights: undefined };
}

function gradientOf(gradient: Tensor, path: string, rows: number): RowGradient {
  const parts = partsOf(gradient, path);
  const [first] = parts as [Part];
  const plain = parts.map(unweighted);
  const whole =
    parts.length === 1
      ? first
      : {
          index: concat(
            plain.map(({ index }) => index),
            0,
          ),
          vectors: concat(
            plain.map(({ vectors }) => vectors),
            0,
          ),
          weights: undefined,
        };
  return { ...whole, order: rowOrder(whole.index, rows) };
}

interface RowTable {
  readonly path: string;
  readonly group: Group;
  readonly block: Tensor;
  readonly gradient: RowGradient;
}

/**
 * As `renew`, for models with row tables, the leaves of `groups`: binds their slots to blocks, and commits tables and slots. If
 * loss or gradient is not finite the step stops before anything is written.
 */
export const renewRows: Renewal =
  (groups, builder, tables) =>
  (trace, loss, { group, block, leaves }, optimizer) => {
    const { transform, slots, scalars } = optimizer;
    const dense = [...leaves.values()];
    const paths = groups.map(({ segments }) => must(segments[0], 'a leaf').path);
    const blocks = paths.map((path) => must(tables.get(path), 'a table'));
    const gradients = vjp(trace, [loss], [tensor(1)], [...dense, ...blocks]);
    const found = groups.flatMap((own, i): RowTable[] => {
      const [path, table] = [paths[i] as string, blocks[i] as Tensor];
      const gradient = gradients[dense.length + i];
      if (gradient === undefined) return [];
      return [{ path, group: own, block: table, gradient: gradientOf(gradient, path, table.shape[0] as number) }];
    });
    const raw =
      dense.length === 0
        ? undefined
        : packLeaves(
            dense.map((leaf, i) => gradients[i] ?? broadcastTo(tensor(0), leaf.shape)),
            group,
          );
    const norms = found.map(({ gradient, block: table }) => rowNorm(gradient, table.shape[0] as number));
    if (raw !== undefined) norms.push(l2Norm(raw));
    const gradientNorm = norms.length === 1 ? (norms[0] as Tensor) : l2Norm(pulse(norms));
    const conditions = [loss, gradientNorm];
    const guarded = found.map(({ gradient, ...rest }) => ({
      ...rest,
      gradient: { ...gradient, vectors: guard(gradient.vectors, conditions) },
    }));
    for (const { path, group: own, block: table, gradient } of guarded) {
      const names = transform.slots.map((slot) => [slot, BLOCKS.slot(`${slot} ${path}`)] as const);
      const held = names.map(([slot, name]) => [slot, builder.block(name, table)] as const);
      const input = { gradient, table, slots: Object.fromEntries(held), scalars, gradientNorm };
      const made = transform.updateRows?.(input);
      if (made === undefined) throw rowsUnsupported(transform.name);
      if (!('table' in made)) throw rowsUnsupported(transform.name, 'it does not end with an optimizer');
      builder.commit(own.name, made.table);
      for (const [slot, name] of names) builder.commit(name, must(made.slots[slot], 'a slot'));
    }
    if (raw === undefined) return { parameters: block, slots, gradientNorm };
    const gradient = guard(raw, conditions);
    const made = transform.update({ gradient, parameters: block, slots, scalars, gradientNorm });
    return { parameters: add(block, made.update), slots: made.slots, gradientNorm };
  };
