/** @file Lowers a program to a plan: load the step's rows, run the nodes, commit the blocks, store the results. */
import { BYTES } from '../../../core/dtype.ts';
import { must, unreachable } from '../../../core/errors.ts';
import { sizeOf } from '../../../core/shape.ts';
import type { Value } from '../../../graph/node.ts';
import type { Program } from '../../../graph/program.ts';
import { type Plan, PlanWriter, type Region } from '../../../plan/format.ts';
import { Opcode, StepLoadField, StepStoreField } from '../../../plan/opcodes.ts';
import { bytesOf, type Place, type Table } from '../placement.ts';
import type { StoragePlan } from '../storage.ts';
import type { LoweringContext, LoweringTable } from './context.ts';
import { emitMove } from './movement.ts';

export function lowerProgram(
  program: Program,
  storage: StoragePlan,
  tables: ReadonlyMap<string, Table>,
  regions: readonly Region[],
  table: LoweringTable,
): Plan {
  const { graph } = program;
  const writer = new PlanWriter();
  const emit = writer.emit.bind(writer);
  const address = addressIn(storage);

  writer.origin = { op: 'load', path: '' };
  graph.inputs.forEach((value, i) => {
    const binding = must(program.inputs[i], 'a binding');
    if (binding.kind !== 'row') return;
    const rows = must(tables.get(binding.name), 'a table');
    emit(Opcode.stepLoad, StepLoadField.words, {
      [StepLoadField.destination]: address(value),
      [StepLoadField.table]: rows.address,
      [StepLoadField.stride]: rows.stride,
      [StepLoadField.bytes]: bytesOf(value),
    });
  });
  lowerNodes(program, storage, writer, table, 0);
  writer.origin = { op: 'store', path: '' };
  graph.outputs.forEach((value, i) => {
    const binding = must(program.outputs[i], 'a binding');
    if (binding.kind !== 'row') return;
    const rows = must(tables.get(binding.name), 'a table');
    emit(Opcode.stepStore, StepStoreField.words, {
      [StepStoreField.table]: rows.address,
      [StepStoreField.source]: address(value),
      [StepStoreField.stride]: rows.stride,
      [StepStoreField.bytes]: bytesOf(value),
    });
  });
  commit(program, storage, emit);
  return writer.finish(program.name, regions);
}

function addressIn({ places }: StoragePlan): (value: Value) => number {
  return (value) => {
    const { storage, offset }: Place = must(places.get(value), 'a placed value');
    return storage.address + offset;
  };
}

function lowerNodes(
  { graph }: Program,
  storage: StoragePlan,
  writer: PlanWriter,
  table: LoweringTable,
  level: number,
): void {
  const emit = writer.emit.bind(writer);
  const context: LoweringContext = {
    level,
    address: addressIn(storage),
    scratch: (node) => must(storage.scratch.get(node), `scratch of ${node.op.name}`).address,
    loop: (node) => must(storage.loops.get(node), 'a loop'),
    body: ({ program, plan }) => ({
      address: addressIn(plan),
      nodes: () => lowerNodes(program, plan, writer, table, level + 1),
      commit: () => commit(program, plan, emit),
    }),
    lower: (node, inner) =>
      (table.lowerings[node.op.name] ?? unreachable(`no lowering of ${node.op.name}`))(node, inner),
    code: writer,
    emit,
  };
  for (const node of graph.nodes) {
    writer.origin = { op: node.op.name, path: node.path };
    context.lower(node, context);
  }
}

/** Brings new values of blocks home. Those that lie in other blocks are put aside first, since those blocks change too. */
function commit(program: Program, storage: StoragePlan, emit: LoweringContext['emit']): void {
  const { blocks, staged } = storage;
  const addressOf = addressIn(storage);
  const move = (from: number, to: number, value: Value): void =>
    emitMove(from, to, sizeOf(value.shape), BYTES[value.dtype], emit);
  for (const [i, { address }] of staged) {
    const value = must(program.graph.outputs[i], 'an output');
    move(addressOf(value), address, value);
  }
  program.graph.outputs.forEach((value, i) => {
    const binding = must(program.outputs[i], 'a binding');
    if (binding.kind === 'row') return;
    move(staged.get(i)?.address ?? addressOf(value), must(blocks.get(binding.name), 'a block').address, value);
  });
}
