/**
 * @file Gradient caching: the gradient of a large minibatch in the memory of a small one. Kind: gradient. Gao, Zhang, Han & Callan
 * 2021, "Scaling deep contrastive learning batch size under memory limited setup", section 3.2 (steps 1 to 4): the model's outputs
 * by parts of the minibatch, without a way back; the loss of all of them and its gradient by the outputs, which is the cache; then
 * each part once more, with its share of the cache as what is pulled back. Deviations: both encoders are one model, and its rows are
 * cut, not each side by itself; any loss, not only a contrastive one; layers that draw (dropout) draw for each part by itself, so
 * their masks are others than without it (both passes have the same, as in the paper's section 3.3).
 */
import { valueAndGrad } from '../autodiff/grad.ts';
import { checkNumber, must, SaddlepointError } from '../core/errors.ts';
import type { Tensor } from '../graph/tensor.ts';
import { maskOf, withMask } from '../nn/layer.ts';
import { concat } from '../ops/concat.ts';
import { add, mul } from '../ops/elementwise.ts';
import { keysOf } from '../ops/keys.ts';
import { scan } from '../ops/loops.ts';
import { reshape, slice } from '../ops/movement.ts';
import { sum } from '../ops/reduce.ts';
import type { GradientTrick, LossContext, Point } from '../train/trick.ts';

/**
 * Lets the model see `rows` rows at a time, and the loss all of the minibatch: for losses that compare rows (`infoNce`,
 * `pairwiseRanking`, `sigmoidContrastive`), which learn more from larger minibatches than memory would hold the activations of.
 * The gradient is that of the whole minibatch, but for rounding; a step computes the model's outputs twice, so it takes about a third
 * more time. What is held of all rows is the inputs and outputs, and what the loss makes of them (n² scores).
 *
 * A minibatch of no more rows is computed whole. Stands before other gradient tricks: tricks: [gradientCache(64), sam(0.05)]. What
 * layers tap is not shown.
 *
 * @param rows how many rows the model sees at a time: a whole number ≥ 1, without a default; Infinity is all of them.
 * @throws SaddlepointError `option` for another value; `option`, when training begins, for layers with running statistics (batch
 *   normalization), whose outputs depend on which rows they see together.
 * @see Gao et al. 2021 (GradCache), section 3.2.
 * @example
 * await fit(joint, multimodal.pairs({ image, text }), { loss: infoNce(), batchSize: 2048, tricks: [gradientCache(64)] })
 */
export function gradientCache(rows: number): GradientTrick {
  const isNeutral = rows === Number.POSITIVE_INFINITY;
  if (!isNeutral) checkNumber('gradientCache.rows', rows, { min: 1, integer: true });
  return {
    ...{ kind: 'gradient', name: 'gradientCache', options: { rows: isNeutral ? 'Infinity' : rows }, isNeutral },
    isInnermost: true,
    claims: ['parts of the minibatch'],
    wrap: (gradient, context) => (point) => {
      const x = must(point.batch.x, 'x');
      if ((x.shape[0] as number) <= rows) return gradient(point);
      const { trained, gradients, loss } = context;
      const leaves = trained.map((path) => must(point.leaves.get(path), `leaf ${path}`));
      const parts = new Parts(x.shape[0] as number, rows);
      const given = { x: parts.cut(x), key: parts.keys(point.key ?? context.key) };
      const forward = forwardOf(point, context);
      const output = joined(parts, given, forward);
      const value = loss({ ...point, output });
      const [cache, ...direct] = gradients(value, [output, ...leaves]) as [Tensor, ...Tensor[]];
      const found = pulledBack({ ...given, cache: parts.cut(cache) }, leaves, direct, (own, part) =>
        forward(part, new Map(trained.map((path, i) => [path, own[i] as Tensor]))),
      );
      return { loss: value, gradients: new Map(trained.map((path, i) => [path, found[i] as Tensor])) };
    },
  };
}

/** Rows of a minibatch cut up: those of the turns of a loop, [turns, rows, …], and fewer that are left over. */
interface Cut {
  readonly turns: Tensor;
  readonly rest: Tensor | undefined;
}

/** How many turns of so many rows there are, and what is left over. */
class Parts {
  readonly #rows: number;
  readonly #turns: number;
  readonly #rest: number;

  constructor(count: number, rows: number) {
    this.#rows = rows;
    this.#turns = Math.floor(count / rows);
    this.#rest = count % rows;
  }

