/** @file What an attack is: a function of a model and rows, and what it does to rows as a traced function, for training. */
import { checkNumber, SaddlepointError, show } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { Tensor, TensorLike } from '../graph/tensor.ts';
import type { TrainedModel } from '../train/model.ts';
import type { Clip } from './box.ts';
import type { Problem } from './problem.ts';
import { type AttackRunOptions, attackRows } from './run-rows.ts';

/**
 * An attack: called, it returns adversarial rows. All rows of a batch and all steps are one plan.
 *
 * @param model a trained model of one input.
 * @param x rows, as the model takes them.
 * @param y the true class of each row (as in training: numbers or names), or the class aimed at by a targeted attack.
 * @returns f32 [n, …], in the units of x, so that the model predicts on them: of bytes in 0 … 255, not rounded.
 * @throws SaddlepointError `data` for rows outside of the clip range and labels that are no classes of the model; `option` for a
 *   model without a gradient to its input.
 */
export interface Attack {
  (model: TrainedModel, x: unknown, y: unknown, options?: AttackRunOptions): Promise<Tensor>;
  /** Of its constructor, such as 'pgd'. */
  readonly name: string;
  /** Plain JSON: what it was made with, defaults in place. */
  readonly options: JsonObject;
  /** The radius of its ball; undefined for attacks that look for the smallest change. */
  readonly epsilon: number | undefined;
  /** Gradients of one row that it takes. */
  readonly steps: number;
  readonly clip: Clip;
  /** The same attack with another radius, its step in proportion. */
  at(epsilon: number): Attack;
  /** @internal Adversarial rows, traced. @param scale what ε and step are multiplied by; default 1. */
  perturb(problem: Problem, scale?: TensorLike): Tensor;
}

/** What makes an attack. */
export interface AttackParts extends Pick<Attack, 'options' | 'epsilon' | 'steps' | 'clip' | 'perturb'> {
  readonly name: string;
  at?(epsilon: number): Attack;
}

/** An attack of its parts. */
export function makeAttack({ name, at, ...parts }: AttackParts): Attack {
  const attack = (model: TrainedModel, x: unknown, y: unknown, options: AttackRunOptions = {}): Promise<Tensor> =>
    attackRows(attack as unknown as Attack, model, x, y, options);
  Object.defineProperty(attack, 'name', { value: name });
  return Object.assign(attack, parts, {
    at(epsilon: number) {
      if (at !== undefined) return at(epsilon);
      throw new SaddlepointError(
        'option',
        `${name}: it has no radius: it looks for the smallest change that fools`,
        'take fgsm, bim, mifgsm, pgd or apgd for a curve over ε',
      );
    },
  }) as unknown as Attack;
}

/** Whether a value is an attack. */
export const isAttack = (given: unknown): given is Attack =>
  typeof (given as Attack | undefined)?.perturb === 'function';

/** A legal clip range; default [0, 1]. */
export function checkClip(attack: string, clip: unknown = [0, 1]): Clip {
  if (clip === false) return false;
  const [low, high] = Array.isArray(clip) && clip.length === 2 ? (clip as unknown[]) : [];
  if (
    typeof low === 'number' &&
    typeof high === 'number' &&
    low < high &&
    Number.isFinite(low) &&
    Number.isFinite(high)
  )
    return [low, high];
  throw new SaddlepointError(
    'option',
    `${attack}.clip: expected [low, high] with low < high, or false, got ${show(clip)}`,
    'the range of the data: [0, 1] for images, of bytes too; false where values have no bounds',
  );
}

/** A legal radius. */
export const checkEpsilon = (attack: string, epsilon: unknown): number =>
  checkNumber(`${attack}.epsilon`, epsilon, { min: 0 });
