/** @file The enumerations of opcodes.ts as objects: they are `const`, so the sources may only use their members by name. */
import * as opcodes from '../../src/plan/opcodes.ts';

type Objects = {
  readonly [E in keyof typeof opcodes]: { readonly [Name in keyof (typeof opcodes)[E]]: (typeof opcodes)[E][Name] };
};

export const {
  Opcode,
  Constant,
  ElementType,
  Broadcast,
  UnaryFunction,
  BinaryFunction,
  ReduceFunction,
  Activation,
  Status,
  StatusField,
  StepLoadField,
  StepStoreField,
  FillField,
  CopyField,
  CastField,
  UnaryField,
  BinaryField,
  SelectField,
  ReduceField,
  ConvField,
  MatmulField,
  BatchMatmulField,
  GatherField,
  ScatterAddField,
  SoftmaxField,
  CrossEntropyField,
  CrossEntropyGradientField,
  ArgmaxField,
  OneHotField,
  CumulativeSumField,
  TopKField,
  RandomField,
  DropoutMaskField,
  L2NormField,
  RepeatField,
  SumSquaresField,
  GuardField,
  AdamField,
  SgdField,
  StandardizeField,
  StandardizeGradientField,
  MaskedSoftmaxField,
  SoftmaxGradientField,
  RowMethod,
  RowOrderField,
  RowNormField,
  RowSgdField,
  RowUpdateField,
  GatherProductField,
  PoolField,
} = opcodes as unknown as Objects;

export type Activation = opcodes.Activation;
export type Broadcast = opcodes.Broadcast;
export type ElementType = opcodes.ElementType;
export type Opcode = opcodes.Opcode;
