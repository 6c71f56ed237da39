/**
 * @file Finds the weights that may lie in panels of 8 columns, by which several threads share them without giving them to each
 * other: each multiplies, sums the gradient of, and updates panels of its own. Whatever else is computed from them must not mind
 * where an element lies; plans are data, so all of their instructions can be asked.
 */
import type { Region } from './format.ts';
import type { Operand } from './instruction.ts';
import type { Linked } from './linked.ts';
import { bytesOf, isAt, type Matrix, overlaps } from './matrix.ts';
import { factorOf, type PlanRead, type Read, readPlan, resultOf } from './plan-walk.ts';

/** What is in panels. */
export interface Panels {
  /** In memory that lasts from step to step. */
  readonly lasting: readonly Matrix[];
  /** For each plan, by the word index of a product: which of its operands are, as `PanelMatmulField.panels` has it. */
  readonly products: readonly ReadonlyMap<number, number>[];
}

/** Smaller matrices are little of a step that is worth sharing. Not calibrated. */
const LEAST_BYTES = 16384;
/** The share of the work that the slowest of the threads may have, over an even share. Not calibrated either. */
const MOST_UNEVEN = 1.125;

/** Matrices that are computed from one another element by element: all lie in panels, or none does. */
class Kin {
  #parent: Kin | undefined;
  isRejected = false;

  get root(): Kin {
    return this.#parent?.root ?? this;
  }

  join(other: Kin): void {
    const [mine, its] = [this.root, other.root];
    if (mine === its) return;
    its.#parent = mine;
    mine.isRejected ||= its.isRejected;
  }
}

/** A matrix in panels; `isStale`: what is left of one that was written over in part, which nobody may read. */
interface Held extends Matrix {
  readonly kin: Kin;
  readonly isLasting: boolean;
  readonly isStale?: true;
}

const isWithin = (one: Matrix, { address, bytes }: Pick<Operand, 'address' | 'bytes'>): boolean =>
  address <= one.address && one.address + bytesOf(one) <= address + bytes;

/** Whether a sum of eights, which begins with the operand, has the matrix's panels as whole eights. */
const isEights = (one: Matrix, operand: Operand): boolean =>
  isWithin(one, operand) && (one.address - operand.address) % 32 === 0;

/** What is held of a matrix after memory was written to: what lasts was written by those who know of it. */
function leftOf(one: Held, address: number, bytes: number): Held[] {
  if (one.isLasting || !overlaps(one, address, bytes)) return [one];
  const piece = (from: number, to: number): Held => ({
    ...one,
    ...{ address: from, rows: 1, columns: (to - from) / 4, isStale: true },
  });
  const [end, behind] = [one.address + bytesOf(one), address + bytes];
  return [
    ...(one.address < address ? [piece(one.address, address)] : []),
    ...(behind < end ? [piece(behind, end)] : []),
  ];
}

const isEven = (columns: number, threads: number): boolean =>
  columns % 8 === 0 && (Math.ceil(columns / 8 / threads) * threads * 8) / columns <= MOST_UNEVEN;

class Finder {
  readonly #plans: readonly PlanRead[];
  readonly #blocks: readonly Region[];
  /** What lasts, and is assumed to be in panels. */
  #lasting: Held[] = [];
  /** What instructions write that must be in panels because of what is computed from it, by plan and word index. */
  readonly #wanted: readonly Map<number, Held[]>[];
  #products: Map<number, number>[] = [];
  /** Asked for in this round. */
  readonly #news = new Set<Held>();
  /** What the walk has passed. */
  readonly #written: Read[] = [];
  #isSettled = false;

  constructor(plans: readonly Int32Array[], blocks: readonly Region[], capacity: number) {
    this.#plans = plans.map((words) => readPlan(words, capacity));
    this.#blocks = blocks;
    this.#wanted = plans.map(() => new Map());
  }