  cut(x: Tensor): Cut {
    const whole = this.#turns * this.#rows;
    const begin = x.shape.map(() => 0);
    const own = x.shape.slice(1);
    const turned = this.#rest === 0 ? x : slice(x, begin, [whole, ...own]);
    return {
      turns: reshape(turned, [this.#turns, this.#rows, ...own]),
      rest: this.#rest === 0 ? undefined : slice(x, [whole, ...begin.slice(1)], [this.#rest, ...own]),
    };
  }

  /** A key for each part. */
  keys(key: Tensor): Cut {
    const all = keysOf(key, this.#turns + Math.sign(this.#rest));
    return {
      turns: slice(all, [0, 0], [this.#turns, 3]),
      rest: this.#rest === 0 ? undefined : reshape(slice(all, [this.#turns, 0], [1, 3]), [3]),
    };
  }

  /** The rows as they were. */
  join({ turns, rest }: Cut): Tensor {
    const rows = reshape(turns, [this.#turns * this.#rows, ...turns.shape.slice(2)]);
    return rest === undefined ? rows : concat([rows, rest], 0);
  }
}

type Given<Name extends string> = Readonly<Record<Name, Cut>>;
type Part<Name extends string> = Readonly<Record<Name, Tensor>>;
type Forward = (part: Part<'x' | 'key'>, trained?: ReadonlyMap<string, Tensor>) => Tensor;

function each<Name extends string>(given: Given<Name>, which: 'turns'): Part<Name>;
function each<Name extends string>(given: Given<Name>, which: 'rest'): Part<Name> | undefined;
function each<Name extends string>(given: Given<Name>, which: 'turns' | 'rest'): Part<Name> | undefined {
  const parts = Object.entries<Cut>(given).map(([name, cut]) => [name, cut[which]] as const);
  return parts.some(([, part]) => part === undefined) ? undefined : (Object.fromEntries(parts) as Part<Name>);
}

/** The model on a part, with other trained leaves where they are given. */
function forwardOf(point: Point, { predict }: LossContext): Forward {
  return ({ x, key }, trained = new Map()) => {
    const updates = new Map<string, Tensor>();
    const leaves = new Map([...point.leaves, ...trained]);
    const y = predict({ ...point, leaves, batch: { ...point.batch, x }, key, updates });
    if (updates.size > 0)
      throw new SaddlepointError(
        'option',
        `gradientCache: '${[...updates.keys()][0]}' is a running statistic of a minibatch, which the model never sees whole`,
        'take layerNorm, or freeze the layer',
      );
    return y;
  };
}

/** The model's output of all rows, of which nothing but the output is kept. */
function joined(parts: Parts, given: Given<'x' | 'key'>, forward: Forward): Tensor {
  const outputOf = (part: Part<'x' | 'key'>): { readonly y: Tensor; readonly mask?: Tensor } => {
    const y = forward(part);
    const mask = maskOf(y);
    return { y, ...(mask && { mask }) };
  };
  const [, turns] = scan((none: Tensor[], part) => [none, outputOf(part)] as const, [], each(given, 'turns'));
  const last = each(given, 'rest');
  const rest = last && outputOf(last);
  const y = parts.join({ turns: turns.y, rest: rest?.y });
  return turns.mask === undefined ? y : withMask(y, parts.join({ turns: turns.mask, rest: rest?.mask }));
}

/** The gradients by the leaves, part by part, on top of those that are there. */
function pulledBack(
  given: Given<'x' | 'key' | 'cache'>,
  leaves: readonly Tensor[],
  direct: readonly Tensor[],
  forward: (leaves: readonly Tensor[], part: Part<'x' | 'key'>) => Tensor,
): readonly Tensor[] {
  const added = (sums: readonly Tensor[], part: Part<'x' | 'key' | 'cache'>): Tensor[] => {
    const [, found] = valueAndGrad((own: Tensor[]) => sum(mul(forward(own, part), part.cache)), [...leaves]);
    return sums.map((total, i) => add(total, found[i] as Tensor));
  };
  const [sums] = scan(
    (held: Tensor[], part: Part<'x' | 'key' | 'cache'>) => [added(held, part), undefined] as const,
    [...direct],
    each(given, 'turns'),
  );
  const last = each(given, 'rest');
  return last === undefined ? sums : added(sums, last);
}
