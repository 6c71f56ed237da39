/** @file tricks.json: mixup, and distillation as a sum of two losses. Attacks are not here. */

import { dense } from '../../../src/nn/dense.ts';
import { applyModel } from '../../../src/nn/layer.ts';
import { crossEntropy } from '../../../src/nn/losses/cross-entropy.ts';
import { klDivergence } from '../../../src/nn/losses/divergence.ts';
import { sequential } from '../../../src/nn/sequential.ts';
import { add, div, mul } from '../../../src/ops/elementwise.ts';
import { gather } from '../../../src/ops/indexing.ts';
import { broadcastTo, transpose } from '../../../src/ops/movement.ts';
import { mean } from '../../../src/ops/reduce.ts';
import { logSoftmax, softmax } from '../../../src/ops/softmax.ts';
import { mixRows } from '../../../src/tricks/mixup.ts';
import { type GoldenCase, hostTensorOf } from '../format.ts';
import { type Adapter, type Expression, functionCase, type Tensors, tensorCheck } from '../session.ts';

const model = sequential([dense(6, { activation: 'tanh' }), dense(3)]);

function mixupCase(data: GoldenCase, net: GoldenCase): Expression {
  const inputs: Tensors = {
    ...Object.fromEntries(['w1', 'b1', 'w2', 'b2', 'x'].map((name) => [name, hostTensorOf(net[name])])),
    y: hostTensorOf(net.y, 'i32'),
    partner: hostTensorOf(data.perm, 'i32'),
  };
  return async (session) => {
    const run = session.prepare(({ w1, b1, w2, b2, x, y, partner }: Tensors) => {
      const share = broadcastTo(1 - (data.lam as number), [5]);
      const mixed = mixRows(x as never, partner as never, share);
      const leaves = new Map(
        Object.entries({
          ...{ '0/kernel': transpose(w1 as never), '0/bias': b1, '1/kernel': transpose(w2 as never), '1/bias': b2 },
        }) as never,
      ) as ReadonlyMap<string, never>;
      const logits = applyModel(model, leaves, mixed, { mode: 'predict' });
      const lossTo = (target: Tensors[string]) => mean(crossEntropy().call(logits, target));
      const loss = add(
        mul(lossTo(y as never), data.lam as number),
        mul(lossTo(gather(y as never, partner as never)), 1 - (data.lam as number)),
      );
      return { mixed, loss };
    });
    const { mixed, loss } = await run(inputs);
    return [tensorCheck('x', mixed, data.x), tensorCheck('loss', loss, data.loss)];
  };
}

const TEMPERATURE = 4;
const SHARE = 0.7;

export const mixing: Adapter = (name, data, all) => {
  if (name === 'mixup') return mixupCase(data, all._net as GoldenCase);
  if (name !== 'distillation_T4_a0.7') return undefined;
  const { loss: y, ...rest } = data;
  const inputs = {
    student: hostTensorOf(data.student),
    teacher: hostTensorOf(data.teacher),
    labels: hostTensorOf(data.y, 'i32'),
  };
  const g = { student: data.g };
  return functionCase({ ...rest, y, g } as GoldenCase, inputs, ({ student, teacher, labels }) => {
    const soft = klDivergence().call(
      logSoftmax(div(student as never, TEMPERATURE)),
      softmax(div(teacher as never, TEMPERATURE)),
    );
    const hard = crossEntropy().call(student as never, labels as never);
    return add(mul(mean(soft), SHARE * TEMPERATURE ** 2), mul(mean(hard), 1 - SHARE));
  });
};
