/** @file The image of a session whose weights lie in panels: its plans say so, and what the host reads and writes is put in order. */
import type { HostArray } from '../../core/dtype.ts';
import { bytesOf, type Matrix, placeInPanels } from '../../plan/matrix.ts';
import { inPanels } from '../../plan/panel-plan.ts';
import { findPanels } from '../../plan/panels.ts';
import type { BlockImage, ProgramImage, SessionImage } from './image.ts';

/** Between a block as the host knows it, row by row, and as it lies in memory. */
export interface BlockOrder {
  /** Puts values from element `offset` on where they belong; true. */
  write(block: BlockImage, memory: HostArray, data: ArrayLike<number>, offset: number): true;
  /** Puts the copy of a block in order. */
  read(block: BlockImage, copy: HostArray): HostArray;
}

export interface PanelImage {
  readonly image: SessionImage;
  readonly order: BlockOrder;
  /** By program: at multiples of how many elements an instruction is cut, by word index. */
  readonly grains: ReadonlyMap<string, ReadonlyMap<number, number>>;
}

/** The matrices of a block, and where in it they begin. */
const matricesOf = (
  { address, bytes }: BlockImage,
  lasting: readonly Matrix[],
): readonly (Matrix & { first: number })[] =>
  lasting
    .filter((one) => one.address >= address && one.address < address + bytes)
    .map((one) => ({ ...one, first: (one.address - address) / 4 }));

class PanelOrder implements BlockOrder {
  readonly #lasting: readonly Matrix[];

  constructor(lasting: readonly Matrix[]) {
    this.#lasting = lasting;
  }

  write(block: BlockImage, memory: HostArray, data: ArrayLike<number>, offset: number): true {
    let done = offset;
    const end = offset + data.length;
    const plain = (to: number): void => {
      for (; done < to; done++) memory[done] = data[done - offset] as number;
    };
    const inOrder = [...matricesOf(block, this.#lasting)].sort((a, b) => a.first - b.first);
    for (const one of inOrder) {
      plain(Math.min(end, one.first));
      const behind = Math.min(end, one.first + bytesOf(one) / 4);
      for (; done < behind; done++)
        memory[one.first + placeInPanels(one, done - one.first)] = data[done - offset] as number;
    }
    plain(end);
    return true;
  }

  read(block: BlockImage, copy: HostArray): HostArray {
    for (const one of matricesOf(block, this.#lasting)) {
      const lying = copy.slice(one.first, one.first + bytesOf(one) / 4);
      for (let i = 0; i < lying.length; i++) copy[one.first + i] = lying[placeInPanels(one, i)] as number;
    }
    return copy;
  }
}

/**
 * @param take gives memory for the plans, which are longer than before.
 * @returns undefined if no weights can lie in panels
 */
export function panelImage(
  image: SessionImage,
  threads: number,
  capacity: number,
  take: (bytes: number) => number,
): PanelImage | undefined {
  const programs = [...image.programs];
  const blocks = [...image.blocks].map(([name, { address, bytes }]) => ({ name, address, bytes }));
  const words = programs.map(([, { plan }]) => plan.words);
  const panels = findPanels(words, blocks, threads, capacity);
  if (panels.lasting.length === 0) return undefined;
  const grains = new Map<string, ReadonlyMap<number, number>>();
  const written = programs.map(([name, program], i): readonly [string, ProgramImage] => {
    const made = inPanels(program.plan, panels, panels.products[i] ?? new Map());
    grains.set(name, made.grains);
    return [name, { ...program, plan: made.plan, code: take(made.plan.words.byteLength) }];
  });
  return { image: { ...image, programs: new Map(written) }, order: new PanelOrder(panels.lasting), grains };
}
