/** @file Whether rows of a batch can be left out by weights of 0: told by a step, since any layer or loss may be the user's own. */
import { wasmBackend } from '../backends/wasm/index.ts';
import { randomNormal, streamOf } from '../core/philox.ts';
import { sizeOf } from '../core/shape.ts';
import type { Scaling } from '../data/scaling.ts';
import { BLOCKS, PULSE } from '../engine/step.ts';
import { type PlannedStep, programOf } from './plan-step.ts';
import { unitsOf, writeLeaves } from './state.ts';

/** Sums in another order differ by rounding, some 1e-6; one row among others that are not there by far more. */
const SAME = 1e-3;

/**
 * Whether a step of `rows` rows of which half count 0 is a step of the other half: it is not where rows of a batch depend on each
 * other, as by batch normalization, or by losses over pairs of rows.
 */
export async function rowsAreAlone(step: PlannedStep, rows: number): Promise<boolean> {
  const counted = Math.ceil(rows / 2);
  for (const draw of [normals, bits]) {
    const x = draw(rows * sizeOf(step.state.inputShape), step.state.inputScaling);
    const [few, all] = [await pulseOf(step, counted, x), await pulseOf(step, rows, x, counted)];
    if (few !== undefined && all !== undefined)
      return few.every((value, i) => Math.abs(value - (all[i] as number)) <= SAME * Math.max(1e-3, Math.abs(value)));
  }
  return false;
}

/** Like standardized data, in the units of the data. */
function normals(size: number, { shift, scale }: Scaling): Float32Array {
  const x = new Float32Array(size);
  randomNormal(x, 0, streamOf('plan'));
  const width = shift.length;
  return x.map((value, i) => (shift[i % width] as number) + value / ((scale[i % width] as number) || 1));
}

/** For models that take numbers of rows of a table: 0 and 1 are in all but the smallest. */
const bits = (size: number): Float32Array => Float32Array.from({ length: size }, (_, i) => (i * i + (i >> 3)) % 2);

/** Loss and norm of the gradient of a step on the first of some rows; undefined if it stops. */
async function pulseOf(
  step: PlannedStep,
  rows: number,
  x: Float32Array,
  counted?: number,
): Promise<readonly number[] | undefined> {
  const { state, groups, target, optimizer, dtype } = step;
  const program = programOf(step, rows, counted !== undefined);
  const session = await wasmBackend.open([program]);
  writeLeaves(session, groups, state.parameters);
  const width = sizeOf(state.inputShape);
  session.write(BLOCKS.source, dtype === 'i32' ? bits(rows * width) : x.subarray(0, rows * width));
  session.write(BLOCKS.target, targetsOf(step, rows * sizeOf(target.shape)));
  if (counted !== undefined)
    session.write(
      BLOCKS.weights,
      Array.from({ length: rows }, (_, i) => Number(i < counted)),
    );
  session.writeRows(
    program.name,
    'indices',
    Int32Array.from({ length: rows }, (_, i) => i),
  );
  session.writeRows(program.name, 'key', Int32Array.of(0, 0, 0));
  session.writeRows(program.name, 'scalars', Float32Array.from(optimizer.scalars(0)));
  const { stop } = session.run(program.name, 1);
  const pulse = session.readRows(program.name, 'pulse', 1);
  session.dispose();
  return stop === undefined ? [pulse[PULSE.loss] as number, pulse[PULSE.gradientNorm] as number] : undefined;
}

/** Classes in turn, or 0 and 1 in turn, which are legal for every loss. */
function targetsOf({ state, target }: PlannedStep, size: number): Float32Array {
  const units = unitsOf(state);
  if (state.loss.target !== 'class') return Float32Array.from({ length: size }, (_, i) => (i * 7) % 2);
  return Float32Array.from({ length: size }, (_, i) =>
    target.dtype === 'i32' ? (i * 7) % units : Number(i % units === Math.floor(i / units) % units),
  );
}
