/** @file Which good practices a training used, and why; and what its report says in one sentence. */
import type { ClassReport, ValueReport } from '../index.ts';
import type { Trained } from './trained.ts';

/** What the report calls the model without hidden layers. */
export const LINEAR = 'linear model';

export interface Practice {
  readonly name: string;
  readonly why: string;
}

export function practicesOf(trained: Omit<Trained, 'practices'>): Practice[] {
  const { rows, settings, run, task } = trained;
  const practices: Practice[] = [];
  const use = (name: string, why: string): void => void practices.push({ name, why });
  if (rows.test > 0)
    use(
      `${rows.test} rows held out for the report`,
      settings.order === 'time'
        ? 'the last ones in time, so that the model is measured on a future it has not seen'
        : `drawn ${task === 'class' ? 'in strata, each class by its share, ' : ''}before anything was learnt or scaled`,
    );
  if (rows.validation > 0) {
    const epochs = run.history.length;
    const best = `the weights of epoch ${run.bestEpoch} of ${epochs} are kept, which did best on ${rows.validation} validation rows`;
    use('best weights', run.ending === 'stopped' ? `${best}; training ended early, since it improved no more` : best);
  }
  if (run.state.inputScaling.kind === 'standardize')
    use(
      'standardized inputs',
      'columns of any unit count alike; mean and deviation are of the training rows and are kept in the model',
    );
  if (run.state.inputScaling.kind === 'bytes') use('pixels divided by 255', 'small inputs keep the first steps stable');
  if (run.state.targetScaling !== undefined)
    use('standardized target', 'one learning rate fits targets of any size; predictions are in your units again');
  if (settings.classWeights !== undefined) use('balanced class weights', 'rare classes count as much as frequent ones');
  use(`seed ${settings.seed}`, 'the same data, options and machine give the same model again');
  return practices;
}

/** What the intervals say of the model beside its baselines; honest where it is no better. */
export function verdictOf(report: ClassReport | ValueReport, { test }: Trained['rows']): string[] {
  const lines: string[] = [];
  const name = report.task === 'class' ? 'accuracy' : 'error';
  for (const { name: other, difference } of report.baselines) {
    const [low, high] = difference.interval;
    if (low > 0) lines.push(`better than '${other}'`);
    else if (high < 0)
      lines.push(`worse than '${other}': ${other === LINEAR ? 'train it with --hidden none' : 'use that instead'}`);
    else lines.push(`not shown to be better than '${other}': the difference in ${name} may be chance`);
  }
  if (test === 0)
    lines.push(
      'measured on the rows that it learnt from, for want of others: the numbers flatter; give more rows, or --test 0.2',
    );
  return lines;
}
