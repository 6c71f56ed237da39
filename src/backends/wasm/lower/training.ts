/** @file Lowering of random draws, the guard, and the optimizers' steps. */
import { sizeOf } from '../../../core/shape.ts';
import type { Value } from '../../../graph/node.ts';
import type { AdamAttributes, SgdAttributes } from '../../../ops/update.ts';
import { bitsOf } from '../../../plan/format.ts';
import { AdamField, DropoutMaskField, GuardField, Opcode, RandomField, SgdField } from '../../../plan/opcodes.ts';
import { input, type Lowering, type LoweringContext, output } from './context.ts';
import { emitMove } from './movement.ts';

export const random =
  (opcode: Opcode.randomUniform | Opcode.randomNormal): Lowering =>
  (node, { address, emit }) =>
    emit(opcode, RandomField.words, {
      [RandomField.destination]: address(output(node)),
      [RandomField.key]: address(input(node, 0)),
      [RandomField.stream]: (node.attributes.stream as number) | 0,
      [RandomField.count]: sizeOf(output(node).shape),
    });

export const dropoutMask: Lowering = (node, { address, emit }) => {
  const rate = node.attributes.rate as number;
  emit(Opcode.dropoutMask, DropoutMaskField.words, {
    [DropoutMaskField.destination]: address(output(node)),
    [DropoutMaskField.key]: address(input(node, 0)),
    [DropoutMaskField.stream]: (node.attributes.stream as number) | 0,
    [DropoutMaskField.count]: sizeOf(output(node).shape),
    [DropoutMaskField.rate]: bitsOf(rate),
    [DropoutMaskField.scale]: bitsOf(1 / (1 - rate)),
  });
};

export const guard: Lowering = (node, { address, emit }) => {
  const conditions = node.inputs.slice(1).map(address);
  for (let i = 0; i < conditions.length; i += 2) {
    emit(Opcode.guard, GuardField.words, {
      [GuardField.first]: conditions[i] as number,
      [GuardField.second]: conditions[i + 1] ?? 0,
    });
  }
};

/** Steps work in place: an output that does not share its input's place gets a copy of it first. */
export function inPlace(pairs: readonly (readonly [Value, Value])[], { address, emit }: LoweringContext): void {
  for (const [from, to] of pairs) emitMove(address(from), address(to), sizeOf(to.shape), 4, emit);
}

export const adamStep: Lowering = (node, context) => {
  const [parameters, gradient, first, second, scalars] = node.inputs as [Value, Value, Value, Value, Value];
  const [newParameters, newFirst, newSecond] = node.outputs as [Value, Value, Value];
  const { beta1, beta2 } = node.attributes as AdamAttributes;
  inPlace(
    [
      [parameters, newParameters],
      [first, newFirst],
      [second, newSecond],
    ],
    context,
  );
  context.emit(Opcode.adam, AdamField.words, {
    [AdamField.parameters]: context.address(newParameters),
    [AdamField.firstMoment]: context.address(newFirst),
    [AdamField.secondMoment]: context.address(newSecond),
    [AdamField.gradient]: context.address(gradient),
    [AdamField.scalars]: context.address(scalars),
    [AdamField.count]: sizeOf(newParameters.shape),
    [AdamField.beta1]: bitsOf(beta1),
    // Computed in double: 1 − f32(0.999) would be off by 5e-5 of itself.
    [AdamField.oneMinusBeta1]: bitsOf(1 - beta1),
    [AdamField.beta2]: bitsOf(beta2),
    [AdamField.oneMinusBeta2]: bitsOf(1 - beta2),
  });
};

export const sgdStep: Lowering = (node, context) => {
  const { momentum, nesterov } = node.attributes as SgdAttributes;
  const [parameters, gradient] = node.inputs as [Value, Value];
  const [newParameters, newVelocity] = node.outputs as [Value, Value | undefined];
  const velocity = newVelocity === undefined ? undefined : (node.inputs[2] as Value);
  inPlace(
    [[parameters, newParameters], ...(velocity === undefined ? [] : [[velocity, newVelocity as Value] as const])],
    context,
  );
  context.emit(Opcode.sgd, SgdField.words, {
    [SgdField.parameters]: context.address(newParameters),
    [SgdField.velocity]: newVelocity === undefined ? 0 : context.address(newVelocity),
    [SgdField.gradient]: context.address(gradient),
    [SgdField.scalars]: context.address(node.inputs[node.inputs.length - 1] as Value),
    [SgdField.count]: sizeOf(newParameters.shape),
    [SgdField.momentum]: bitsOf(momentum),
    [SgdField.nesterov]: Number(nesterov),
  });
};
