/** @file Where a step's time goes, instruction by instruction, beside what the machine can do at best. */
import type { InstructionProfile, SessionProfile } from '../backends/backend.ts';
import { openSession } from '../backends/select.ts';
import type { DType } from '../core/dtype.ts';
import { checkKnownOptions, checkNumber, SaddlepointError } from '../core/errors.ts';
import { randomUniform, streamOf } from '../core/philox.ts';
import { sizeOf } from '../core/shape.ts';
import { renewalOf } from '../engine/renewal.ts';
import { BLOCKS, type ModelGroups, trainingProgram } from '../engine/step.ts';
import { describeStep } from '../train/describe.ts';
import type { Run } from '../train/run.ts';
import { groupsOf, unitsOf, writeLeaves } from '../train/state.ts';
import { short, textTable } from './table.ts';

/** One instruction of the step. */
export interface ProfileRow extends InstructionProfile {
  /** Of the sum over all instructions, from 0 to 1. */
  readonly share: number;
  /** Of products; undefined for everything else. */
  readonly gflops: number | undefined;
  /** Of the machine's measured peak, from 0 to 1; products only. */
  readonly peakShare: number | undefined;
  /** Gigabytes a second that the instruction reads and writes; undefined where it takes no time that the clock can see. */
  readonly gigabytesPerSecond: number | undefined;
}

/** Where the time of a training step goes, instruction by instruction; `toString` prints it as a table. */
export interface Profile {
  readonly batchSize: number;
  /** A whole step, run in one call. */
  readonly microseconds: number;
  /** The first step of all, before the processor's caches and the engine know it; not among the others. */
  readonly coldMicroseconds: number;
  /** Of all products of the step, over the whole step's time. */
  readonly gflops: number;
  /** GFLOP/s of one core: 128-bit multiplications and additions in registers, measured in the same call. */
  readonly peak: number;
  /** In the order in which they run. */
  readonly instructions: readonly ProfileRow[];
  /** A table, the slowest instructions first. */
  toString(): string;
}

export interface ProfileOptions {
  /** Rows of a step; default: those of the run. */
  readonly batchSize?: number;
  /** How long to measure; default 500. */
  readonly milliseconds?: number;
}

/**
 * Times a training step of a finished run: microseconds, GFLOP/s, bytes and percent of this machine's measured peak for every
 * instruction. The step is built again, and fed with random rows; the run itself does not change.
 *
 * It is the step of model, loss and optimizer, without the tricks, row weights and frozen leaves that the run had: those act on
 * rows, orders and epochs that a finished run does not keep, and may draw from data (a minibatch's mixing partner, an attack
 * within the range of the inputs) that random rows do not stand for. What a trick costs, `ablate` measures in seconds.
 *
 * @param run what `fit` returned.
 * @returns data with a `toString()` that is a table.
 * @throws SaddlepointError `option` for options out of range; where there is no WebAssembly, which alone has instructions.
 * @example console.log(String(await profile(run)));
 */
