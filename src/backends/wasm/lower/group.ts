/** @file Lowering of groups: their members as instructions within one, with blocks of scratch memory between them. */
import { must } from '../../../core/errors.ts';
import { sizeOf } from '../../../core/shape.ts';
import type { Graph, Node, Value } from '../../../graph/node.ts';
import { PlanWriter } from '../../../plan/format.ts';
import { Constant, GroupField, Opcode } from '../../../plan/opcodes.ts';
import type { GroupAttributes } from '../groups.ts';
import { input, type Lowering, type LoweringContext } from './context.ts';

const BLOCK_BYTES = Constant.groupBlock * 4;
const bodyOf = (node: Node): Graph => (node.attributes as GroupAttributes).body;

/** Which block of scratch memory each value that stays within has; a block is taken again when its value was last read. */
function blocksOf({ nodes, outputs }: Graph): { blocks: Map<Value, number>; count: number } {
  const last = new Map<Value, number>();
  nodes.forEach(({ inputs }, at) => {
    for (const value of inputs) last.set(value, at);
  });
  const blocks = new Map<Value, number>();
  const free: number[] = [];
  let count = 0;
  nodes.forEach((node, at) => {
    const [made] = node.outputs as [Value];
    // Freed first: a function may write over the operand that it reads at the same place.
    for (const value of new Set(node.inputs)) {
      const block = blocks.get(value);
      if (block !== undefined && last.get(value) === at) free.push(block);
    }
    if (!outputs.includes(made)) blocks.set(made, free.pop() ?? count++);
  });
  return { blocks, count };
}

export const groupScratch = (node: Node): number => Math.max(1, blocksOf(bodyOf(node)).count) * BLOCK_BYTES;

export const group: Lowering = (node, context) => {
  const body = bodyOf(node);
  const { blocks, count } = blocksOf(body);
  const scratch = context.scratch(node);
  const address = (value: Value): number => {
    const block = blocks.get(value);
    if (block !== undefined) return scratch + block * BLOCK_BYTES;
    const at = body.inputs.indexOf(value);
    return context.address(at >= 0 ? input(node, at) : (node.outputs[body.outputs.indexOf(value)] as Value));
  };
  const members = new PlanWriter();
  const inner: LoweringContext = {
    ...context,
    address,
    code: members,
    emit: members.emit.bind(members),
  };
  for (const member of body.nodes) context.lower(member, inner);
  const { words } = members.finish('group', []);
  const fields: Record<number, number> = {
    [GroupField.count]: sizeOf(must(body.nodes[0]?.outputs[0], 'a member').shape),
    [GroupField.scratch]: scratch,
    [GroupField.scratchBytes]: count * BLOCK_BYTES,
  };
  words.forEach((word, i) => {
    fields[GroupField.words + i] = word;
  });
  context.emit(Opcode.group, GroupField.words + words.length, fields);
};
