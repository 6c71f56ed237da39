/** @file The tricks of adversarial networks and denoising. */
import { corrupt } from '../../../../src/tricks/corrupt.ts';
import type { TrickRow } from '../row.ts';

export const rows: readonly TrickRow[] = [
  {
    name: 'corrupt',
    file: 'src/tricks/corrupt.ts',
    create: () => corrupt({ gaussian: 0.1, masking: 0.1, saltPepper: 0.05 }),
    neutral: () => corrupt({ gaussian: 0 }),
    illegal: [
      [() => corrupt({ gaussian: -1 }), /corrupt.gaussian: expected a finite number ≥ 0, got -1/],
      [() => corrupt({ masking: 1 }), /corrupt.masking: expected a finite number ≥ 0 and < 1, got 1/],
      [() => corrupt({ saltPepper: 1 }), /corrupt.saltPepper: expected a finite number ≥ 0 and < 1, got 1/],
      [() => corrupt({ range: [1, 0] }), /corrupt.range: expected \[lowest, highest\], got \[1, 0\]/],
      [() => corrupt({ gausian: 1 } as never), /did you mean 'gaussian'/],
    ],
    section: 'adversarial-networks',
  },
];
