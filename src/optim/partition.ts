/** @file Several transforms for one model: each updates the leaves that it is for. */
import { SaddlepointError } from '../core/errors.ts';
import type { Segment } from '../graph/program.ts';
import { type Tensor, tensor } from '../graph/tensor.ts';
import { pack, segment } from '../ops/group.ts';
import { broadcastTo } from '../ops/movement.ts';
import { checkMatch, type LeafMatch, matches, matchJson } from './leaf-match.ts';
import { scalarsOf, slot, type Transform, type UpdateInput } from './transform.ts';

/** One transform and the leaves that it is for. */
export interface Part {
  /** Left out: all leaves that no part before it has taken. */
  readonly match?: LeafMatch;
  readonly transform: Transform;
}

/** Neighboring leaves of one part: `length` elements of the block from `offset` on. */
interface Run {
  readonly part: number;
  readonly offset: number;
  readonly length: number;
  readonly segments: Segment[];
}

/** The leaf changes no more: an update of 0. For parts of a `partition`. */
export const frozen = (): Transform => passing('frozen', ({ gradient }) => zerosLike(gradient));

const passing = (name: string, update: (input: UpdateInput) => Tensor): Transform => ({
  ...{ name, options: {}, slots: [], scalarCount: 0 },
  scalars: () => [],
  update: (input) => ({ update: update(input), slots: {} }),
});

/** A block of zeros, whatever x holds. */
const zerosLike = (x: Tensor): Tensor => broadcastTo(tensor(0), x.shape);

/**
 * The transform for the leaves that match; the gradient of all others passes through as it is. For transforms of gradients,
 * in a chain; an optimizer that is for some leaves only belongs into `partition`.
 *
 * @example chain(masked(adaptiveGradientClip(), isMatrix), sgd({ learningRate: 0.1 }))
 */
export const masked = (transform: Transform, match: LeafMatch): Transform => ({
  ...partition([
    { match: checkMatch('masked', match), transform },
    { transform: passing('unchanged', ({ gradient }) => gradient) },
  ]),
  name: 'masked',
});

/**
 * Each leaf is updated by the first part that matches it. A part sees its own leaves alone, side by side in one block: a norm
 * that it takes is theirs. Parts with slots of one name share the block, in which each has its own places.
 *
 * @param parts in order of precedence; a leaf that none of them takes is an error, so the last usually has no `match`.
 * @throws SaddlepointError `option` if there are no parts, or a leaf is left over (when the model is traced).
 * @example partition([{ match: /^0\//, transform: frozen() }, { transform: adam() }])
 */
