/** @file Brings the step of models with row tables, for those that have some; the others load nothing. */
import type { Renewal } from './renew.ts';
import type { ModelGroups } from './step.ts';

export const renewalOf = async ({ rows }: ModelGroups): Promise<Renewal | undefined> =>
  rows.length > 0 ? (await import('./rows.ts')).renewRows : undefined;
