/** @file Writes what `read-plan.ts` reads. */
import { Constant } from '../plan/opcodes.ts';
import { checksum, FORMAT, MAGIC, type PlanHeader, PRELUDE, padded } from './format.ts';

/** @param sections in the order of format.ts. */
export function writePlan(header: PlanHeader, sections: readonly ArrayBufferView[]): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const from = PRELUDE + padded(json.length);
  const file = new Uint8Array(sections.reduce((sum, { byteLength }) => sum + padded(byteLength), from));
  file.set(new TextEncoder().encode(MAGIC));
  file.fill(32, PRELUDE, from);
  file.set(json, PRELUDE);
  let at = from;
  for (const { buffer, byteOffset, byteLength } of sections) {
    file.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += padded(byteLength);
  }
  const view = new DataView(file.buffer);
  [FORMAT, Constant.abiVersion, from - PRELUDE].forEach((value, i) => {
    view.setUint32(8 + 4 * i, value, true);
  });
  const ofHeader = checksum(file.length, file.subarray(PRELUDE, from));
  view.setUint32(20, ofHeader, true);
  view.setUint32(24, checksum(ofHeader, file.subarray(from)), true);
  return file;
}