export function partition(parts: readonly Part[]): Transform {
  if (parts.length === 0) throw new SaddlepointError('option', 'partition: expected at least one part');
  parts.forEach(({ match }, i) => {
    if (match !== undefined) checkMatch(`partition: match of part ${i}`, match);
  });
  const transforms = parts.map(({ transform }) => transform);
  const offsets = transforms.map((_, i) =>
    transforms.slice(0, i).reduce((total, { scalarCount }) => total + scalarCount, 0),
  );
  const slots = [...new Set(transforms.flatMap((transform) => transform.slots))];
  /** What the parts make of their blocks, put together again. */
  const assembled = (runs: readonly Run[], size: number, made: ReadonlyMap<number, Tensor>): Tensor => {
    const taken = new Map<number, number>();
    const pieces = runs.map(({ part, length }) => {
      const at = taken.get(part) ?? 0;
      taken.set(part, at + length);
      return segment(made.get(part) as Tensor, at, [length]);
    });
    return pack(
      pieces,
      runs.map(({ offset }) => offset),
      size,
    );
  };
  const view = transforms.some(({ evaluationParameters }) => evaluationParameters !== undefined);
  return {
    name: 'partition',
    options: {
      parts: parts.map(({ match, transform: { name, options } }) => ({
        match: match === undefined ? null : matchJson(match),
        ...{ name, options },
      })),
    },
    slots,
    scalarCount: transforms.reduce((total, { scalarCount }) => total + scalarCount, 0),
    learningRate: transforms.find((transform) => transform.learningRate)?.learningRate,
    scalars: (step, scale) => transforms.flatMap((transform) => transform.scalars(step, scale)),
    update(input) {
      const size = input.gradient.shape[0] as number;
      const runs = runsOf(parts, input.segments, size);
      const updates = new Map<number, Tensor>();
      const renewed = new Map<string, Map<number, Tensor>>(slots.map((name) => [name, new Map()]));
      for (const part of new Set(runs.map((run) => run.part))) {
        const transform = transforms[part] as Transform;
        const own = runs.filter((run) => run.part === part);
        const block = (x: Tensor): Tensor => compact(x, own);
        const result = transform.update({
          gradient: block(input.gradient),
          parameters: block(input.parameters),
          slots: Object.fromEntries(transform.slots.map((name) => [name, block(slot(input, 'partition', name))])),
          scalars: scalarsOf(input.scalars, offsets[part] as number, transform.scalarCount),
          gradientNorm: own.length === runs.length ? input.gradientNorm : undefined,
          segments: compactSegments(own),
        });
        updates.set(part, result.update);
        for (const name of slots)
          renewed.get(name)?.set(part, result.slots[name] ?? block(slot(input, 'partition', name)));
      }
      return {
        update: assembled(runs, size, updates),
        slots: Object.fromEntries(slots.map((name) => [name, assembled(runs, size, renewed.get(name) ?? new Map())])),
      };
    },
    ...(view
      ? {
          evaluationParameters({ parameters, slots: held, segments }) {
            const size = parameters.shape[0] as number;
            const runs = runsOf(parts, segments, size);
            const views = new Map<number, Tensor>();
            for (const part of new Set(runs.map((run) => run.part))) {
              const transform = transforms[part] as Transform;
              const own = runs.filter((run) => run.part === part);
              const given = {
                parameters: compact(parameters, own),
                slots: Object.fromEntries(transform.slots.map((name) => [name, compact(held[name] as Tensor, own)])),
                segments: compactSegments(own),
              };
              views.set(part, transform.evaluationParameters?.(given) ?? given.parameters);
            }
            return assembled(runs, size, views);
          },
        }
      : {}),
  };
}

/** The block cut into runs of neighbors that belong to one part; the gaps behind leaves go with them. */
function runsOf(parts: readonly Part[], segments: readonly Segment[] | undefined, size: number): Run[] {
  const leaves = segments ?? [{ path: '', shape: [size], offset: 0 }];
  const runs: { part: number; offset: number; segments: Segment[] }[] = [];
  for (const leaf of leaves) {
    const part = parts.findIndex(({ match }) => match === undefined || matches(match, leaf.path, leaf.shape));
    if (part < 0) {
      throw new SaddlepointError(
        'option',
        `partition: no part is for '${leaf.path}'`,
        'end with a part without match, such as { transform: frozen() }',
      );
    }
    const last = runs.at(-1);
    if (last?.part === part) last.segments.push(leaf);
    else runs.push({ part, offset: runs.length === 0 ? 0 : leaf.offset, segments: [leaf] });
  }
  return runs.map((run, i) => ({ ...run, length: (runs[i + 1]?.offset ?? size) - run.offset }));
}

/** The runs of one part side by side. */
function compact(block: Tensor, runs: readonly Run[]): Tensor {
  const pieces = runs.map(({ offset, length }) => segment(block, offset, [length]));
  if (pieces.length === 1) return pieces[0] as Tensor;
  const starts = startsOf(runs);
  return pack(pieces, starts.slice(0, -1), starts.at(-1) as number);
}

const compactSegments = (runs: readonly Run[]): Segment[] => {
  const starts = startsOf(runs);
  return runs.flatMap(({ offset, segments }, i) =>
    segments.map((leaf) => ({ ...leaf, offset: leaf.offset - offset + (starts[i] as number) })),
  );
};

/** Where each run begins in the compact block, and its end. */
function startsOf(runs: readonly Run[]): number[] {
  const starts = [0];
  runs.forEach(({ length }, i) => {
    starts.push((starts[i] as number) + length);
  });
  return starts;
}
