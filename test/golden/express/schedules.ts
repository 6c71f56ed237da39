/** @file schedules.json: the rate that each update uses, as SGD on a gradient of −1 shows it. */
import { tensor } from '../../../src/graph/tensor.ts';
import { cosineDecay } from '../../../src/optim/schedules/cosine-decay.ts';
import type { Schedule } from '../../../src/optim/schedules/schedule.ts';
import { sgd } from '../../../src/optim/sgd.ts';
import type { Check, GoldenCase } from '../format.ts';
import type { Adapter } from '../session.ts';

function scheduleOf(name: string, data: GoldenCase): Schedule | undefined {
  if (!/^cosine_\d+/.test(name)) return undefined;
  const { t_max: steps, eta_min: minimum } = data.options as { t_max: number; eta_min: number };
  return cosineDecay({ learningRate: data.lr0 as number, steps, minimum });
}

export const schedules: Adapter = (name, data) => {
  const schedule = scheduleOf(name, data);
  if (schedule === undefined) return undefined;
  const transform = sgd({ learningRate: schedule });
  return async (session) => {
    const run = session.prepare(({ gradient, scalars }) => {
      const known = { parameters: tensor([0]), slots: {}, gradientNorm: undefined };
      return { update: transform.update({ gradient: gradient as never, scalars: scalars as never, ...known }).update };
    });
    const expected = data.lr as number[];
    const got: number[] = [];
    for (const i of expected.keys()) {
      const { update } = await run({ gradient: tensor([-1]), scalars: tensor([...transform.scalars(i)]) });
      got.push(update?.item() as number);
    }
    const inDouble: Check = { what: 'schedule', got: expected.map((_, i) => schedule(i)), expected };
    return [inDouble, { what: 'lr', got, expected }];
  };
};
