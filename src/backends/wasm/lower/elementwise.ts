/** @file Lowering of elementwise ops and casts. */
import { unreachable } from '../../../core/errors.ts';
import { sizeOf } from '../../../core/shape.ts';
import type { Node } from '../../../graph/node.ts';
import { type BroadcastForm, planBroadcast } from '../../../passes/broadcast.ts';
import {
  BinaryField,
  type BinaryFunction,
  Broadcast,
  CastField,
  Opcode,
  SelectField,
  UnaryField,
  type UnaryFunction,
} from '../../../plan/opcodes.ts';
import { ELEMENT_TYPES, input, type Lowering, output } from './context.ts';

const MODES: Readonly<Record<BroadcastForm, Broadcast>> = {
  same: Broadcast.same,
  scalar: Broadcast.scalar,
  row: Broadcast.row,
  column: Broadcast.column,
};

function forms(node: Node): { rows: number; columns: number; modes: Broadcast[] } {
  const plan = planBroadcast(
    node.inputs.map(({ shape }) => shape),
    output(node).shape,
  );
  if (plan === undefined) unreachable(`${node.op.name} was not legalized`);
  return { rows: plan.rows, columns: plan.columns, modes: plan.forms.map((form) => MODES[form]) };
}

export const unary =
  (which: UnaryFunction): Lowering =>
  (node, { address, emit }) =>
    emit(Opcode.unary, UnaryField.words, {
      [UnaryField.destination]: address(output(node)),
      [UnaryField.source]: address(input(node, 0)),
      [UnaryField.count]: sizeOf(output(node).shape),
      [UnaryField.operation]: which,
    });

export const binary =
  (which: BinaryFunction): Lowering =>
  (node, { address, emit }) => {
    const { rows, columns, modes } = forms(node);
    emit(Opcode.binary, BinaryField.words, {
      [BinaryField.destination]: address(output(node)),
      [BinaryField.lhs]: address(input(node, 0)),
      [BinaryField.rhs]: address(input(node, 1)),
      [BinaryField.operation]: which,
      [BinaryField.rows]: rows,
      [BinaryField.columns]: columns,
      [BinaryField.lhsMode]: modes[0] as number,
      [BinaryField.rhsMode]: modes[1] as number,
    });
  };

export const select: Lowering = (node, { address, emit }) => {
  const { rows, columns, modes } = forms(node);
  emit(Opcode.select, SelectField.words, {
    [SelectField.destination]: address(output(node)),
    [SelectField.condition]: address(input(node, 0)),
    [SelectField.onTrue]: address(input(node, 1)),
    [SelectField.onFalse]: address(input(node, 2)),
    [SelectField.rows]: rows,
    [SelectField.columns]: columns,
    [SelectField.conditionMode]: modes[0] as number,
    [SelectField.trueMode]: modes[1] as number,
    [SelectField.falseMode]: modes[2] as number,
  });
};

export const cast: Lowering = (node, { address, emit }) => {
  const source = input(node, 0);
  const result = output(node);
  if (source.dtype === result.dtype) return;
  emit(Opcode.cast, CastField.words, {
    [CastField.destination]: address(result),
    [CastField.source]: address(source),
    [CastField.count]: sizeOf(result.shape),
    [CastField.sourceType]: ELEMENT_TYPES[source.dtype],
    [CastField.destinationType]: ELEMENT_TYPES[result.dtype],
  });
};
