/** @file Class numbers as losses beside cross-entropy take them. */
import { SaddlepointError } from '../../core/errors.ts';
import { showShape } from '../../core/shape.ts';
import { printSpec } from '../../graph/print.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { cast } from '../../ops/cast.ts';
import { reshape } from '../../ops/movement.ts';

/** Class numbers i32 [n] of integers [n] or [n, 1], for predictions [n, classes]. */
export function classNumbers(name: string, prediction: Tensor, target: Tensor): Tensor {
  const [n] = prediction.shape;
  const single =
    target.shape[0] === n && (target.shape.length === 1 || (target.shape.length === 2 && target.shape[1] === 1));
  if (prediction.shape.length === 2 && (prediction.shape[1] as number) > 1 && single && target.dtype !== 'f32')
    return reshape(cast(target, 'i32'), [n as number]);
  throw new SaddlepointError(
    'shape',
    `${name}: expected predictions [n, classes] and class numbers, integers [n], got ${showShape(prediction.shape)} and ${printSpec(target)}`,
    target.dtype === 'f32' ? "class numbers are whole: convert them with cast(target, 'i32')" : undefined,
  );
}
