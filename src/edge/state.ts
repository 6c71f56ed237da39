/** @file Kept state: what training has changed, behind 'saddstat', the plan's id, the step, and a checksum of step and what follows. */
import { damaged } from './damaged.ts';

const STATE = 'saddstat';
const PRELUDE = 20;

const sizeOf = (blocks: readonly Uint8Array[]): number => blocks.reduce((sum, { length }) => sum + length, PRELUDE);

/** Folds bytes into a checksum. */
type Fold = (value: number, bytes: Uint8Array) => number;

export function packState(id: number, step: number, blocks: readonly Uint8Array[], fold: Fold): Uint8Array {
  const bytes = new Uint8Array(sizeOf(blocks));
  let at = PRELUDE;
  for (const block of blocks) {
    bytes.set(block, at);
    at += block.length;
  }
  bytes.set(new TextEncoder().encode(STATE));
  const view = new DataView(bytes.buffer);
  view.setUint32(8, id, true);
  view.setUint32(12, step, true);
  view.setUint32(16, fold(step, bytes.subarray(PRELUDE)), true);
  return bytes;
}

/** Fills the blocks, all or none; returns the step. @throws SaddlepointError `file` */
export function unpackState(
  state: ArrayBuffer | ArrayBufferView,
  id: number,
  blocks: readonly Uint8Array[],
  fold: Fold,
): number {
  const [buffer, from] = ArrayBuffer.isView(state) ? [state.buffer, state.byteOffset] : [state, 0];
  const bytes = new Uint8Array(buffer, from, state.byteLength);
  if (bytes.length < PRELUDE || new TextDecoder().decode(bytes.subarray(0, 8)) !== STATE)
    throw damaged('this is not what state() gave');
  const view = new DataView(buffer, from);
  if (view.getUint32(8, true) !== id || bytes.length !== sizeOf(blocks))
    throw damaged('this is the state of another plan', 'a plan that was exported anew begins anew');
  const step = view.getUint32(12, true);
  if (view.getUint32(16, true) !== fold(step, bytes.subarray(PRELUDE)))
    throw damaged('the state is damaged: its checksum is another');
  let at = PRELUDE;
  for (const block of blocks) {
    block.set(bytes.subarray(at, at + block.length));
    at += block.length;
  }
  return step;
}
