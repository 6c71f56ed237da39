/** @file The tricks of adversarial training. */
import { fgsm, pgd } from '../../../../src/attacks/iterated.ts';
import { adversarialTraining } from '../../../../src/tricks/adversarial-training.ts';
import { fastAdversarial } from '../../../../src/tricks/fast-adversarial.ts';
import { freeAdversarial } from '../../../../src/tricks/free-adversarial.ts';
import { trades } from '../../../../src/tricks/trades.ts';
import { virtualAdversarial } from '../../../../src/tricks/virtual-adversarial.ts';
import type { TrickRow } from '../row.ts';

/** The toy's values have no bounds. */
const clip = false;
const section = 'adversarial-examples';

export const rows: readonly TrickRow[] = [
  {
    ...{ name: 'adversarialTraining', file: 'src/tricks/adversarial-training.ts', section },
    create: () => adversarialTraining(pgd({ epsilon: 0.1, steps: 3, clip }), { ramp: 1 }),
    neutral: () => adversarialTraining(pgd({ epsilon: 0, clip })),
    illegal: [
      [() => adversarialTraining('pgd' as never), /adversarialTraining: expected an attack, got 'pgd'/],
      [() => adversarialTraining(fgsm({ epsilon: 1 }), { mix: 1.5 }), /adversarialTraining\.mix: .* ≤ 1, got 1\.5/],
      [() => adversarialTraining(fgsm({ epsilon: 1 }), { ramp: -1 }), /adversarialTraining\.ramp: .* ≥ 0, got -1/],
      [() => pgd({ epsilon: -1 }), /pgd\.epsilon: .* ≥ 0, got -1/],
      [() => pgd({ epsilon: 1, clip: [1, 0] }), /pgd\.clip: expected \[low, high\]/],
    ],
  },
  {
    ...{ name: 'fastAdversarial', file: 'src/tricks/fast-adversarial.ts', section },
    create: () => fastAdversarial({ epsilon: 0.1, clip }),
    neutral: () => fastAdversarial({ epsilon: 0, clip }),
    illegal: [
      [() => fastAdversarial({ epsilon: -0.1 }), /fastAdversarial\.epsilon: .* ≥ 0, got -0\.1/],
      [
        () => fastAdversarial({ epsilon: 0.1, guard: 1 as never }),
        /fastAdversarial\.guard: expected true, false or 'watch', got 1/,
      ],
    ],
  },
  {
    ...{ name: 'freeAdversarial', file: 'src/tricks/free-adversarial.ts', section },
    create: () => freeAdversarial({ epsilon: 0.1, replays: 2, clip }),
    neutral: () => freeAdversarial({ epsilon: 0, clip }),
    illegal: [
      [() => freeAdversarial({ epsilon: 0.1, replays: 0 }), /freeAdversarial\.replays: expected an integer ≥ 1/],
    ],
  },
  {
    ...{ name: 'trades', file: 'src/tricks/trades.ts', section },
    create: () => trades({ epsilon: 0.1, steps: 3, clip }),
    neutral: () => trades({ epsilon: 0.1, beta: 0, clip }),
    illegal: [[() => trades({ epsilon: 0.1, beta: -1 }), /trades\.beta: .* ≥ 0, got -1/]],
  },
  {
    ...{ name: 'virtualAdversarial', file: 'src/tricks/virtual-adversarial.ts', section },
    create: () => virtualAdversarial({ epsilon: 0.5 }),
    neutral: () => virtualAdversarial({ epsilon: 0 }),
    illegal: [[() => virtualAdversarial({ epsilon: 1, probe: 0 }), /virtualAdversarial\.probe: .* > 0, got 0/]],
  },
];
