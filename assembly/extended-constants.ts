/**
 * @file Constants of the functions that the core build leaves out, by their place in the machine's memory: why there, says
 * math.ts. Each function's own file says what they are.
 */
import { DOUBLES, SINGLES } from './simd';

export enum Single {
  // erf.ts
  four, erfSplit, erf0, erf1, erf2, erf3, erf4, erf5, erf6, erf7,
  erfc0, erfc1, erfc2, erfc3, erfc4, erfc5, erfc6,
  centerShift, tailShift, tailStart,
  center0, center1, center2, center3, center4, center5, center6, center7, center8,
  tail0, tail1, tail2, tail3, tail4, tail5, tail6, tail7, tail8,
  // trigonometric.ts
  large, halfPiHigh, halfPiLow, piHigh, piLow,
  atan0, atan1, atan2, atan3, atan4, atan5, atan6, atan7, atan8,
  // Seven words of 32 bits, from the highest: 2/π = 0.a2f9836e4e44…₁₆
  twoOverPi,
}

export enum Double {
  round,
  // trigonometric.ts
  twoOverPi, halfPiHigh, halfPiLow,
  // pow.ts
  one, limit, minusLimit, log0, log1, log2, log3, log4, exp0, exp1, exp2, exp3, exp4, exp5, exp6, exp7,
}

// @ts-ignore: decorator
@inline export function single(c: Single): v128 { return v128.load32_splat(SINGLES + (<usize>c << 2)); }

// @ts-ignore: decorator
@inline export function double(c: Double): v128 { return v128.load64_splat(DOUBLES + (<usize>c << 3)); }

/** Word `i` of 2/π. */
// @ts-ignore: decorator
@inline export function twoOverPiWord(i: i32): u64 { return load<u32>(SINGLES + (<usize>(Single.twoOverPi + i) << 2)); }

// @ts-ignore: decorator
@inline function put(c: Single, value: f32): void { store<f32>(SINGLES + (<usize>c << 2), value); }

// @ts-ignore: decorator
@inline function putDouble(c: Double, value: f64): void { store<f64>(DOUBLES + (<usize>c << 3), value); }

// @ts-ignore: decorator
@inline function putWord(i: i32, value: u32): void { store<u32>(SINGLES + (<usize>(Single.twoOverPi + i) << 2), value); }

export function writeExtendedConstants(): void {
  put(Single.four, 4);
  // Minimax fits of this library: erf(x) = x + x · p(x²) to 1¼ (relative error 2⁻²⁹), 1 − p(x)⁸ from there to 4 (2⁻²⁸).
  put(Single.erfSplit, 1.25);
  put(Single.erf0, 0.128379166);
  put(Single.erf1, -0.376126289);
  put(Single.erf2, 0.112836584);
  put(Single.erf3, -0.0268594995);
  put(Single.erf4, 0.00520749902);
  put(Single.erf5, -0.000832415128);
  put(Single.erf6, 0.0001031723);
  put(Single.erf7, -7.42462635e-6);
  put(Single.erfc0, 1.00149667);
  put(Single.erfc1, -0.147419021);
  put(Single.erfc2, -0.0579814501);
  put(Single.erfc3, -0.0140116261);
  put(Single.erfc4, 0.0140419202);
  put(Single.erfc5, -0.002716847);
  put(Single.erfc6, 0.000172206041);
  // Giles, "Approximating the erfinv function", 2012, table 5.
  put(Single.centerShift, 2.5);
  put(Single.tailShift, 3);
  put(Single.tailStart, 5);
  put(Single.center0, 1.50140941);
  put(Single.center1, 0.246640727);
  put(Single.center2, -0.00417768164);
  put(Single.center3, -0.00125372503);
  put(Single.center4, 0.00021858087);
  put(Single.center5, -4.39150654e-6);
  put(Single.center6, -3.5233877e-6);
  put(Single.center7, 3.43273939e-7);
  put(Single.center8, 2.81022636e-8);
  put(Single.tail0, 2.83297682);
  put(Single.tail1, 1.00167406);
  put(Single.tail2, 0.00943887047);
  put(Single.tail3, -0.0076224613);
  put(Single.tail4, 0.00573950773);
  put(Single.tail5, -0.00367342844);
  put(Single.tail6, 0.00134934322);
  put(Single.tail7, 0.000100950558);
  put(Single.tail8, -0.000200214257);

  // 2²⁸: beyond it n · (the first part of π/2) is no longer exact.
  put(Single.large, 268435456);
  put(Single.halfPiHigh, 1.57079637050628662);
  put(Single.halfPiLow, 4.37113900018624283e-8);
  put(Single.piHigh, 3.14159274101257324);
  put(Single.piLow, 8.74227800037248566e-8);
  // Minimax fit of this library: atan(x) = x + x³ · p(x²) to 1 (relative error 2⁻²⁸).
  put(Single.atan0, -0.333332986);
  put(Single.atan1, 0.199985296);
  put(Single.atan2, -0.142640159);
  put(Single.atan3, 0.109508812);
  put(Single.atan4, -0.083993122);
  put(Single.atan5, 0.0578815453);
  put(Single.atan6, -0.0310971625);
  put(Single.atan7, 0.0108687719);
  put(Single.atan8, -0.00178283488);
  putWord(0, 0xa2f9836e); putWord(1, 0x4e441529); putWord(2, 0xfc2757d1); putWord(3, 0xf534ddc0);
  putWord(4, 0xdb629599); putWord(5, 0x3c439041); putWord(6, 0xfe5163ab);

  // 1.5 · 2⁵²: adding it rounds to an integer, which then stands in the low bits.
  putDouble(Double.round, 6755399441055744);
  // π/2 in two parts (musl, sinf.c), the first of 25 bits.
  putDouble(Double.twoOverPi, 0.63661977236758134308);
  putDouble(Double.halfPiHigh, 1.57079631090164184570);
  putDouble(Double.halfPiLow, 1.58932547735281966916e-8);

  putDouble(Double.one, 1);
  // f32 ends at 2¹²⁸ and 2⁻¹⁴⁹.
  putDouble(Double.limit, 200);
  putDouble(Double.minusLimit, -200);
  // Minimax fits of this library: log₂ m = s · p(s²), s = (m − 1) / (m + 1), for m in √½ … √2 (relative error 2⁻³⁸); 2ᶠ for
  // f in −½ … ½ (2⁻³⁴).
  putDouble(Double.log0, 2.8853900817900819);
  putDouble(Double.log1, 0.9617966733478539);
  putDouble(Double.log2, 0.57708358372598145);
  putDouble(Double.log3, 0.41167279761729902);
  putDouble(Double.log4, 0.34072857790975142);
  putDouble(Double.exp0, 0.99999999996168243);
  putDouble(Double.exp1, 0.69314718072845516);
  putDouble(Double.exp2, 0.24022651198156492);
  putDouble(Double.exp3, 0.055504103534244335);
  putDouble(Double.exp4, 0.0096180272537483066);
  putDouble(Double.exp5, 0.0013333922582208864);
  putDouble(Double.exp6, 0.00015469291122482002);
  putDouble(Double.exp7, 1.5201917437624001e-5);
}
