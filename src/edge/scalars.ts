/**
 * @file The scalars of steps (learning rate, bias corrections) in few bytes: column by column, second differences of their bits
 * as signed integers, seven bits a byte. They change slowly, so most take a byte or two; nothing is rounded.
 */

/** @param rows f32 [steps, width]. */
export function packScalars(rows: Float32Array, width: number): Uint8Array {
  const bits = new Int32Array(rows.slice().buffer);
  const bytes: number[] = [];
  for (let column = 0; column < width; column++) {
    let [last, slope] = [0, 0];
    for (let at = column; at < bits.length; at += width) {
      const change = ((bits[at] as number) - last) | 0;
      const bend = (change - slope) | 0;
      [last, slope] = [bits[at] as number, change];
      let rest = ((bend << 1) ^ (bend >> 31)) >>> 0;
      for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
      bytes.push(rest);
    }
  }
  return Uint8Array.from(bytes);
}

/** What `packScalars` packed; bytes that end too early count as zeros. */
export function unpackScalars(bytes: Uint8Array, steps: number, width: number): Float32Array {
  const bits = new Int32Array(steps * width);
  let next = 0;
  for (let column = 0; column < width; column++) {
    let [last, slope] = [0, 0];
    for (let at = column; at < bits.length; at += width) {
      let rest = 0;
      for (let shift = 0; shift < 35; shift += 7) {
        const byte = bytes[next++] ?? 0;
        rest |= (byte & 127) << shift;
        if (byte < 128) break;
      }
      slope = (slope + ((rest >>> 1) ^ -(rest & 1))) | 0;
      last = (last + slope) | 0;
      bits[at] = last;
    }
  }
  return new Float32Array(bits.buffer);
}