  find(threads: number): Panels {
    this.#addCandidates(threads);
    // Each round finds more that goes with what is known, or takes back what cannot be.
    while (!this.#isSettled && this.#lasting.length > 0) {
      this.#isSettled = true;
      this.#news.clear();
      this.#products = this.#plans.map((_, plan) => this.#walk(plan));
      this.#forgetRejected();
    }
    return {
      lasting: this.#lasting,
      products: this.#lasting.length === 0 ? this.#plans.map(() => new Map()) : this.#products,
    };
  }

  #isInBlock(address: number, bytes: number): boolean {
    return this.#blocks.some((block) => address >= block.address && address + bytes <= block.address + block.bytes);
  }

  /** Right factors that last and are renewed. */
  #addCandidates(threads: number): void {
    const renewed = this.#plans.flatMap(({ read }) =>
      read.filter((one) => one.linked !== undefined).flatMap(({ operands }) => operands.filter(({ writes }) => writes)),
    );
    for (const { words, read } of this.#plans) {
      for (const { at, isProduct } of read) {
        const factor = isProduct ? factorOf(words, at) : undefined;
        if (factor === undefined || bytesOf(factor) < LEAST_BYTES || !isEven(factor.columns, threads)) continue;
        if (!this.#isInBlock(factor.address, bytesOf(factor))) continue;
        if (this.#lasting.some((held) => isAt(held, factor))) continue;
        if (!renewed.some(({ address, bytes }) => overlaps(factor, address, bytes))) continue;
        this.#lasting.push({ ...factor, kin: new Kin(), isLasting: true });
      }
    }
  }

  #reject({ kin }: Held): void {
    kin.root.isRejected = true;
  }

  #forgetRejected(): void {
    const isKept = ({ kin }: Held): boolean => !kin.root.isRejected;
    if (!this.#lasting.every(isKept)) this.#isSettled = false;
    this.#lasting = this.#lasting.filter(isKept);
    for (const wanted of this.#wanted) for (const [at, list] of wanted) wanted.set(at, list.filter(isKept));
  }

  /** Follows one plan through a step; returns the products that have operands in panels. */
  #walk(plan: number): Map<number, number> {
    const { words, read } = this.#plans[plan] as PlanRead;
    const products = new Map<number, number>();
    let held: Held[] = [...this.#lasting];
    this.#written.length = 0;

    const isRead = (operand: Operand, isFine?: (one: Held) => boolean): void => {
      for (const one of held)
        if (overlaps(one, operand.address, operand.bytes) && (one.isStale || !isFine?.(one))) this.#reject(one);
    };
    const isWritten = ({ address, bytes }: Operand, by?: Held): void => {
      for (const one of held) if (one.isLasting && one !== by && overlaps(one, address, bytes)) this.#reject(one);
      held = held.flatMap((one) => leftOf(one, address, bytes));
    };

    for (const now of read) {
      const factor = now.isProduct ? factorOf(words, now.at) : undefined;
      const result = now.isProduct ? resultOf(words, now.at) : undefined;
      const wanted = this.#wanted[plan]?.get(now.at) ?? [];
      if (now.linked !== undefined) {
        held = this.#element(plan, now.linked, now, wanted, held);
      } else if (now.isProduct) {
        const right = held.find((one) => factor !== undefined && !one.isStale && isAt(one, factor));
        for (const operand of now.operands)
          if (!operand.writes) isRead(operand, (one) => one === right && operand.name === 'rhs');
        const lasting = held.find((one) => result !== undefined && one.isLasting && isAt(one, result));
        const demanded = wanted.find((one) => result !== undefined && isAt(one, result));
        for (const one of wanted) if (one !== demanded) this.#reject(one);
        if (lasting !== undefined && demanded !== undefined) lasting.kin.join(demanded.kin);
        for (const operand of now.operands)
          if (operand.writes) isWritten(operand, operand.name === 'destination' ? lasting : undefined);
        if (demanded !== undefined && lasting === undefined) held.push(demanded);
        const bits = (right === undefined ? 0 : 1) | (lasting === undefined && demanded === undefined ? 0 : 2);
        if (bits !== 0) products.set(now.at, bits);
      } else {
        for (const one of wanted) this.#reject(one);
        for (const operand of now.operands)
          if (!operand.writes) isRead(operand, now.isNorm ? (one) => isEights(one, operand) : undefined);
        for (const operand of now.operands) if (operand.writes) isWritten(operand);
      }
      this.#written.push(now);
    }
    return products;
  }

  /** An instruction element by element: what meets a matrix in panels lies in panels too. Returns what is held after it. */
  #element(plan: number, { count, operands }: Linked, now: Read, wanted: readonly Held[], held: Held[]): Held[] {
    const bytes = 4 * count;
    const met = [...held, ...wanted].filter((one) =>
      operands.some(
        ({ address, reads }) => (reads || one.isLasting || wanted.includes(one)) && overlaps(one, address, bytes),
      ),
    );
    let after = held;
    const leave = (address: number, size: number): void => {
      after = after.flatMap((one) => leftOf(one, address, size));
    };
    // Numbers that all elements meet, and scratch memory.
    for (const { name, address, bytes: size, writes } of now.operands) {
      if (name !== 'scratch' && operands.some((operand) => operand.address === address)) continue;
      for (const one of held) if (overlaps(one, address, size) && (one.isLasting || !writes)) this.#reject(one);
      if (writes) leave(address, size);
    }
    for (const { address, writes } of operands) if (writes) leave(address, bytes);
    for (const one of met) {
      const own = operands.filter(({ address }) => overlaps(one, address, bytes));
      const offset = one.address - (own[0]?.address ?? 0);
      const isIn = offset >= 0 && offset + bytesOf(one) <= bytes;
      if (one.isStale || !isIn || own.some(({ address }) => address !== own[0]?.address)) {
        this.#reject(one);
        continue;
      }
      for (const { address, reads, writes } of operands) {
        const twin = { address: address + offset, rows: one.rows, columns: one.columns };
        const isInBlock = this.#isInBlock(twin.address, bytesOf(twin));
        const known = (isInBlock ? this.#lasting : held).find((other) => !other.isStale && isAt(other, twin));
        if (known !== undefined) one.kin.root.join(known.kin);
        else if (isInBlock) {
          this.#lasting.push({ ...twin, kin: one.kin, isLasting: true });
          this.#isSettled = false;
        } else if (reads) this.#want(plan, twin, one);
        if (writes && !isInBlock) after = [...after, { ...twin, kin: one.kin, isLasting: false }];
      }
    }
    return after;
  }

  /** Asks what wrote a matrix to write it in panels. */
  #want(plan: number, twin: Matrix, one: Held): void {
    const writer = this.#written.findLast(({ operands }) =>
      operands.some(({ writes, address, bytes }) => writes && overlaps(twin, address, bytes)),
    );
    const isAble = writer !== undefined && (writer.isProduct || writer.linked !== undefined);
    const map = this.#wanted[plan] as Map<number, Held[]>;
    const list = (isAble ? map.get(writer.at) : undefined) ?? [];
    const known = list.find((other) => isAt(other, twin));
    if (known !== undefined && this.#news.has(known)) {
      one.kin.root.join(known.kin);
      return;
    }
    // It was asked before, and what it wrote is not there any more.
    if (!isAble || known !== undefined) {
      this.#reject(one);
      return;
    }
    const news = { ...twin, kin: one.kin, isLasting: false };
    map.set(writer.at, [...list, news]);
    this.#news.add(news);
    this.#isSettled = false;
  }
}

/**
 * @param blocks memory that lasts from step to step. @param capacity rows of the step tables.
 * @returns what may lie in panels, in all plans at once, for so many threads
 */
export const findPanels = (
  plans: readonly Int32Array[],
  blocks: readonly Region[],
  threads: number,
  capacity = 1,
): Panels => new Finder(plans, blocks, capacity).find(threads);
