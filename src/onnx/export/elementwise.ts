/** @file How elementwise ops and reductions become ONNX nodes. Images stay with their channels first where they are so. */
import { sizeOf } from '../../core/shape.ts';
import type { Value } from '../../graph/node.ts';
import { permuted } from '../permuted.ts';
import { ELEMENT } from '../schema.ts';
import type { Emitter, Version } from './emitter.ts';
import type { SymbolicNode } from './symbolic.ts';

/** Writes the nodes of one op and says by `out.set` what its outputs are called. */
export type Exporter = (node: SymbolicNode, out: Emitter) => void;

export const inputOf = ({ node }: SymbolicNode, i = 0): Value => node.inputs[i] as Value;
export const outputOf = ({ node }: SymbolicNode, i = 0): Value => node.outputs[i] as Value;

/** The version of a value that an op which treats all axes alike reads: that which is there. */
export const readyVersion = (out: Emitter, value: Value): 'plain' | 'first' => (out.isFirst(value) ? 'first' : 'plain');

/** An op of one input, written by `f` from the name of its operand. */
export const unary =
  (f: (x: string, out: Emitter) => string): Exporter =>
  (of, out) => {
    const version = readyVersion(out, inputOf(of));
    out.set(outputOf(of), f(out.get(inputOf(of), version), out), version);
  };

export const unaryNode = (opType: string): Exporter => unary((x, out) => out.one(opType, [x]));

/** The names of operands that broadcast to one shape, in one version. */
export function operands(inputs: readonly Value[], output: Value, out: Emitter): { names: string[]; version: Version } {
  const isImage = output.shape.length === 4 && inputs.some((input) => out.isFirst(input));
  if (!isImage) return { names: inputs.map((input) => out.get(input)), version: 'plain' };
  return { names: inputs.map((input) => withChannelsFirst(input, out)), version: 'first' };
}

/** A value that broadcasts with images, as it does with images whose channels come first. */
function withChannelsFirst(value: Value, out: Emitter): string {
  const { shape } = value;
  if (shape.length === 4) return out.get(value, 'first');
  if (shape.length === 0 || (shape.length === 1 && shape[0] === 1)) return out.get(value);
  const ones = new Array<number>(4 - shape.length).fill(1);
  const known = out.known(value);
  const order = [0, 3, 1, 2];
  if (known !== undefined) {
    const moved = permuted({ ...known, shape: [...ones, ...shape] }, order);
    // [1, c, 1, 1] → [c, 1, 1]: what reads best.
    const lean = moved.shape.slice(1);
    return sizeOf(lean) <= 64
      ? out.constant(Array.from(moved.data), ELEMENT.float, lean)
      : out.weight('folded', { ...moved, shape: lean });
  }
  const whole = out.reshape(out.get(value), [...ones, ...out.dims(value)]);
  return out.one('Transpose', [whole], { perm: order });
}

export const binary =
  (f: (a: string, b: string, out: Emitter) => string): Exporter =>
  (of, out) => {
    const { names, version } = operands(of.node.inputs, outputOf(of), out);
    const [a, b] = names as [string, string];
    out.set(outputOf(of), f(a, b, out), version);
  };

export const binaryNode = (opType: string): Exporter => binary((a, b, out) => out.one(opType, [a, b]));

/** A comparison: booleans, which become numbers only where numbers are asked for. */
export const comparison =
  (opType: string, negated = false): Exporter =>
  (of, out) => {
    const made = out.one(
      opType,
      of.node.inputs.map((input) => out.get(input)),
    );
    out.set(outputOf(of), negated ? out.one('Not', [made]) : made, 'bool');
  };

export const select: Exporter = (of, out) => {
  const [condition, a, b] = of.node.inputs as [Value, Value, Value];
  out.set(outputOf(of), out.one('Where', [out.get(condition, 'bool'), out.get(a), out.get(b)]));
};

/** eˣ − 1 = tanh(x / 2) · (eˣ + 1), which does not cancel near 0. */
export const expm1 = unary((x, out) => {
  const half = out.one('Tanh', [out.one('Mul', [x, out.scalar(0.5)])]);
  return out.one('Mul', [half, out.one('Add', [out.one('Exp', [x]), out.scalar(1)])]);
});

/** log(1 + x) = 2 artanh(x / (2 + x)) near 0, where 1 + x would round. */
export const log1p = unary((x, out) => {
  const near = out.one('Less', [out.one('Abs', [x]), out.scalar(0.5)]);
  const ratio = out.one('Div', [x, out.one('Add', [x, out.scalar(2)])]);
  const small = out.one('Mul', [out.one('Atanh', [ratio]), out.scalar(2)]);
  return out.one('Where', [near, small, out.one('Log', [out.one('Add', [x, out.scalar(1)])])]);
});

/** The angle of the point (x, y): arctan(y / x), turned by half where x < 0; 0 at the origin. Signs of zeros are not told apart. */
export const atan2 = binary((y, x, out) => {
  const zero = out.scalar(0);
  const angle = out.one('Atan', [out.one('Div', [y, x])]);
  const half = out.one('Where', [out.one('Less', [y, zero]), out.scalar(-Math.PI), out.scalar(Math.PI)]);
  const turned = out.one('Where', [out.one('Less', [x, zero]), out.one('Add', [angle, half]), angle]);
  const origin = out.one('And', [out.one('Equal', [x, zero]), out.one('Equal', [y, zero])]);
  return out.one('Where', [origin, zero, turned]);
});

/** Where axis i of a plain image stands when channels come first. */
export const axisIn = (version: Version, axis: number): number =>
  version === 'first' ? ([0, 2, 3, 1][axis] as number) : axis;

export const reduction =
  (opType: string, axesAsInput = false): Exporter =>
  (of, out) => {
    const version = readyVersion(out, inputOf(of));
    const axes = (of.attributes.axes as readonly number[]).map((axis) => axisIn(version, axis)).sort((a, b) => a - b);
    const x = out.get(inputOf(of), version);
    const made = axesAsInput
      ? out.one(opType, [x, out.constant(axes)], { keepdims: 1 })
      : out.one(opType, [x], { axes, keepdims: 1 });
    out.set(outputOf(of), made, version);
  };

export const l2Norm: Exporter = (of, out) => {
  out.set(outputOf(of), out.one('ReduceL2', [out.get(inputOf(of))], { keepdims: 0 }));
};

export const argmax: Exporter = (of, out) => {
  const made = out.one('ArgMax', [out.get(inputOf(of))], { axis: -1, keepdims: 0 });
  out.set(outputOf(of), out.one('Cast', [made], { to: ELEMENT.int32 }));
};

export const cumulativeSum: Exporter = (of, out) => {
  const axis = out.constant([of.attributes.axis as number], ELEMENT.int64, []);
  out.set(outputOf(of), out.one('CumSum', [out.get(inputOf(of)), axis], { reverse: Number(of.attributes.reverse) }));
};

/** Softmax and its like over the last axis. */
export const overLast =
  (opType: string): Exporter =>
  (of, out) => {
    out.set(outputOf(of), out.one(opType, [out.get(inputOf(of))], { axis: -1 }));
  };