export async function profile(run: Pick<Run, 'state' | 'recipe'>, options: ProfileOptions = {}): Promise<Profile> {
  checkKnownOptions('profile', options, ['batchSize', 'milliseconds']);
  const { batchSize = run.recipe?.batchSize, milliseconds = 500 } = options;
  if (run.recipe === undefined) {
    throw new SaddlepointError(
      'option',
      'profile: expected what fit returned',
      'a loaded model does not know how it was trained: profile the run, or train one epoch',
    );
  }
  checkNumber('profile.batchSize', batchSize, { min: 1, integer: true });
  checkNumber('profile.milliseconds', milliseconds, { min: 1 });
  const { state, recipe } = run;
  const { optimizer, inputType, target } = recipe;
  const groups = groupsOf(state);
  const source = { rows: batchSize, rowShape: state.inputShape, dtype: inputType };
  const targets = { ...target, shape: [batchSize, ...target.shape] };
  const description = describeStep({ ...state, groups, source, targets });
  const program = trainingProgram(description, optimizer, batchSize, await renewalOf(groups));
  const { session } = await openSession([program], { device: 'wasm' });
  // Not `using`: what TypeScript makes of it has a `this` at top level, of which bundlers complain.
  try {
    writeLeaves(session, groups, state.parameters);
    const draws = new Float32Array(batchSize * sizeOf(state.inputShape));
    randomUniform(draws, 1, streamOf('profile'), 0, 0);
    session.write(BLOCKS.source, draws.map(inputOf(inputType, groups)));
    const classes = target.dtype === 'i32' ? unitsOf(state) : 2;
    session.write(
      BLOCKS.target,
      Array.from({ length: sizeOf(targets.shape) }, (_, i) => i % classes),
    );
    session.writeRows(
      program.name,
      'indices',
      Int32Array.from({ length: batchSize }, (_, i) => i),
    );
    // A step in the middle of a run: the corrections of the first steps are over.
    session.writeRows(program.name, 'scalars', optimizer.scalarCount === 0 ? [0] : optimizer.scalars(1000));
    session.writeRows(program.name, 'key', [1, 0, 0]);
    const measured = await session.profile?.(program.name, milliseconds);
    if (measured === undefined)
      throw new SaddlepointError(
        'option',
        'profile: this machine has no WebAssembly SIMD, and so no instructions to time',
      );
    return describeProfile(measured, batchSize);
  } finally {
    session.dispose();
  }
}

/** An input from a number in [0, 1): bytes; ids that every row table has; else numbers in [−1, 1). */
function inputOf(inputType: DType, { rows }: ModelGroups): (u: number) => number {
  const sizes = rows.flatMap(({ segments }) => segments.map(({ shape }) => shape[0] as number));
  const below = inputType === 'u8' ? Math.min(256, ...sizes) : Math.min(...sizes);
  return Number.isFinite(below) ? (u) => Math.floor(u * below) : (u) => 2 * u - 1;
}

function describeProfile(measured: SessionProfile, batchSize: number): Profile {
  const { microseconds, coldMicroseconds, instructions, peak } = measured;
  const total = instructions.reduce((sum, row) => sum + row.microseconds, 0);
  const rows = instructions.map((row): ProfileRow => {
    const gflops =
      row.operations === 0 || row.microseconds === 0 ? undefined : (row.operations * row.runs) / row.microseconds / 1e3;
    return {
      ...row,
      gflops,
      share: row.microseconds / total,
      peakShare: gflops === undefined ? undefined : gflops / peak,
      gigabytesPerSecond: row.microseconds === 0 ? undefined : (row.bytes * row.runs) / row.microseconds / 1e3,
    };
  });
  const operations = instructions.reduce((sum, row) => sum + row.operations * row.runs, 0);
  const gflops = operations / microseconds / 1e3;
  return {
    ...{ batchSize, microseconds, coldMicroseconds, gflops, peak, instructions: rows },
    toString() {
      const percent = (x: number): string => `${(100 * x).toFixed(1)} %`;
      const head = `a step of ${batchSize} rows takes ${microseconds.toFixed(1)} µs: ${gflops.toFixed(1)} GFLOP/s, ${percent(gflops / peak)} of the peak of one core (${peak.toFixed(1)}); the first took ${coldMicroseconds.toFixed(1)} µs`;
      const cells = [...rows]
        .sort((a, b) => b.microseconds - a.microseconds)
        .map((row) => [
          row.microseconds.toFixed(2),
          percent(row.share),
          row.gflops === undefined ? '' : row.gflops.toFixed(1),
          row.peakShare === undefined ? '' : percent(row.peakShare),
          row.gigabytesPerSecond === undefined ? '' : row.gigabytesPerSecond.toFixed(1),
          short(row.bytes),
          row.op === row.name || row.op === '' ? row.name : `${row.name} (${row.op})`,
          row.path,
        ]);
      const header = ['µs', 'share', 'GFLOP/s', 'of peak', 'GB/s', 'bytes', 'instruction', 'layer'];
      return `${head}\n${textTable(header, cells, ['instruction', 'layer'])}`;
    },
  };
}
