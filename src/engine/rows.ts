/**
 * @file The step of models with row tables: the gradient of a table is read off the graph as rows, and the optimizer changes the
 * rows that occur. Loaded when a model has one.
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
import { occurrenceNorm, products, type RowGradient, rowNorm, rowsUnsupported } from '../ops/rows.ts';
import { guard } from '../ops/update.ts';
import { packLeaves, type Renewal } from './renew.ts';
import { BLOCKS, pulse } from './step.ts';

/** What a graph makes of a gradient: zeros with rows added, or a sum of such. */
function partsOf(gradient: Tensor, path: string): RowGradient[] {
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

/** The gradients of all gathers of a table as one. */
function joined(parts: readonly RowGradient[]): RowGradient {
  if (parts.length === 1) return parts[0] as RowGradient;
  const vectors = parts.map((part) =>
    part.weights === undefined ? part.vectors : products(part.vectors, part.weights),
  );
  return {
    index: concat(
      parts.map(({ index }) => index),
      0,
    ),
    vectors: concat(vectors, 0),
    weights: undefined,
  };
}

/** A gradient with respect to a row table, read off the graph. @param path the table's name in errors */
export const rowGradientOf = (gradient: Tensor, path: string): RowGradient => joined(partsOf(gradient, path));

interface RowTable {
  readonly path: string;
  readonly group: Group;
  readonly block: Tensor;
  readonly gradient: RowGradient;
}

/**
 * As `renew`, for models with row tables, the leaves of `groups`: binds their slots to blocks, and commits tables and slots. If
 * loss or gradient is not finite the step stops before anything is written. The norm that it returns takes what one row gets
 * more than once as it occurs; transforms that ask for the norm get it with that summed.
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
      return [{ path, group: own, block: table, gradient: rowGradientOf(gradient, path) }];
    });
    const raw =
      dense.length === 0
        ? undefined
        : packLeaves(
            dense.map((leaf, i) => gradients[i] ?? broadcastTo(tensor(0), leaf.shape)),
            group,
          );
    const normOf = (of: (table: RowTable) => Tensor): Tensor =>
      l2Norm(pulse([...found.map(of), ...(raw === undefined ? [] : [l2Norm(raw)])]));
    const occurring = normOf(({ gradient }) => occurrenceNorm(gradient));
    // By Cauchy and Schwarz no sum of n occurrences is larger than √n times their norm: if that is finite, so are all sums.
    const most = Math.max(1, ...found.map(({ gradient }) => sizeOf(gradient.index.shape)));
    const conditions = [loss, mul(occurring, Math.sqrt(most))];
    let summed: Tensor | undefined;
    /** Exact, and only computed for those who ask. */
    const exactNorm = (): Tensor => {
      summed ??= normOf(({ gradient, block: table }) => rowNorm(gradient, table.shape[0] as number));
      return summed;
    };
    const guarded = found.map(({ gradient, ...rest }) => ({
      ...rest,
      gradient: { ...gradient, vectors: guard(gradient.vectors, conditions) },
    }));
    // All guards stand before the first update: only what is renewed behind the last of them is renewed where it lies.
    const whole = raw && guard(raw, conditions);
    for (const { path, group: own, block: table, gradient } of guarded) {
      const names = transform.slots.map((slot) => [slot, BLOCKS.slot(`${slot} ${path}`)] as const);
      const held = names.map(([slot, name]) => [slot, builder.block(name, table)] as const);
      const made = transform.updateRows?.({
        ...{ gradient, table, slots: Object.fromEntries(held), scalars },
        get gradientNorm() {
          return exactNorm();
        },
      });
      if (made === undefined) throw rowsUnsupported(transform.name);
      if (!('table' in made)) throw rowsUnsupported(transform.name, 'it does not end with an optimizer');
      builder.commit(own.name, made.table);
      for (const [slot, name] of names) builder.commit(name, must(made.slots[slot], 'a slot'));
    }
    if (whole === undefined) return { parameters: block, slots, gradientNorm: occurring };
    const made = transform.update({
      ...{ gradient: whole, parameters: block, slots, scalars, segments: group.segments },
      get gradientNorm() {
        return exactNorm();
      },
    });
    return { parameters: add(block, made.update), slots: made.slots, gradientNorm: occurring };
  };
