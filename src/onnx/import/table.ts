/** @file The operators of ONNX that can be read, by name. */
import { ELEMENTWISE } from './elementwise.ts';
import { IMAGES } from './images.ts';
import { LOOPS } from './loops.ts';
import type { Operators } from './node.ts';
import { STRUCTURED } from './structured.ts';

export const OPERATORS: Operators = { ...ELEMENTWISE, ...IMAGES, ...STRUCTURED, ...LOOPS };

/** The operator sets whose meanings are known. */
export const OPSETS = { first: 9, last: 21 } as const;
