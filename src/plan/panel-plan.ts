/** @file Writes a plan anew for weights in panels: its products say so, and what renews them is cut where they begin and end. */
import type { Origin, Plan } from './format.ts';
import { bytesOf, type Matrix } from './matrix.ts';
import * as I from './opcodes.ts';
import type { Panels } from './panels.ts';

/** A plan, and by word index of what renews panels of 8 columns, how many elements one panel has: threads are cut there. */
export interface PanelPlan {
  readonly plan: Plan;
  readonly grains: ReadonlyMap<number, number>;
}

/** A product with its operands in panels, which `bits` names. */
function productOf(words: Int32Array, bits: number): Int32Array {
  const found = new Int32Array(I.PanelMatmulField.words);
  found.set(words);
  const w = (field: number): number => words[field] as number;
  found[0] = I.Opcode.panelMatmul | (I.PanelMatmulField.words << 16);
  found[I.PanelMatmulField.panels] = bits;
  if (bits & 1)
    found[I.MatmulField.ldb] = 8 * w(w(I.MatmulField.transposeRhs) === 1 ? I.MatmulField.n : I.MatmulField.k);
  if (bits & 2) found[I.MatmulField.ldc] = 8 * w(I.MatmulField.m);
  return found;
}

/** The fields of what renews parameters: their addresses, of which some may be 0, and the count. */
const RENEWERS: Readonly<Partial<Record<number, { readonly addresses: readonly number[]; readonly count: number }>>> = {
  [I.Opcode.adam]: {
    addresses: [I.AdamField.parameters, I.AdamField.firstMoment, I.AdamField.secondMoment, I.AdamField.gradient],
    count: I.AdamField.count,
  },
  [I.Opcode.sgd]: {
    addresses: [I.SgdField.parameters, I.SgdField.velocity, I.SgdField.gradient],
    count: I.SgdField.count,
  },
};

interface Part {
  readonly words: Int32Array;
  /** Elements of a panel, if the part is a matrix in panels. */
  readonly grain?: number;
}

/** An update of many matrices, cut in parts: those in panels, and what lies between them. */
function partsOf(words: Int32Array, lasting: readonly Matrix[]): readonly Part[] {
  const renewer = RENEWERS[(words[0] as number) & 0x7fff];
  if (renewer === undefined) return [{ words }];
  const [start, count] = [words[renewer.addresses[0] as number] as number, words[renewer.count] as number];
  const parts: Part[] = [];
  let at = 0;
  const add = (end: number, grain?: number): void => {
    if (end === at) return;
    const part = words.slice();
    for (const field of renewer.addresses) if (part[field] !== 0) part[field] = (part[field] as number) + 4 * at;
    part[renewer.count] = end - at;
    parts.push({ words: part, ...(grain === undefined ? {} : { grain }) });
    at = end;
  };
  const within = lasting
    .filter((one) => one.address >= start && one.address + bytesOf(one) <= start + 4 * count)
    .sort((a, b) => a.address - b.address);
  for (const one of within) {
    const first = (one.address - start) / 4;
    add(first);
    add(first + one.rows * one.columns, 8 * one.rows);
  }
  add(count);
  return parts;
}

/** @param products the plan's own, of `Panels`. */
export function inPanels(plan: Plan, { lasting }: Panels, products: ReadonlyMap<number, number>): PanelPlan {
  const words: number[] = [];
  const origins: Origin[] = [];
  const grains = new Map<number, number>();
  let origin = 0;
  for (let at = 0; at < plan.words.length; ) {
    const length = (plan.words[at] as number) >>> 16;
    const own = plan.words.slice(at, at + length);
    const bits = products.get(at);
    const made = plan.origins[origin]?.at === at ? plan.origins[origin++] : undefined;
    for (const { words: part, grain } of bits === undefined
      ? partsOf(own, lasting)
      : [{ words: productOf(own, bits) } as Part]) {
      if (made !== undefined) origins.push({ ...made, at: words.length });
      if (grain !== undefined) grains.set(words.length, grain);
      words.push(...part);
    }
    at += length;
  }
  return { plan: { ...plan, words: Int32Array.from(words), origins }, grains };
}
