/**
 * @file Elementwise instructions on contiguous f32: unary, binary and select with broadcast operands.
 *
 * One loop a function: `apply…` with a constant function number folds to that function alone, so each loop is flat.
 * Pointers need no alignment. A destination may be an operand read with stride one (`same`), never overlap one otherwise.
 */
import {
  BinaryField, BinaryFunction, Broadcast, SelectField, UnaryField, UnaryFunction,
} from '../src/plan/opcodes';
import { erf, erfinv } from './erf';
import { constant, Constant, exp, expm1, log, log1p, sigmoid, tanh } from './math';
import { pow } from './pow';
import { CONSTANTS, operand, SPLAT, storeLanes, word } from './simd';
import { lowMemory } from './threads';
import { atan, atan2, cos, sin } from './trigonometric';

// @ts-ignore: decorator
@inline function applyUnary(f: i32, x: v128): v128 {
  if (f == UnaryFunction.abs) return f32x4.abs(x);
  if (f == UnaryFunction.sign) {
    const one = v128.bitselect(x, constant(Constant.one), constant(Constant.signBit));
    return v128.bitselect(one, x, v128.or(f32x4.lt(x, f32x4.splat(0)), f32x4.gt(x, f32x4.splat(0))));
  }
  if (f == UnaryFunction.sqrt) return f32x4.sqrt(x);
  if (f == UnaryFunction.exp) return exp(x);
  if (f == UnaryFunction.expm1) return expm1(x);
  if (f == UnaryFunction.log) return log(x);
  if (f == UnaryFunction.log1p) return log1p(x);
  if (f == UnaryFunction.tanh) return tanh(x);
  if (f == UnaryFunction.sigmoid) return sigmoid(x);
  // One instruction, unlike max, and NaN stays; the sum makes −0 the 0 that max(−0, 0) is.
  if (f == UnaryFunction.relu) return f32x4.add(f32x4.pmax(x, f32x4.splat(0)), f32x4.splat(0));
  if (f == UnaryFunction.floor) return f32x4.floor(x);
  if (f == UnaryFunction.round) return f32x4.nearest(x);
  if (f == UnaryFunction.sin) return sin(x);
  if (f == UnaryFunction.cos) return cos(x);
  if (f == UnaryFunction.atan) return atan(x);
  if (f == UnaryFunction.erf) return erf(x);
  return erfinv(x);
}

// @ts-ignore: decorator
@inline function unaryLoop(f: i32, to: usize, from: usize, count: i32): void {
  while (true) {
    const y = applyUnary(f, v128.load(from));
    if (count < 4) {
      if (count > 0) storeLanes(to, y, count);
      return;
    }
    v128.store(to, y);
    to += 16; from += 16; count -= 4;
    if (count == 0) return;
  }
}

/** The functions that the core build leaves out. */
export function mapUnaryExtended(f: i32, to: usize, from: usize, count: i32): void {
  switch (f) {
    case UnaryFunction.sign: unaryLoop(UnaryFunction.sign, to, from, count); break;
    case UnaryFunction.reciprocal:
      mapBinary(BinaryFunction.div, to, CONSTANTS + (<usize>Constant.one << 2), from, 1, count, Broadcast.scalar, Broadcast.same);
      break;
    case UnaryFunction.sqrt: unaryLoop(UnaryFunction.sqrt, to, from, count); break;
    case UnaryFunction.expm1: unaryLoop(UnaryFunction.expm1, to, from, count); break;
    case UnaryFunction.floor: unaryLoop(UnaryFunction.floor, to, from, count); break;
    case UnaryFunction.round: unaryLoop(UnaryFunction.round, to, from, count); break;
    case UnaryFunction.sin: unaryLoop(UnaryFunction.sin, to, from, count); break;
    case UnaryFunction.cos: unaryLoop(UnaryFunction.cos, to, from, count); break;
    case UnaryFunction.atan: unaryLoop(UnaryFunction.atan, to, from, count); break;
    case UnaryFunction.erf: unaryLoop(UnaryFunction.erf, to, from, count); break;
    case UnaryFunction.erfinv: unaryLoop(UnaryFunction.erfinv, to, from, count); break;
  }
}

