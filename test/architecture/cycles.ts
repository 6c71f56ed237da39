/** @file Import cycles among files. */

/**
 * Every file that lies on a cycle is in at least one of the result's; each cycle starts at its first file by name.
 * @param edges each node's targets; a target that is no key has no edges
 */
export function findCycles(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const covered = new Set<string>();
  const cycles: string[][] = [];
  for (const start of [...edges.keys()].sort()) {
    if (covered.has(start)) continue;
    const cycle = shortestWayBack(start, edges);
    if (!cycle) continue;
    for (const node of cycle) covered.add(node);
    cycles.push(cycle);
  }
  return cycles;
}

/** Breadth first from `start` until an edge leads back to it. */
function shortestWayBack(start: string, edges: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const ways: string[][] = [[start]];
  const seen = new Set([start]);
  for (const way of ways) {
    for (const target of edges.get(way.at(-1) ?? '') ?? []) {
      if (target === start) return way;
      if (seen.has(target)) continue;
      seen.add(target);
      ways.push([...way, target]);
    }
  }
  return undefined;
}
