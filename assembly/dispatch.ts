/**
 * @file Dispatch of the instructions that a dense network has no use for: `Constant.firstExtended` and above. The core build
 * leaves this file and all that it alone imports out.
 */
import { Opcode, Status } from '../src/plan/opcodes';
import { conv2d, conv2dFilterGradient, conv2dInputGradient } from './conv';
import { maskedSoftmax, softmaxGradient } from './attention';
import { batchMatmul } from './batch-matmul';
import { cumulativeSum, topK } from './cumulative';
import { oneHot, scatterAdd } from './gather';
import { gatherDot, gatherLogistic, gatherSum } from './gather-product';
import { group } from './group';
import { panelMatmul } from './matmul';
import { loopLoad, loopStore } from './loop';
import { averagePool, averagePoolGradient, maxPool, maxPoolGather, maxPoolGradient } from './pool';
import { randomNormal, randomUniform } from './random';
import { rowSgd } from './row-sgd';
import { rowNorm, rowOrder, rowUpdate, weightedNorm } from './rows';
import { stop } from './simd';
import { standardize, standardizeGradient } from './standardize';

/** Runs one instruction; returns a `Status`. The cases are dense, so that the switch becomes one jump table. */
export function performExtended(opcode: i32, p: usize, base: usize): i32 {
  switch (opcode) {
    case Opcode.scatterAdd: return scatterAdd(p, base);
    case Opcode.oneHot: return oneHot(p, base);
    case Opcode.randomUniform: randomUniform(p, base); return Status.ok;
    case Opcode.randomNormal: randomNormal(p, base); return Status.ok;
    case Opcode.loopLoad: loopLoad(p, base); return Status.ok;
    case Opcode.loopStore: loopStore(p, base); return Status.ok;
    case Opcode.conv2d: conv2d(p, base); return Status.ok;
    case Opcode.conv2dInputGradient: conv2dInputGradient(p, base); return Status.ok;
    case Opcode.conv2dFilterGradient: conv2dFilterGradient(p, base); return Status.ok;
    case Opcode.maxPool: maxPool(p, base); return Status.ok;
    case Opcode.maxPoolGradient: return maxPoolGradient(p, base);
    case Opcode.maxPoolGather: return maxPoolGather(p, base);
    case Opcode.averagePool: averagePool(p, base); return Status.ok;
    case Opcode.averagePoolGradient: averagePoolGradient(p, base); return Status.ok;
    case Opcode.group: group(p, base); return Status.ok;
    case Opcode.batchMatmul: batchMatmul(p, base); return Status.ok;
    case Opcode.maskedSoftmax: maskedSoftmax(p, base); return Status.ok;
    case Opcode.softmaxGradient: softmaxGradient(p, base); return Status.ok;
    case Opcode.standardize: standardize(p, base); return Status.ok;
    case Opcode.standardizeGradient: standardizeGradient(p, base); return Status.ok;
    case Opcode.cumulativeSum: cumulativeSum(p, base); return Status.ok;
    case Opcode.topK: topK(p, base); return Status.ok;
    case Opcode.rowOrder: return rowOrder(p, base);
    case Opcode.rowNorm: return rowNorm(p, base);
    case Opcode.rowUpdate: return rowUpdate(p, base);
    case Opcode.rowSgd: return rowSgd(p, base);
    case Opcode.weightedNorm: weightedNorm(p, base); return Status.ok;
    case Opcode.gatherDot: return gatherDot(p, base);
    case Opcode.gatherSum: return gatherSum(p, base);
    case Opcode.gatherLogistic: return gatherLogistic(p, base);
  }
  if (ASC_FEATURE_THREADS && opcode == Opcode.panelMatmul) {
    panelMatmul(p, base);
    return Status.ok;
  }
  return stop(base, Status.illegalInstruction, opcode, 0);
}
