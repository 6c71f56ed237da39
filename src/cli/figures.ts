/** @file The figures of `train`. */
import { rename, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { SaddlepointError } from '../index.ts';
import type { Output } from './output.ts';
import type { Given } from './spec.ts';
import type { Trained } from './trained.ts';

/** What draws is installed beside, and found missing before the training, not after it. */
export async function checkFigures({ figure, matrix }: Given): Promise<void> {
  if (figure !== undefined || matrix !== undefined) await drawing();
}

async function drawing() {
  try {
    return await import('../plot.ts');
  } catch (cause) {
    throw new SaddlepointError(
      'option',
      '--figure and --matrix need the packages @observablehq/plot and linkedom, which are not installed',
      'npm install @observablehq/plot linkedom',
      { cause },
    );
  }
}

export async function drawFigures(trained: Trained, { figure, matrix }: Given, output: Output): Promise<void> {
  if (figure === undefined && matrix === undefined) return;
  const { confusionFigure, learningCurve } = await drawing();
  const { run, report, source, target } = trained;
  const title = target === undefined ? basename(source) : `${basename(source)}: ${target}`;
  if (figure !== undefined) await write(figure as string, learningCurve(run.history, title), output);
  if (matrix === undefined) return;
  if (report.task === 'class') await write(matrix as string, confusionFigure(report, title), output);
  else output.say('--matrix: amounts have no confusion matrix; nothing was drawn');
}

/** Aside first, so that no half of a file is ever seen. */
async function write(path: string, text: string, output: Output): Promise<void> {
  const aside = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(aside, text);
    await rename(aside, path);
  } catch (cause) {
    await rm(aside, { force: true });
    throw new SaddlepointError(
      'file',
      `could not write ${path}: ${(cause as Error).message}`,
      'the model is written all the same',
      { cause },
    );
  }
  output.say(`wrote ${path}`);
}
