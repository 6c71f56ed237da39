/**
 * @file Checks a plan before the machine, which trusts it, may run it: instructions are whole, and every operand lies within
 * one region of the run's memory.
 */
import { unreachable } from '../core/errors.ts';
import type { Plan } from './format.ts';
import { inspectWords, regionOf } from './inspect.ts';
import { Opcode } from './opcodes.ts';
import { operandsAt } from './operands.ts';
import { ALL_RULES } from './rules.ts';

const NAMES = {
  [Opcode.stepLoad]: 'stepLoad',
  [Opcode.stepStore]: 'stepStore',
  [Opcode.repeat]: 'repeat',
  [Opcode.loopLoad]: 'loopLoad',
  [Opcode.loopStore]: 'loopStore',
  [Opcode.group]: 'group',
  [Opcode.cumulativeSum]: 'cumulativeSum',
  [Opcode.topK]: 'topK',
  [Opcode.conv2d]: 'conv2d',
  [Opcode.conv2dInputGradient]: 'conv2dInputGradient',
  [Opcode.conv2dFilterGradient]: 'conv2dFilterGradient',
  [Opcode.maxPool]: 'maxPool',
  [Opcode.maxPoolGradient]: 'maxPoolGradient',
  [Opcode.maxPoolGather]: 'maxPoolGather',
  [Opcode.averagePool]: 'averagePool',
  [Opcode.averagePoolGradient]: 'averagePoolGradient',
  [Opcode.fill]: 'fill',
  [Opcode.copy]: 'copy',
  [Opcode.cast]: 'cast',
  [Opcode.unary]: 'unary',
  [Opcode.binary]: 'binary',
  [Opcode.select]: 'select',
  [Opcode.reduce]: 'reduce',
  [Opcode.matmul]: 'matmul',
  [Opcode.batchMatmul]: 'batchMatmul',
  [Opcode.panelMatmul]: 'panelMatmul',
  [Opcode.standardize]: 'standardize',
  [Opcode.standardizeGradient]: 'standardizeGradient',
  [Opcode.maskedSoftmax]: 'maskedSoftmax',
  [Opcode.softmaxGradient]: 'softmaxGradient',
  [Opcode.rowOrder]: 'rowOrder',
  [Opcode.rowNorm]: 'rowNorm',
  [Opcode.rowUpdate]: 'rowUpdate',
  [Opcode.rowSgd]: 'rowSgd',
  [Opcode.weightedNorm]: 'weightedNorm',
  [Opcode.gatherDot]: 'gatherDot',
  [Opcode.gatherSum]: 'gatherSum',
  [Opcode.gatherLogistic]: 'gatherLogistic',
  [Opcode.gather]: 'gather',
  [Opcode.scatterAdd]: 'scatterAdd',
  [Opcode.softmax]: 'softmax',
  [Opcode.crossEntropy]: 'crossEntropy',
  [Opcode.crossEntropyGradient]: 'crossEntropyGradient',
  [Opcode.argmax]: 'argmax',
  [Opcode.oneHot]: 'oneHot',
  [Opcode.randomUniform]: 'randomUniform',
  [Opcode.randomNormal]: 'randomNormal',
  [Opcode.dropoutMask]: 'dropoutMask',
  [Opcode.sumSquares]: 'sumSquares',
  [Opcode.l2Norm]: 'l2Norm',
  [Opcode.guard]: 'guard',
  [Opcode.adam]: 'adam',
  [Opcode.sgd]: 'sgd',
} satisfies Record<Opcode, keyof typeof Opcode>;

/** The name of the opcode in an instruction's first word, such as `matmul`. */
export function opcodeName(word: number): string {
  return (NAMES as Readonly<Record<number, string>>)[word & 0xffff] ?? `opcode ${word & 0xffff}`;
}

/**
 * @param capacity how many rows the step tables have.
 * @throws SaddlepointError `internal` that names the instruction and the operand.
 */
export function validate(plan: Plan, capacity = 1): Plan {
  const { fault } = inspectWords(ALL_RULES, plan.words, plan.regions, capacity);
  if (fault === undefined) return plan;
  const name = opcodeName(plan.words[fault.at] as number);
  unreachable(`instruction ${fault.instruction} (${name}) of plan ${plan.name}${fault.what}`);
}

/** The plan as text: one line an instruction, operands as region + offset, with the op and the layer that it came from. */
export function printPlan(plan: Plan): string {
  const place = (address: number, bytes: number): string => {
    const region = regionOf(plan.regions, address, bytes);
    return region === undefined ? `?${address}` : `${region.name}+${address - region.address}`;
  };
  const lines = [`plan ${plan.name}: ${plan.origins.length} instructions, ${plan.words.length} words`];
  for (const region of plan.regions) lines.push(`  region ${region.name}: ${region.bytes} bytes`);
  for (const [i, { at, op, path }] of plan.origins.entries()) {
    const end = plan.origins[i + 1]?.at ?? plan.words.length;
    const operands = operandsAt(plan.words, at) ?? [];
    const addresses = new Set(operands.map(({ address }) => address));
    const shown = operands.map(
      ({ name, address, bytes, writes }) => `${writes ? '→' : ''}${name} ${place(address, bytes)}:${bytes}`,
    );
    const others = Array.from(plan.words.subarray(at + 1, end)).filter((word) => !addresses.has(word));
    const origin = path === '' ? op : `${op} of ${path}`;
    lines.push(`${opcodeName(plan.words[at] as number)} ${shown.join(', ')} | ${others.join(' ')}  # ${origin}`);
  }
  return lines.join('\n');
}
