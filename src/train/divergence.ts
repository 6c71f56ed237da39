/** @file What a run says when loss or gradient become NaN or infinite: where, why, and what to do. */
import type { BadValue, Stop } from '../backends/backend.ts';
import { SaddlepointError } from '../core/errors.ts';
import type { Run } from './run.ts';

/**
 * Thrown by `fit` when training diverges. The run it carries has the last parameters for which all was finite; that of players
 * is a `PlayersRun`.
 */
export class DivergenceError<Name extends string = string, R = Run<Name>> extends SaddlepointError {
  /** The step that failed, from 0, and its epoch, from 1. */
  readonly step: number;
  readonly epoch: number;
  /** The first op of the step whose result was not finite, with its layer's path ('' outside layers). */
  readonly instruction: { readonly op: string; readonly path: string; readonly value: number };
  /** Whose turn it was; undefined for a model that was trained alone. */
  readonly player: string | undefined;
  /** The last loss that was finite, of players this one's; NaN if there was none. */
  readonly lastLoss: number;
  /** The run with the last good parameters: it predicts and saves. */
  readonly run: R;

  constructor(
    at: { step: number; epoch: number; lastLoss: number; player?: string },
    stop: Stop,
    bad: BadValue | undefined,
    run: R,
  ) {
    const { op, path, value } = bad ?? { op: stop.op, path: stop.path, value: Number.NaN };
    // A double of the reference backend may be finite, but is none of 32 bits.
    const instruction = { op, path, value: Math.fround(value) };
    const where = instruction.path === '' ? instruction.op : `${instruction.op} in layer '${instruction.path}'`;
    const turn = at.player === undefined ? '' : ` in the turn of ${at.player}`;
    super(
      'divergence',
      `training diverged${turn} at step ${at.step} (epoch ${at.epoch}): the first value that is not finite is ${instruction.value}, from ${where}; ` +
        `${Number.isNaN(at.lastLoss) ? 'no loss was finite before' : `the last finite loss was ${at.lastLoss}`}. Likely cause: ${likelyCause(instruction.op)}. error.run keeps the last good parameters`,
      remedy(instruction.op),
    );
    this.name = 'DivergenceError';
    this.step = at.step;
    this.epoch = at.epoch;
    this.player = at.player;
    this.lastLoss = at.lastLoss;
    this.instruction = instruction;
    this.run = run;
  }
}

/** Ops whose domain has an edge: what they make non-finite is not for the learning rate to cure. */
const DOMAIN = new Set(['log', 'log1p', 'div', 'reciprocal', 'sqrt', 'pow', 'erfinv']);

function likelyCause(op: string): string {
  return DOMAIN.has(op)
    ? `${op} outside its domain (0 or negative)`
    : 'learning rate / scale: steps too large for the scale of the data';
}

function remedy(op: string): string {
  return DOMAIN.has(op)
    ? 'keep its argument away from 0 (add a small epsilon), or use a loss that takes logits'
    : 'lower the learning rate (try a third), clip with chain(clipByGlobalNorm(1), …), or leave standardize on';
}
