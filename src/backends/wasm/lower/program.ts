/** @file Lowers a program to a plan: load the step's rows, run the nodes, commit the blocks, store the results. */
import { BYTES } from '../../../core/dtype.ts';
import { must, unreachable } from '../../../core/errors.ts';
import { sizeOf } from '../../../core/shape.ts';
import type { Node, Value } from '../../../graph/node.ts';
import type { Program } from '../../../graph/program.ts';
import { type Plan, PlanWriter, type Region } from '../../../plan/format.ts';
import { Opcode, StepLoadField, StepStoreField } from '../../../plan/opcodes.ts';
import type { Table } from '../layout.ts';
import { bytesOf, type Place, type Storage, type StoragePlan } from '../storage.ts';
import { emitMove } from './movement.ts';
import { LOWERINGS } from './table.ts';

export function lowerProgram(
  program: Program,
  storage: StoragePlan,
  tables: ReadonlyMap<string, Table>,
  regions: readonly Region[],
): Plan {
  const { graph } = program;
  const writer = new PlanWriter();
  const emit = writer.emit.bind(writer);
  const place = (value: Value): Place => must(storage.places.get(value), 'a placed value');
  const address = (value: Value): number => place(value).storage.address + place(value).offset;
  const scratch = (node: Node): number =>
    (storage.scratch.get(node) ?? unreachable(`scratch of ${node.op.name}`)).address;

  writer.origin = { op: 'load', path: '' };
  graph.inputs.forEach((value, i) => {
    const binding = must(program.inputs[i], 'a binding');
    if (binding.kind !== 'row') return;
    const table = must(tables.get(binding.name), 'a table');
    emit(Opcode.stepLoad, StepLoadField.words, {
      [StepLoadField.destination]: address(value),
      [StepLoadField.table]: table.address,
      [StepLoadField.stride]: table.stride,
      [StepLoadField.bytes]: bytesOf(value),
    });
  });
  for (const node of graph.nodes) {
    writer.origin = { op: node.op.name, path: node.path };
    const lower = LOWERINGS[node.op.name] ?? unreachable(`no lowering of ${node.op.name}`);
    lower(node, { address, scratch, emit });
  }
  writer.origin = { op: 'store', path: '' };
  graph.outputs.forEach((value, i) => {
    const binding = must(program.outputs[i], 'a binding');
    if (binding.kind !== 'row') return;
    const table = must(tables.get(binding.name), 'a table');
    emit(Opcode.stepStore, StepStoreField.words, {
      [StepStoreField.table]: table.address,
      [StepStoreField.source]: address(value),
      [StepStoreField.stride]: table.stride,
      [StepStoreField.bytes]: bytesOf(value),
    });
  });
  for (const { from, to, value } of commits(program, storage, place))
    emitMove(from, to, sizeOf(value.shape), BYTES[value.dtype], emit);
  return writer.finish(program.name, regions);
}

/** The copies that bring new values of blocks home, in an order in which none overwrites what another still reads. */
function commits(
  program: Program,
  storage: StoragePlan,
  place: (value: Value) => Place,
): { from: number; to: number; value: Value }[] {
  const pending = program.graph.outputs.flatMap((value, i) => {
    const binding = must(program.outputs[i], 'a binding');
    if (binding.kind !== 'block') return [];
    const target = must(storage.blocks.get(binding.name), `block ${binding.name}`);
    const { storage: source, offset } = place(value);
    return source === target && offset === 0
      ? []
      : [{ source, target, from: source.address + offset, to: target.address, value }];
  });
  const ordered: typeof pending = [];
  while (pending.length > 0) {
    const isRead = (target: Storage, by: (typeof pending)[number]): boolean =>
      pending.some((other) => other !== by && other.source === target);
    const next = pending.findIndex((commit) => !isRead(commit.target, commit));
    if (next < 0) unreachable(`the blocks of ${program.name} trade places in a circle`);
    ordered.push(...pending.splice(next, 1));
  }
  return ordered;
}
