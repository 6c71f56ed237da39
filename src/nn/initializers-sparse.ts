/** @file Kernels of which few weights are not 0. */
import { checkKnownOptions, checkNumber, SaddlepointError } from '../core/errors.ts';
import { randomNormal, randomPermutation } from '../core/philox.ts';
import { type Shape, showShape, sizeOf } from '../core/shape.ts';
import type { Initializer } from './initializers.ts';

/**
 * Each unit starts with this many weights coming in that are not 0, normal deviates at places drawn by chance: units differ from
 * one another, and none saturates however wide the layer before.
 *
 * @param count a whole number ≥ 1, default 15; all weights, where a layer has fewer inputs.
 * @param options deviation: of the weights that are not 0, > 0, default 1.
 * @throws SaddlepointError `option` for numbers out of range, and for a leaf that is no kernel [..., in, out].
 * @see Martens 2010, "Deep learning via Hessian-free optimization", section 5.
 * @example dense(256, { activation: 'tanh', kernelInitializer: sparse(15, { deviation: 0.25 }) })
 */
export function sparse(count = 15, options: { readonly deviation?: number } = {}): Initializer {
  checkKnownOptions('sparse', options, ['deviation']);
  checkNumber('sparse', count, { min: 1, integer: true });
  const deviation = checkNumber('sparse.deviation', options.deviation ?? 1, { min: 0, openMin: true });
  return {
    ...{ name: 'sparse', options: { count, deviation }, spread: () => deviation },
    draw(shape: Shape, { seed, stream }) {
      if (shape.length < 2)
        throw new SaddlepointError('option', `sparse: expected a leaf [..., in, out], got ${showShape(shape)}`);
      const units = shape.at(-1) as number;
      const inputs = sizeOf(shape) / units;
      const kept = Math.min(count, inputs);
      const deviates = new Float32Array(kept * units);
      randomNormal(deviates, seed, stream);
      const out = new Float32Array(inputs * units);
      for (let unit = 0; unit < units; unit++) {
        const places = randomPermutation(inputs, seed, stream, unit + 1);
        for (let i = 0; i < kept; i++)
          out[(places[i] as number) * units + unit] = deviation * (deviates[unit * kept + i] as number);
      }
      return out;
    },
  };
}
