/** @file Lowering of loops: a repeat whose turns load their rows, run the body, store their results and renew the carries. */
import { BYTES } from '../../../core/dtype.ts';
import { must, SaddlepointError } from '../../../core/errors.ts';
import { sizeOf } from '../../../core/shape.ts';
import type { Node } from '../../../graph/node.ts';
import type { Program } from '../../../graph/program.ts';
import type { ScanAttributes } from '../../../ops/scan.ts';
import { Constant, LoopLoadField, LoopStoreField, Opcode, RepeatField } from '../../../plan/opcodes.ts';
import { bytesOf, type Storage } from '../placement.ts';
import { input, type Lowering, type LoweringTable } from './context.ts';
import { emitMove } from './movement.ts';

/** A loop's body as a program: carries and constants are its blocks, rows of sequences and results its rows. */
function bodyProgram({ attributes }: Node): Program {
  const { body, carries, sequences } = attributes as ScanAttributes;
  return {
    name: 'body',
    graph: body,
    inputs: body.inputs.map((_, i) => ({
      kind: i >= carries && i < carries + sequences ? 'row' : 'block',
      name: String(i),
    })),
    outputs: body.outputs.map((_, i) => ({ kind: i < carries ? 'block' : 'row', name: String(i) })),
    groups: [],
    taps: [],
  };
}

export const planLoop: NonNullable<LoweringTable['planLoop']> = (node, plan) => {
  const program = bodyProgram(node);
  const bound = new Map<number, Storage>();
  program.inputs.forEach(({ kind, name }, i) => {
    const bytes = bytesOf(must(program.graph.inputs[i], 'an input'));
    if (kind === 'block') bound.set(i, { kind: 'block', name, bytes, first: -1, last: 0, address: 0 });
  });
  const blocks = new Map([...bound].map(([i, storage]) => [String(i), storage]));
  return { carries: (node.attributes as ScanAttributes).carries, program, bound, plan: plan(program, blocks) };
};

function checkLevel(level: number): void {
  if (level < Constant.maxLoops) return;
  throw new SaddlepointError(
    'shape',
    `scan: ${level + 1} loops within each other, at most ${Constant.maxLoops} can be nested`,
    'write the innermost out, step by step',
  );
}

export const scan: Lowering = (node, context) => {
  const { level, code, emit } = context;
  checkLevel(level);
  const { carries, sequences, length, reverse, body } = node.attributes as ScanAttributes;
  const loop = context.loop(node);
  for (const [i, storage] of loop.bound) {
    const outer = input(node, i);
    const isCarry = i < carries;
    storage.address = context.address(isCarry ? (node.outputs[i] as typeof outer) : outer);
    if (isCarry) emitMove(context.address(outer), storage.address, sizeOf(outer.shape), BYTES[outer.dtype], emit);
  }
  const at = code.length;
  emit(Opcode.repeat, RepeatField.words, { [RepeatField.count]: length, [RepeatField.level]: level });
  const turn = context.body(loop);
  const walk = (address: number, bytes: number): { first: number; stride: number } =>
    reverse ? { first: address + (length - 1) * bytes, stride: -bytes } : { first: address, stride: bytes };
  for (let i = carries; i < carries + sequences; i++) {
    const row = body.inputs[i] as (typeof body.inputs)[number];
    const { first, stride } = walk(context.address(input(node, i)), bytesOf(row));
    emit(Opcode.loopLoad, LoopLoadField.words, {
      [LoopLoadField.destination]: turn.address(row),
      [LoopLoadField.source]: first,
      [LoopLoadField.stride]: stride,
      [LoopLoadField.bytes]: bytesOf(row),
      [LoopLoadField.level]: level,
      [LoopLoadField.count]: length,
    });
  }
  turn.nodes();
  body.outputs.forEach((row, i) => {
    if (i < carries) return;
    const { first, stride } = walk(context.address(node.outputs[i] as typeof row), bytesOf(row));
    emit(Opcode.loopStore, LoopStoreField.words, {
      [LoopStoreField.destination]: first,
      [LoopStoreField.source]: turn.address(row),
      [LoopStoreField.stride]: stride,
      [LoopStoreField.bytes]: bytesOf(row),
      [LoopStoreField.level]: level,
      [LoopStoreField.count]: length,
    });
  });
  turn.commit();
  code.patch(at + RepeatField.bodyWords, code.length - at - RepeatField.words);
};
