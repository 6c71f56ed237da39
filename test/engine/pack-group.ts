/** @file Writing the leaves of a group, as tests that open sessions of their own need it. */
import type { HostArray } from '../../src/core/dtype.ts';
import type { Group } from '../../src/graph/program.ts';

/** A flat block for a group from its leaves' data. */
export function packGroup(group: Group, data: ReadonlyMap<string, HostArray>): Float32Array {
  const block = new Float32Array(group.size);
  for (const { path, offset } of group.segments) block.set(data.get(path) ?? [], offset);
  return block;
}
