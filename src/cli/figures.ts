/** @file The figures of `train` and of `ablate`. */
import { basename } from 'node:path';
import { SaddlepointError } from '../index.ts';
import type { AblatedTable } from './ablate-table.ts';
import type { Output } from './output.ts';
import type { Given } from './spec.ts';
import type { Trained } from './trained.ts';
import { writeWhole } from './write-file.ts';

const KEPT = 'the model is written all the same';

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
  if (figure !== undefined) await writeWhole(figure as string, learningCurve(run.history, title), KEPT, output);
  if (matrix === undefined) return;
  if (report.task === 'class') await writeWhole(matrix as string, confusionFigure(report, title), KEPT, output);
  else output.say('--matrix: amounts have no confusion matrix; nothing was drawn');
}

export async function drawAblation(
  { source, comparison, ablation }: AblatedTable,
  { figure }: Given,
  output: Output,
): Promise<void> {
  if (figure === undefined) return;
  const { ablationFigure } = await drawing();
  const text = ablationFigure(ablation, `${basename(source)}: ${comparison.target}`);
  await writeWhole(figure as string, text, 'the table is printed by a run without --figure', output);
}
