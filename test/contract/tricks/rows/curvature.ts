/** @file The tricks of saddle points and of initialization. */
import { fixup } from '../../../../src/tricks/fixup.ts';
import { lsuv } from '../../../../src/tricks/lsuv.ts';
import { perturb } from '../../../../src/tricks/perturb.ts';
import { zeroGamma } from '../../../../src/tricks/zero-gamma.ts';
import type { TrickRow } from '../row.ts';

export const rows: readonly TrickRow[] = [
  {
    name: 'perturb',
    file: 'src/tricks/perturb.ts',
    // A threshold that the toy's gradients are below.
    create: () => perturb({ radius: 0.01, threshold: 10, every: 5 }),
    neutral: () => perturb({ radius: 0 }),
    illegal: [
      [() => perturb({ radius: -1 }), /perturb\.radius: expected a finite number ≥ 0, got -1/],
      [() => perturb({ every: 0 }), /perturb\.every: expected an integer ≥ 1, got 0/],
      [() => perturb({ treshold: 1 } as never), /unknown option 'treshold'[\s\S]*threshold/],
    ],
    section: 'saddle-points',
  },
  {
    name: 'lsuv',
    file: 'src/tricks/lsuv.ts',
    create: () => lsuv(),
    neutral: () => lsuv({ maxTries: 0 }),
    illegal: [
      [() => lsuv({ tolerance: 0 }), /lsuv\.tolerance: expected a finite number > 0, got 0/],
      [() => lsuv({ maxTries: 1.5 }), /lsuv\.maxTries: expected an integer ≥ 0, got 1\.5/],
      [() => lsuv({ tries: 3 } as never), /unknown option 'tries'/],
    ],
    section: 'initialization',
  },
];

/** Those of residual nets, which the toy is not: test/tricks/residual-starts.test.ts has what the contract asks of them. */
export const residualTricks = { fixup, zeroGamma };
