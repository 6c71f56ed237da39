/** @file The trick of contrastive training in the contract. */
import { gradientCache } from 'saddlepoint';
import type { TrickRow } from '../row.ts';

export const rows: readonly TrickRow[] = [
  {
    ...{ section: 'multimodal', name: 'gradientCache', file: 'src/tricks/gradient-cache.ts' },
    create: () => gradientCache(8),
    excused: {
      2: 'its gradient is the one without it, to the last bit that double precision shows; test/tricks/gradient-cache.test.ts has the rest',
    },
    illegal: [
      [() => gradientCache(0), /gradientCache.rows: expected an integer ≥ 1, got 0/],
      [() => gradientCache(2.5), /gradientCache.rows: expected an integer ≥ 1, got 2.5/],
    ],
  },
];
