/** @file What a worker at the edge loads to predict and to train on: the code whose size is budgeted. */
import { load } from 'saddlepoint/edge';

export async function answer(file: ArrayBuffer, x: number[], y: string): Promise<unknown> {
  const plan = await load(file);
  await plan.train({ x: [x], y: [y] }, { budgetMs: 10 });
  return [await plan.predict(x), plan.state()];
}
