/** @file Finds plateaus of the loss while a run goes on, and says what they are: saddle, minimum, or dead. */
import { checkKnownOptions, checkNumber, SaddlepointError, show } from '../../core/errors.ts';
import { lanczos } from '../../optim/drivers/lanczos.ts';
import { type LinearOperator, probe } from '../../optim/drivers/operator.ts';
import type { Callback, Control } from '../callback.ts';
import type { Parameter } from '../state.ts';

/** What a loss surface tells of a plateau: see `lossSurface`. */
export interface PlateauSurface {
  pointOf(parameters: ReadonlyMap<string, Pick<Parameter, 'data'>>): Float64Array;
  hessian(point: Float64Array): LinearOperator;
}

/**
 * 'saddle': the loss bends down somewhere; 'minimum': nowhere; 'dead': most of the parameters change nothing, such as those behind
 * units that are always 0; 'flat': not looked at.
 */
export type PlateauKind = 'saddle' | 'minimum' | 'dead' | 'flat';

/** A plateau that a run is on. */
export interface PlateauRecord {
  readonly kind: PlateauKind;
  /** The step at which it was noticed, or left. */
  readonly step: number;
  readonly loss: number;
  readonly gradientNorm: number;
  /** The largest norm of the run so far. */
  readonly largestNorm: number;
  /** The ends of the Hessian's spectrum; undefined where it was not looked at. */
  readonly top: number | undefined;
  readonly bottom: number | undefined;
  /** For people: what was seen, and what may help. */
  readonly message: string;
}

/** When a stretch of steps counts as flat, and whom to tell. */
export interface PlateauWatchOptions {
  /** Steps that a mean is taken over; four of them make a judgement: a whole number ≥ 1, default 50. */
  readonly window?: number;
  /** The loss counts as flat when it falls by less than this share over four windows: > 0, default 0.01. */
  readonly slope?: number;
  /** The gradient counts as small when its mean norm is below this share of the largest so far: > 0, default 0.1. */
  readonly smallGradient?: number;
  /** Looks at the curvature: `await lossSurface(model, { x, y }, { loss })` on some hundred rows. Without it every plateau is 'flat', or 'dead' where there is no gradient. */
  readonly surface?: PlateauSurface;
  /** Products of Lanczos: a whole number ≥ 1, default 20. */
  readonly steps?: number;
  readonly onEnter?: (plateau: PlateauRecord, control: Control) => unknown;
  readonly onLeave?: (plateau: PlateauRecord, control: Control) => unknown;
}

/** A saddle bends down by at least this share of how far it bends up. */
const BENDS_DOWN = 0.01;
/** Curvature and gradient below this are none. */
const NOTHING = 1e-6;
/** The share of parameters that bend nothing from which on a network is dead. Calibrated: dead ones have 0.997, minima 0.05. */
const IDLE = 0.5;
/** Beside the largest component of a product with the Hessian, what counts as 0. */
const ROUNDING = 1e-9;

const HELP: Readonly<Record<PlateauKind, string>> = {
  saddle: 'a saddle: wait, or momentum, Adam, perturbed(…), saddle-free Newton',
  minimum: 'a minimum: training is done, or lower the learning rate and see',
  dead: 'dead: no gradient reaches most of the parameters; other initializer, smaller learning rate, standardized inputs',
  flat: 'flat: give { surface } to learn whether it is a saddle',
};

/**
 * Notices when the loss lies still while the gradient is small, and says why, from the ends of the Hessian's spectrum. It changes
 * nothing in the run by itself.
 *
 * A plateau: over four windows the mean loss falls by less than `slope` of itself, and the mean norm of the gradient is below
 * `smallGradient` of the largest norm of any window. Left: the loss has fallen by more than `slope` below that at its beginning.
 * A run that begins on its plateau, with minibatches, has no larger norm to compare with, and is not noticed before it leaves:
 * raise `smallGradient` above 1 to look at every flat stretch. Norms are those of minibatches, noise included.
 *
 * @throws SaddlepointError `option` for options out of range.
 * @see The rule is that of the advisor (D1): Dauphin et al. 2014; thresholds are ours.
 * @example
 * const surface = await lossSurface(model, { x: few, y: labels }, { loss: crossEntropy() });
 * await fit(model, data, { loss: crossEntropy(), callbacks: [plateau({ surface, onEnter: ({ message }) => console.log(message) })] });
 */
