/** @file A checkpoint: a run between two steps, as plain data; with it a run goes on as if there had been no stop. */
import type { HostArray } from '../core/dtype.ts';
import { SaddlepointError } from '../core/errors.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { WriteTarget } from '../io/place.ts';
import type { ModelState } from './state.ts';
import type { Training } from './training.ts';

/** Where a run stands, as plain JSON. */
export interface CheckpointProgress extends JsonObject {
  readonly step: number;
  /** Rows of the epoch under way that are done. */
  readonly at: number;
  readonly totals: readonly number[];
  readonly lastLoss: number | null;
  readonly rateScale: number;
  readonly best: { readonly loss: number | null; readonly epoch: number } | null;
  readonly history: readonly Json[];
  /** Of the callbacks, by name. */
  readonly callbacks: JsonObject;
  /** What must not change between two parts of a run. */
  readonly settings: JsonObject;
}

/** A run between two steps. */
export class Checkpoint {
  /** @internal The model, with the parameters of this step. */
  readonly state: ModelState;
  /** @internal */
  readonly progress: CheckpointProgress;
  /** @internal What training steps renew (parameters, optimizer, statistics), by block; and the best weights so far. */
  readonly blocks: ReadonlyMap<string, HostArray>;
  /** @internal */
  readonly best: ReadonlyMap<string, HostArray>;

  /** @internal Use `run.checkpoint()`, `control.checkpoint()` or `loadCheckpoint`. */
  constructor(
    state: ModelState,
    progress: CheckpointProgress,
    blocks: ReadonlyMap<string, HostArray>,
    best: ReadonlyMap<string, HostArray>,
  ) {
    this.state = state;
    this.progress = progress;
    this.blocks = blocks;
    this.best = best;
  }

  /** Steps taken. */
  get step(): number {
    return this.progress.step;
  }

  /** Whole epochs done. */
  get epochs(): number {
    return this.progress.history.length;
  }

  /**
   * Writes it as safetensors: blocks as f32, those of the reference backend, whose numbers are doubles, bit for bit.
   *
   * @param target as of `run.save`: a path is written aside, then renamed, so that there is a whole checkpoint at any time.
   */
  async save(target: WriteTarget): Promise<void> {
    const { saveCheckpoint } = await import('./checkpoint-file.ts');
    await saveCheckpoint(this, target);
  }
}

/** The names of the blocks that training steps renew. */
export const renewedBlocks = ({ opened }: Pick<Training<string>, 'opened'>): string[] =>
  (opened.programs[0]?.outputs ?? []).flatMap(({ kind, name }) => (kind === 'block' ? [name] : []));

/** @throws SaddlepointError `option` where the second part of a run is not what the first was. */
export function checkSettings(given: JsonObject, kept: JsonObject): void {
  const differing = [...new Set([...Object.keys(given), ...Object.keys(kept)])].filter(
    (name) => JSON.stringify(given[name]) !== JSON.stringify(kept[name]),
  );
  if (differing.length === 0) return;
  const list = differing.map((name) => `${name}: ${JSON.stringify(kept[name])}, now ${JSON.stringify(given[name])}`);
  throw new SaddlepointError(
    'option',
    `fit: resume: the checkpoint is of another run: ${list.join('; ')}`,
    'go on with the same model, data and options; only epochs, callbacks, maxSeconds, device and threads may differ',
  );
}
