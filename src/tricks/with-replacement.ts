/**
 * @file Rows drawn with replacement, as the theory of stochastic gradients has it. Kind: sampler. Robbins & Monro 1951; Bottou,
 * Curtis & Nocedal 2018, section 3.1. No deviation.
 */
import { streamOf } from '../core/philox.ts';
import { drawUniform } from '../data/draw.ts';
import type { Sampler } from '../train/trick.ts';

/**
 * Every row of a batch is drawn from all rows alike. An epoch has as many draws as there are rows, of which about 63 % come. For
 * comparisons with theory; passes in random order, the default, mostly learn faster.
 *
 * @throws SaddlepointError never by itself; what a run refuses, `fit` says.
 * @example fit(model, data, { loss: crossEntropy(), tricks: [withReplacement()] })
 */
export function withReplacement(): Sampler {
  return {
    kind: 'sampler',
    name: 'withReplacement',
    options: {},
    open({ rows, seed }) {
      const stream = streamOf('tricks/withReplacement');
      return (epoch) => drawUniform(rows.length, rows.length, seed, stream, epoch).map((at) => rows[at] as number);
    },
  };
}
