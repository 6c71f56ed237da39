/**
 * @file The four forms in which elementwise instructions read an operand: with the output seen as [rows, columns], an operand
 * is the same, a scalar, one row for all, or one column for all.
 */
import { type Shape, sizeOf } from '../core/shape.ts';

export type BroadcastForm = 'same' | 'scalar' | 'row' | 'column';

export interface BroadcastPlan {
  readonly rows: number;
  readonly columns: number;
  readonly forms: readonly BroadcastForm[];
}

/** The form of an operand when the output is split into rows and columns at axis `split`; undefined if it has none. */
function formOf(operand: Shape, output: Shape, split: number): BroadcastForm | undefined {
  const aligned = [...new Array<number>(output.length - operand.length).fill(1), ...operand];
  const side = (from: number, to: number): { whole: boolean; one: boolean } => {
    let whole = true;
    let one = true;
    for (let axis = from; axis < to; axis++) {
      if (aligned[axis] !== output[axis]) whole = false;
      if (aligned[axis] !== 1) one = false;
    }
    return { whole, one };
  };
  const before = side(0, split);
  const after = side(split, output.length);
  if (before.whole && after.whole) return 'same';
  if (before.one && after.one) return 'scalar';
  if (before.one && after.whole) return 'row';
  return before.whole && after.one ? 'column' : undefined;
}

/** A split at which every operand has a form, or undefined where one would have to be copied. */
export function planBroadcast(operands: readonly Shape[], output: Shape): BroadcastPlan | undefined {
  for (let split = 0; split <= output.length; split++) {
    const forms = operands.map((operand) => formOf(operand, output, split));
    if (forms.every((form) => form !== undefined)) {
      const rows = sizeOf(output.slice(0, split));
      return { rows, columns: sizeOf(output) / rows, forms: forms as BroadcastForm[] };
    }
  }
  return undefined;
}

/** The longest prefix of operands that share a split, so that the rest can be copied: see legalize. */
export function operandsToCopy(operands: readonly Shape[], output: Shape): number[] {
  const kept: Shape[] = [];
  const copied: number[] = [];
  operands.forEach((operand, i) => {
    if (planBroadcast([...kept, operand], output) === undefined) copied.push(i);
    else kept.push(operand);
  });
  return copied;
}
