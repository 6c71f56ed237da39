/** @file The scaling of bags of words: as a whole, not column by column, which would make the rarest word the loudest. */
import { namesOf } from '../data/encode/column-encoder.ts';
import type { Scaling } from '../data/scaling.ts';
import type { Columns } from './records.ts';

/** The scaling, but for text columns, which stay as they are: their rows have length 1 already. */
export function keepTexts(scaling: Scaling, { encoder }: Columns): Scaling {
  if (scaling.kind !== 'standardize' || !encoder.encoders.some(({ encoding }) => encoding === 'text')) return scaling;
  const [shift, scale] = [scaling.shift.slice(), scaling.scale.slice()];
  let at = 0;
  for (const each of encoder.encoders) {
    const end = at + namesOf(each).length;
    if (each.encoding === 'text') {
      shift.fill(0, at, end);
      scale.fill(1, at, end);
    }
    at = end;
  }
  return { ...scaling, shift, scale };
}
