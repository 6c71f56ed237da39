/**
 * @file The memory of a session: status block, persistent blocks, the programs' tables, one arena that all programs share,
 * then each program's constants and code. Everything has its place before anything is allocated.
 */
import { unreachable } from '../../core/errors.ts';
import { showShape } from '../../core/shape.ts';
import type { Graph, Spec } from '../../graph/node.ts';
import type { Program } from '../../graph/program.ts';
import { align, type Plan, type Region } from '../../plan/format.ts';
import { Constant } from '../../plan/opcodes.ts';
import type { LoweringTable } from './lower/context.ts';
import { lowerProgram } from './lower/program.ts';
import { bytesOf, type Storage, type Table } from './placement.ts';
import { planStorage, relocate, type StoragePlan } from './storage.ts';

export interface ProgramLayout {
  readonly program: Program;
  readonly graph: Graph;
  readonly tables: ReadonlyMap<string, Table>;
  readonly storage: StoragePlan;
  readonly plan: Plan;
  readonly code: number;
}

export interface SessionLayout {
  readonly blocks: ReadonlyMap<string, { readonly storage: Storage; readonly spec: Spec }>;
  readonly programs: ReadonlyMap<string, ProgramLayout>;
  /** From the base of the memory. */
  readonly bytes: number;
}

function collectBlocks(programs: readonly Program[]): Map<string, Spec> {
  const specs = new Map<string, Spec>();
  for (const { graph, inputs, outputs } of programs) {
    const bound = [
      ...inputs.map((binding, i) => ({ binding, value: graph.inputs[i] })),
      ...outputs.map((binding, i) => ({ binding, value: graph.outputs[i] })),
    ];
    for (const { binding, value } of bound) {
      if (binding.kind !== 'block' || value === undefined) continue;
      const held = specs.get(binding.name);
      if (held !== undefined && (held.dtype !== value.dtype || bytesOf(held) !== bytesOf(value))) {
        unreachable(`block ${binding.name} is ${showShape(held.shape)} and ${showShape(value.shape)}`);
      }
      if (held === undefined) specs.set(binding.name, { shape: value.shape, dtype: value.dtype });
    }
  }
  return specs;
}

/**
 * Lays out blocks, tables, arena, constants and code, and lowers every program to its plan.
 *
 * @throws SaddlepointError `memory` if that needs more than `memoryLimit` bytes.
 */
export async function layoutSession(
  programs: readonly Program[],
  capacity: number,
  memoryLimit: number,
  table: LoweringTable,
): Promise<SessionLayout> {
  let at = Constant.statusBytes;
  const take = (bytes: number): number => {
    const address = at;
    at += align(bytes + Constant.slackBytes);
    return address;
  };
  const shared: Region[] = [];
  const blocks = new Map<string, { storage: Storage; spec: Spec }>();
  for (const [name, spec] of collectBlocks(programs)) {
    const bytes = bytesOf(spec);
    const storage: Storage = {
      kind: 'block',
      name,
      bytes,
      first: -1,
      last: Number.POSITIVE_INFINITY,
      address: take(bytes),
    };
    blocks.set(name, { storage, spec });
    shared.push({ name, address: storage.address, bytes: bytes + Constant.slackBytes });
  }
  const tables = programs.map((program) => layoutTables(program, capacity, take));
  const storages = new Map([...blocks].map(([name, { storage }]) => [name, storage] as const));
  const plans = programs.map((program) => planStorage(program, storages, table));
  const arenaBytes = Math.max(0, ...plans.map((plan) => plan.arenaBytes));
  const arena = take(arenaBytes);
  const users: Region[] = [...shared, { name: 'activations', address: arena, bytes: arenaBytes }];
  for (const plan of plans) relocate(plan, arena);

  const layouts = new Map<string, ProgramLayout>();
  programs.forEach((program, i) => {
    const storage = plans[i] as StoragePlan;
    const own = tables[i] as Map<string, Table>;
    const constants = storage.constants.map(({ storage: constant }) => {
      constant.address = take(constant.bytes);
      return { name: constant.name, address: constant.address, bytes: constant.bytes, isConstant: true } as const;
    });
    const tableRegions = [...own].map(([name, { address, stride }]) => ({ name, address, bytes: stride * capacity }));
    users.push(...constants);
    const regions: Region[] = [
      ...shared,
      ...tableRegions,
      { name: 'arena', address: arena, bytes: arenaBytes + Constant.slackBytes },
      ...constants,
    ];
    const plan = lowerProgram(program, storage, own, regions, table);
    layouts.set(program.name, {
      program,
      graph: program.graph,
      tables: own,
      storage,
      plan,
      code: take(plan.words.byteLength),
    });
  });
  if (at > memoryLimit) throw (await import('./over-limit.ts')).overLimit(at, memoryLimit, users);
  return { blocks, programs: layouts, bytes: at };
}

function layoutTables(program: Program, capacity: number, take: (bytes: number) => number): Map<string, Table> {
  const tables = new Map<string, Table>();
  const add = (name: string, value: Spec): void => {
    if (tables.has(name)) unreachable(`table ${name} of ${program.name} is bound twice`);
    const stride = Math.ceil(bytesOf(value) / 4) * 4;
    tables.set(name, { spec: { shape: value.shape, dtype: value.dtype }, stride, address: take(stride * capacity) });
  };
  program.inputs.forEach((binding, i) => {
    if (binding.kind === 'row') add(binding.name, program.graph.inputs[i] as Spec);
  });
  program.outputs.forEach((binding, i) => {
    if (binding.kind === 'row') add(binding.name, program.graph.outputs[i] as Spec);
  });
  return tables;
}
