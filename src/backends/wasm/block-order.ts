/** @file What the host reads and writes of a session's blocks, row by row, and as it lies in the memory, where weights may lie in panels. */
import type { HostArray } from '../../core/dtype.ts';
import { bytesOf, type Matrix, placeInPanels } from '../../plan/matrix.ts';
import type { BlockImage } from './image.ts';

/** Between a block as the host knows it, row by row, and as it lies in memory. */
export interface BlockOrder {
  /** Puts values from element `offset` on where they belong; true. */
  write(block: BlockImage, memory: HostArray, data: ArrayLike<number>, offset: number): true;
  /** Puts the copy of a block in order. */
  read(block: BlockImage, copy: HostArray): HostArray;
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

/** @param lasting what lies in panels */
export const panelOrder = (lasting: readonly Matrix[]): BlockOrder => new PanelOrder(lasting);