/** to[i] = f(from[i]), i < count; `to` may be `from`. An unknown function number writes nothing. */
export function mapUnary(f: i32, to: usize, from: usize, count: i32): void {
  switch (f) {
    // −0 − x, x · x and, below, 1 / x: no loops of their own.
    case UnaryFunction.neg:
      mapBinary(BinaryFunction.sub, to, CONSTANTS + (<usize>Constant.signBit << 2), from, 1, count, Broadcast.scalar, Broadcast.same);
      break;
    case UnaryFunction.abs: unaryLoop(UnaryFunction.abs, to, from, count); break;
    case UnaryFunction.square: mapBinary(BinaryFunction.mul, to, from, from, 1, count, Broadcast.same, Broadcast.same); break;
    case UnaryFunction.exp: unaryLoop(UnaryFunction.exp, to, from, count); break;
    case UnaryFunction.log: unaryLoop(UnaryFunction.log, to, from, count); break;
    case UnaryFunction.log1p: unaryLoop(UnaryFunction.log1p, to, from, count); break;
    case UnaryFunction.tanh: unaryLoop(UnaryFunction.tanh, to, from, count); break;
    case UnaryFunction.sigmoid: unaryLoop(UnaryFunction.sigmoid, to, from, count); break;
    case UnaryFunction.relu: unaryLoop(UnaryFunction.relu, to, from, count); break;
    // @ts-ignore: a constant of the build
    default: if (EXTENDED) mapUnaryExtended(f, to, from, count);
  }
}

export function unary(p: usize, base: usize): void {
  const to = operand(p, UnaryField.destination, base), from = operand(p, UnaryField.source, base);
  mapUnary(word(p, UnaryField.operation), to, from, word(p, UnaryField.count));
}

// @ts-ignore: decorator
@inline function applyBinary(f: i32, a: v128, b: v128): v128 {
  if (f == BinaryFunction.add) return f32x4.add(a, b);
  if (f == BinaryFunction.sub) return f32x4.sub(a, b);
  if (f == BinaryFunction.mul) return f32x4.mul(a, b);
  if (f == BinaryFunction.div) return f32x4.div(a, b);
  if (f == BinaryFunction.maximum) return f32x4.max(a, b);
  if (f == BinaryFunction.minimum) return f32x4.min(a, b);
  if (f == BinaryFunction.pow) return pow(a, b);
  if (f == BinaryFunction.atan2) return atan2(a, b);
  const one = constant(Constant.one);
  if (f == BinaryFunction.equal) return v128.and(f32x4.eq(a, b), one);
  if (f == BinaryFunction.notEqual) return v128.and(f32x4.ne(a, b), one);
  if (f == BinaryFunction.lessEqual) return v128.and(f32x4.le(a, b), one);
  if (f == BinaryFunction.greater) return v128.and(f32x4.gt(a, b), one);
  if (f == BinaryFunction.reluGradient) return v128.andnot(b, f32x4.le(a, f32x4.splat(0)));
  if (f == BinaryFunction.tanhGradient) return f32x4.mul(b, f32x4.sub(one, f32x4.mul(a, a)));
  return f32x4.mul(b, f32x4.mul(a, f32x4.sub(one, a)));
}

/** Bytes from a row of the operand to the next. */
// @ts-ignore: decorator
@inline function rowStep(mode: i32, columns: i32): usize {
  return mode == Broadcast.same ? <usize>columns << 2 : mode == Broadcast.column ? 4 : 0;
}

/** Whether one value stands for a whole row. */
// @ts-ignore: decorator
@inline function isSplat(mode: i32): bool { return mode == Broadcast.scalar || mode == Broadcast.column; }