export function plateau(options: PlateauWatchOptions = {}): Callback {
  const names = ['window', 'slope', 'smallGradient', 'surface', 'steps', 'onEnter', 'onLeave'];
  checkKnownOptions('plateau', options, names);
  const window = checkNumber('plateau.window', options.window ?? 50, { min: 1, integer: true });
  const slope = checkNumber('plateau.slope', options.slope ?? 0.01, { min: 0, openMin: true });
  const small = checkNumber('plateau.smallGradient', options.smallGradient ?? 0.1, { min: 0, openMin: true });
  const steps = checkNumber('plateau.steps', options.steps ?? 20, { min: 1, integer: true });
  const { surface, onEnter, onLeave } = options;
  if (surface !== undefined && typeof surface.hessian !== 'function')
    throw new SaddlepointError('option', `plateau.surface: expected a loss surface, got ${show(surface)}`);

  let sums = { loss: 0, norm: 0, count: 0 };
  let means: { loss: number; norm: number }[] = [];
  let largestNorm = 0;
  let current: PlateauRecord | undefined;

  const judge = async (step: number, control: Control): Promise<void> => {
    const [old, last] = [means.at(-5) ?? means[0], means.at(-1)];
    if (old === undefined || last === undefined) return;
    largestNorm = Math.max(largestNorm, last.norm);
    const told = { step, loss: last.loss, gradientNorm: last.norm, largestNorm };
    if (current !== undefined) {
      if (last.loss >= current.loss * (1 - slope)) return;
      const left = { ...current, ...told };
      current = undefined;
      // What came before the plateau says nothing of the next.
      means = means.slice(-1);
      await onLeave?.(left, control);
      return;
    }
    const isFlat = means.length >= 5 && old.loss - last.loss < slope * Math.abs(old.loss);
    if (!isFlat || !(last.norm < small * largestNorm || last.norm < NOTHING)) return;
    const seen = surface && (await look(surface.hessian(surface.pointOf(await control.parameters())), steps));
    const kind = kindOf(last.norm, seen);
    const message = `step ${step}: loss ${last.loss.toPrecision(4)} lies still over ${4 * window} steps, gradient ${last.norm.toExponential(1)} (largest ${largestNorm.toExponential(1)})${seen ? `, curvature ${seen.bottom.toPrecision(2)} … ${seen.top.toPrecision(2)}` : ''}; ${HELP[kind]}`;
    current = { ...told, kind, top: seen?.top, bottom: seen?.bottom, message };
    await onEnter?.(current, control);
  };

  return {
    name: 'plateau',
    every: window,
    async onStep({ step, loss, gradientNorm }, control) {
      sums = { loss: sums.loss + loss, norm: sums.norm + gradientNorm, count: sums.count + 1 };
      if (sums.count < window) return;
      means = [...means.slice(-4), { loss: sums.loss / window, norm: sums.norm / window }];
      sums = { loss: 0, norm: 0, count: 0 };
      await judge(step + 1, control);
    },
  };
}

interface Seen {
  readonly top: number;
  readonly bottom: number;
  /** The share of parameters that bend nothing. */
  readonly idle: number;
}

/** The ends of the spectrum; and one product more, by a random vector: what no direction reaches stays 0 in it. */
async function look(hessian: LinearOperator, steps: number): Promise<Seen> {
  const { top, bottom } = await lanczos(hessian, { steps });
  const product = Float64Array.from(await hessian.times(probe('normal', hessian.size, 0, 1)));
  const most = product.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  const idle = product.reduce((count, value) => count + Number(Math.abs(value) <= ROUNDING * most), 0) / hessian.size;
  return { top, bottom, idle };
}

function kindOf(norm: number, seen: Seen | undefined): PlateauKind {
  if (seen === undefined) return norm < NOTHING ? 'dead' : 'flat';
  const { top, bottom, idle } = seen;
  if (idle > IDLE || (norm < NOTHING && Math.max(Math.abs(top), Math.abs(bottom)) < NOTHING)) return 'dead';
  return bottom < -BENDS_DOWN * Math.abs(top) ? 'saddle' : 'minimum';
}
