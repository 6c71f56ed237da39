/** @file What a safetensors file holds, by its header alone: tensors of any type, also those that cannot be read here. */
import type { Shape } from '../core/shape.ts';
import { checkEntry } from './safetensors.ts';
import { parseHeader } from './safetensors-header.ts';

/** A tensor of a file by its header alone; its numbers are not read. */
export interface ListedTensor {
  readonly name: string;
  /** As the format writes it: F32, BF16, … */
  readonly dtype: string;
  readonly shape: Shape;
  readonly bytes: number;
}

/**
 * The tensors of a safetensors file in the order of their data, and its metadata. The data themselves are neither needed nor
 * looked at: the file's beginning, as far as the header goes, will do.
 *
 * @throws SaddlepointError `file`: truncated or foreign bytes, a header that is not valid
 * @example listSafetensors(bytes).tensors[0]; // { name: '0/kernel', dtype: 'F32', shape: [4, 16], bytes: 256 }
 */
export function listSafetensors(bytes: Uint8Array): {
  readonly tensors: readonly ListedTensor[];
  readonly metadata: Readonly<Record<string, string>>;
} {
  const { entries, metadata } = parseHeader(bytes, 100_000_000);
  const tensors = entries.map(([name, value]) => ({ name, ...checkEntry(name, value) }));
  tensors.sort((a, b) => a.range[0] - b.range[0] || a.range[1] - b.range[1]);
  return {
    tensors: tensors.map(({ name, dtype, shape, range: [begin, end] }) => ({ name, dtype, shape, bytes: end - begin })),
    metadata,
  };
}