/** Bytes from a vector of a row to the next. */
// @ts-ignore: decorator
@inline function vectorStep(mode: i32): usize { return isSplat(mode) ? 0 : 16; }

/** The first vector of the row at `x`; a splatted value is put into slot `slot` of the machine's memory. */
// @ts-ignore: decorator
@inline function rowStart(mode: i32, x: usize, slot: usize): usize {
  if (!isSplat(mode)) return x;
  const place = lowMemory() + SPLAT + slot * 16;
  v128.store(place, v128.load32_splat(x));
  return place;
}

/** `rows` (1 …) rows of `columns` (1 …) values; a splatted operand is read as a stream of stride 0. */
// @ts-ignore: decorator
@inline function binaryLoop(
  f: i32, to: usize, lhs: usize, rhs: usize, rows: i32, columns: i32, lhsMode: i32, rhsMode: i32,
): void {
  const lhsRow = rowStep(lhsMode, columns), rhsRow = rowStep(rhsMode, columns);
  const lhsStep = vectorStep(lhsMode), rhsStep = vectorStep(rhsMode);
  for (; rows > 0; rows--) {
    let a = rowStart(lhsMode, lhs, 0), b = rowStart(rhsMode, rhs, 1);
    let left = columns;
    for (; left >= 4; left -= 4) {
      v128.store(to, applyBinary(f, v128.load(a), v128.load(b)));
      to += 16; a += lhsStep; b += rhsStep;
    }
    if (left) {
      storeLanes(to, applyBinary(f, v128.load(a), v128.load(b)), left);
      to += <usize>left << 2;
    }
    lhs += lhsRow; rhs += rhsRow;
  }
}

/** The mode as it is in a box of one row (`column` is a scalar) or one column (`row` is a scalar, `column` is dense). */
// @ts-ignore: decorator
@inline function simplify(mode: i32, rows: i32, columns: i32): i32 {
  if (rows == 1) return mode == Broadcast.row ? Broadcast.same : mode == Broadcast.column ? Broadcast.scalar : mode;
  if (columns == 1) return mode == Broadcast.row ? Broadcast.scalar : mode == Broadcast.column ? Broadcast.same : mode;
  return mode;
}

/** Whether a box of rows can be read as one long row. */
// @ts-ignore: decorator
@inline function isFlat(mode: i32): bool { return mode <= Broadcast.scalar; }

/** The functions that the core build leaves out. */
export function binaryExtended(f: i32, to: usize, lhs: usize, rhs: usize, r: i32, c: i32, l: i32, m: i32): void {
  switch (f) {
    case BinaryFunction.minimum: binaryLoop(BinaryFunction.minimum, to, lhs, rhs, r, c, l, m); break;
    case BinaryFunction.notEqual: binaryLoop(BinaryFunction.notEqual, to, lhs, rhs, r, c, l, m); break;
    // a < b is b > a: no loops of its own.
    case BinaryFunction.less: mapBinary(BinaryFunction.greater, to, rhs, lhs, r, c, m, l); break;
    case BinaryFunction.lessEqual: binaryLoop(BinaryFunction.lessEqual, to, lhs, rhs, r, c, l, m); break;
    case BinaryFunction.greaterEqual: binaryExtended(BinaryFunction.lessEqual, to, rhs, lhs, r, c, m, l); break;
    case BinaryFunction.tanhGradient: binaryLoop(BinaryFunction.tanhGradient, to, lhs, rhs, r, c, l, m); break;
    case BinaryFunction.sigmoidGradient: binaryLoop(BinaryFunction.sigmoidGradient, to, lhs, rhs, r, c, l, m); break;
    case BinaryFunction.pow: binaryLoop(BinaryFunction.pow, to, lhs, rhs, r, c, l, m); break;
    case BinaryFunction.atan2: binaryLoop(BinaryFunction.atan2, to, lhs, rhs, r, c, l, m); break;
  }
}

