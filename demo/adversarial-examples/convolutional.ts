/** @file The rows of the table about a small convolutional network, at ε 0.3: where one step overfits. */
import {
  adversarialTraining,
  attacks,
  conv2d,
  dense,
  fastAdversarial,
  flatten,
  type Layer,
  robustness,
  sequential,
  tensor,
} from '../../src/index.ts';
import type { Finding, FindingTable } from '../experiment.ts';
import type { Rows, Split } from '../experiment-data.ts';
import { accuracies, deepfoolFinding, isMaskingFound, percent, trained } from './measure.ts';

const EPSILON = 0.3;
const SIDE = 28;

const network = (): Layer =>
  sequential([
    conv2d(16, 5, { strides: 2, padding: 'same', activation: 'relu' }),
    conv2d(32, 5, { strides: 2, padding: 'same', activation: 'relu' }),
    ...[flatten(), dense(100, { activation: 'relu' }), dense(10)],
  ]);

const images = ({ x, y }: Rows) => tensor(x, [y.length, SIDE, SIDE, 1]);

/** Rows that DeepFool is tried on. */
const FEW = 200;

/** @param isLong whether training at ε 0.3 is part of it. */
export async function convolutional(data: Split, tell: (line: string) => void, isLong: boolean): Promise<FindingTable> {
  const test = { x: images(data.test), y: data.test.y };
  const findings: Finding[] = [];
  const radii = { fgsm: [0.1, EPSILON], pgd: [0.1, 0.2, EPSILON] };
  const plain = await trained(network(), data, 0, [], 5, images);
  const seen = await accuracies(plain.model, test, radii);
  tell(`CNN, no defence: clean ${percent(seen.clean)}, PGD ${seen.pgd.map(percent).join(' / ')}`);
  findings.push({
    what: 'no defence, 5 epochs: clean; FGSM 0.1; PGD 0.1, 0.3',
    reference: '95.7; 42.9; 33.6, 0.0',
    ours: `${percent(seen.clean)}; ${percent(seen.fgsm[0] as number)}; ${percent(seen.pgd[0] as number)}, ${percent(seen.pgd[2] as number)} (seed 0)`,
    target: 'PGD 0.3 ≤ 1',
    isMet: (seen.pgd[2] as number) <= 0.01,
  });
  const few = test.x.data.slice(0, FEW * SIDE * SIDE) as Float32Array;
  findings.push(await deepfoolFinding('CNN', plain.model, tensor(few, [FEW, SIDE, SIDE, 1])));
  if (!isLong) return { title: 'Convolutional network', findings };

  for (const guard of [false, true]) {
    const fast = await trained(network(), data, 0, [fastAdversarial({ epsilon: EPSILON, ramp: 3, guard })], 10, images);
    const found = await accuracies(fast.model, test, radii);
    const isMasked = await isMaskingFound(
      await robustness(fast.model, test, {
        attacks: [
          attacks.fgsm({ epsilon: EPSILON }),
          attacks.pgd({ epsilon: EPSILON, steps: 20, stepSize: EPSILON / 4 }),
        ],
        ...{ epsilons: [0, 0.1, EPSILON], trainedAt: EPSILON },
      }),
    );
    tell(
      `CNN, fast, guard ${guard}: clean ${percent(found.clean)}, FGSM ${found.fgsm.map(percent).join(' / ')}, PGD ${found.pgd.map(percent).join(' / ')}`,
    );
    const last = found.pgd[2] as number;
    findings.push({
      what: `fast training at ε 0.3, 10 epochs, ${guard ? 'with the guard' : 'without a guard'}: clean; FGSM 0.3; PGD 0.3; rule G3`,
      reference: guard ? '–' : '96.4; 96.4; 0.5: overfitted',
      ours: `${percent(found.clean)}; ${percent(found.fgsm[1] as number)}; ${percent(last)}; ${isMasked ? 'fires' : 'is silent'} (seed 0)`,
      target: guard ? 'PGD 0.3 ≥ 60' : 'rule G3 fires',
      isMet: guard ? last >= 0.6 : isMasked,
    });
  }
  const inner = attacks.pgd({ epsilon: EPSILON, steps: 7, stepSize: 0.1 });
  const hard = await trained(network(), data, 0, [adversarialTraining(inner, { ramp: 3 })], 6, images);
  const strong = await accuracies(hard.model, test, radii);
  tell(`CNN, PGD-7: clean ${percent(strong.clean)}, PGD ${strong.pgd.map(percent).join(' / ')}`);
  findings.push({
    what: 'PGD-7 training at ε 0.3, 6 epochs: clean; FGSM 0.3; PGD 0.1 / 0.2 / 0.3',
    reference: '95.6; 79.3; 91.9 / 85.0 / 72.9',
    ours: `${percent(strong.clean)}; ${percent(strong.fgsm[1] as number)}; ${strong.pgd.map(percent).join(' / ')} (seed 0)`,
  });
  return { title: 'Convolutional network', findings };
}
