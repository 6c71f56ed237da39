/** @file The image of a session whose weights lie in panels: the same memory, with plans that say so. */
import type { Matrix } from '../../plan/matrix.ts';
import { inPanels } from '../../plan/panel-plan.ts';
import { findPanels } from '../../plan/panels.ts';
import type { ProgramImage, SessionImage } from './image.ts';

export interface PanelImage {
  readonly image: SessionImage;
  /** What lies in panels, for `panelOrder`. */
  readonly lasting: readonly Matrix[];
  /** By program: at multiples of how many elements an instruction is cut, by word index. */
  readonly grains: ReadonlyMap<string, ReadonlyMap<number, number>>;
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
  return { image: { ...image, programs: new Map(written) }, lasting: panels.lasting, grains };
}
