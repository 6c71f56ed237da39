/** @file AC-GAN: a critic that also says the class, of data and of samples, and a generator that is to make what it was told. */
import { checkNumber, SaddlepointError } from '../core/errors.ts';
import { showShape } from '../core/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { add } from '../ops/elementwise.ts';
import { slice } from '../ops/movement.ts';
import { mean } from '../ops/reduce.ts';
import { softmaxCrossEntropy } from '../ops/softmax.ts';
import type { GanLoss } from './losses.ts';

/** Losses of outputs [n, 1 + classes]: a score, then the logits of the classes. */
export interface AuxiliaryLoss {
  /** @param y class numbers i32 [n]: those of the data, and what the generator was told. */
  critic(real: Tensor, fake: Tensor, y: Tensor): Tensor;
  generator(fake: Tensor, y: Tensor, real?: Tensor): Tensor;
}

/**
 * Adds the cross-entropy of the class to the losses of both players: L_S + L_C for the critic, L_C − L_S for the generator.
 *
 * @param loss what is played for the score: `ganLosses.nonSaturating()`, `hinge()` …
 * @param classes ≥ 1: the critic ends with dense(1 + classes).
 * @throws SaddlepointError `option` for classes out of range; the losses `shape` for outputs of another width.
 * @see Odena, Olah, Shlens: "Conditional image synthesis with auxiliary classifier GANs", ICML 2017, equations 2 and 3.
 * @example critic: { loss: (m, { x, y, z }) => loss.critic(m.critic(x), m.critic(m.generator(withLabels(z, y, 10))), y) }
 */
export function auxiliaryClassifier(loss: GanLoss, classes: number): AuxiliaryLoss {
  checkNumber('auxiliaryClassifier.classes', classes, { min: 1, integer: true });
  const partsOf = (output: Tensor): { score: Tensor; logits: Tensor } => {
    const [n, width] = output.shape as [number, number];
    if (output.shape.length !== 2 || width !== 1 + classes)
      throw new SaddlepointError(
        'shape',
        `auxiliaryClassifier: expected outputs [n, ${1 + classes}] of the critic, got ${showShape(output.shape)}`,
        `let it end with dense(${1 + classes})`,
      );
    return { score: slice(output, [0, 0], [n, 1]), logits: slice(output, [0, 1], [n, classes]) };
  };
  const ofClass = (logits: Tensor, y: Tensor): Tensor => mean(softmaxCrossEntropy(logits, y));
  return {
    critic(real, fake, y) {
      const [data, made] = [partsOf(real), partsOf(fake)];
      const scores = loss.critic(data.score, made.score);
      return add(scores, add(ofClass(data.logits, y), ofClass(made.logits, y)));
    },
    generator(fake, y, real) {
      const made = partsOf(fake);
      const score = loss.generator(made.score, real === undefined ? undefined : partsOf(real).score);
      return add(score, ofClass(made.logits, y));
    },
  };
}
