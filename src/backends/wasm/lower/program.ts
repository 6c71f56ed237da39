/** @file Lowers a program to a plan: load the step's rows, run the nodes, commit the blocks, store the results. */
import { BYTES } from '../../../core/dtype.ts';
import { must, unreachable } from '../../../core/errors.ts';
import { sizeOf } from '../../../core/shape.ts';
import type { Node, Value } from '../../../graph/node.ts';
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
  { lowerings }: LoweringTable,
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
    const lower = lowerings[node.op.name] ?? unreachable(`no lowering of ${node.op.name}`);
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
  commit(program, storage, place, emit);
  return writer.finish(program.name, regions);
}

/** Brings new values of blocks home. Those that lie in other blocks are put aside first, since those blocks change too. */
function commit(
  program: Program,
  { blocks, staged }: StoragePlan,
  place: (value: Value) => Place,
  emit: LoweringContext['emit'],
): void {
  const move = (from: number, to: number, value: Value): void =>
    emitMove(from, to, sizeOf(value.shape), BYTES[value.dtype], emit);
  const addressOf = (value: Value): number => place(value).storage.address + place(value).offset;
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
