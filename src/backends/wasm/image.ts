/**
 * @file What a session's memory holds, as plain data: it can be posted to a worker and kept in a file, and needs no tracer to run.
 */
import type { DType, HostArray } from '../../core/dtype.ts';
import { must } from '../../core/errors.ts';
import type { Spec } from '../../graph/node.ts';
import type { Plan } from '../../plan/format.ts';
import type { SessionLayout } from './layout.ts';
import type { Table } from './placement.ts';

/** Memory that persists from step to step. */
export interface BlockImage {
  readonly address: number;
  readonly bytes: number;
  readonly spec: Spec;
}

export interface ProgramImage {
  readonly plan: Plan;
  /** Where its words lie. */
  readonly code: number;
  readonly tables: ReadonlyMap<string, Table>;
  readonly constants: readonly { readonly address: number; readonly dtype: DType; readonly data: HostArray }[];
}

/** All addresses are in bytes from the base of the memory. */
export interface SessionImage {
  readonly blocks: ReadonlyMap<string, BlockImage>;
  readonly programs: ReadonlyMap<string, ProgramImage>;
  /** All that one thread needs. */
  readonly bytes: number;
}

export function imageOf({ blocks, programs, bytes }: SessionLayout): SessionImage {
  return {
    bytes,
    blocks: new Map(
      [...blocks].map(([name, { storage, spec }]) => [name, { address: storage.address, bytes: storage.bytes, spec }]),
    ),
    programs: new Map(
      [...programs].map(([name, { plan, code, tables, storage }]) => [
        name,
        {
          ...{ plan, code, tables },
          constants: storage.constants.map(({ storage: { address }, value: { dtype, node } }) => ({
            ...{ address, dtype, data: must(node, 'a constant').attributes.data as HostArray },
          })),
        },
      ]),
    ),
  };
}
