/** @file The checksum of plan files, as `checksum` of src/edge/format.ts computes it: a cold engine walks a megabyte in some 50 ms, the machine in one. */

/** `value` with `words` words from `address` on folded in: FNV-1a over 32-bit words. */
export function checksum(value: i32, address: usize, words: i32): i32 {
  for (let i = 0; i < words; i++) value = (value ^ load<i32>(address + (<usize>i << 2))) * 0x01000193;
  return value;
}