/** `r` rows of `c` values in modes `l` and `m`. An unknown function number writes nothing. */
export function mapBinary(f: i32, to: usize, lhs: usize, rhs: usize, r: i32, c: i32, l: i32, m: i32): void {
  switch (f) {
    case BinaryFunction.add: binaryLoop(BinaryFunction.add, to, lhs, rhs, r, c, l, m); break;
    case BinaryFunction.sub: binaryLoop(BinaryFunction.sub, to, lhs, rhs, r, c, l, m); break;
    case BinaryFunction.mul: binaryLoop(BinaryFunction.mul, to, lhs, rhs, r, c, l, m); break;
    case BinaryFunction.div: binaryLoop(BinaryFunction.div, to, lhs, rhs, r, c, l, m); break;
    case BinaryFunction.maximum: binaryLoop(BinaryFunction.maximum, to, lhs, rhs, r, c, l, m); break;
    case BinaryFunction.equal: binaryLoop(BinaryFunction.equal, to, lhs, rhs, r, c, l, m); break;
    case BinaryFunction.greater: binaryLoop(BinaryFunction.greater, to, lhs, rhs, r, c, l, m); break;
    case BinaryFunction.reluGradient: binaryLoop(BinaryFunction.reluGradient, to, lhs, rhs, r, c, l, m); break;
    // @ts-ignore: a constant of the build
    default: if (EXTENDED) binaryExtended(f, to, lhs, rhs, r, c, l, m);
  }
}

export function binary(p: usize, base: usize): void {
  const to = operand(p, BinaryField.destination, base);
  const lhs = operand(p, BinaryField.lhs, base), rhs = operand(p, BinaryField.rhs, base);
  let r = word(p, BinaryField.rows), c = word(p, BinaryField.columns);
  const l = simplify(word(p, BinaryField.lhsMode), r, c), m = simplify(word(p, BinaryField.rhsMode), r, c);
  if (isFlat(l) && isFlat(m)) { c *= r; r = 1; }
  mapBinary(word(p, BinaryField.operation), to, lhs, rhs, r, c, l, m);
}

export function select_(p: usize, base: usize): void {
  const rows = word(p, SelectField.rows), columns = word(p, SelectField.columns);
  mapSelect(
    operand(p, SelectField.destination, base), operand(p, SelectField.condition, base),
    operand(p, SelectField.onTrue, base), operand(p, SelectField.onFalse, base), rows, columns,
    simplify(word(p, SelectField.conditionMode), rows, columns), simplify(word(p, SelectField.trueMode), rows, columns),
    simplify(word(p, SelectField.falseMode), rows, columns),
  );
}

/** condition ≠ 0 ? onTrue : onFalse; NaN ≠ 0. */
export function mapSelect(
  to: usize, condition: usize, onTrue: usize, onFalse: usize, rows: i32, columns: i32, mode0: i32, mode1: i32, mode2: i32,
): void {
  if (isFlat(mode0) && isFlat(mode1) && isFlat(mode2)) { columns *= rows; rows = 1; }
  for (; rows > 0; rows--) {
    let c = rowStart(mode0, condition, 0), a = rowStart(mode1, onTrue, 1), b = rowStart(mode2, onFalse, 2);
    let left = columns;
    while (left > 0) {
      const y = v128.bitselect(v128.load(a), v128.load(b), f32x4.ne(v128.load(c), f32x4.splat(0)));
      if (left < 4) {
        storeLanes(to, y, left);
        to += <usize>left << 2;
        break;
      }
      v128.store(to, y);
      to += 16; left -= 4;
      c += vectorStep(mode0); a += vectorStep(mode1); b += vectorStep(mode2);
    }
    condition += rowStep(mode0, columns); onTrue += rowStep(mode1, columns); onFalse += rowStep(mode2, columns);
  }
}
