/** @file Whether there is a GPU behind WebGPU. It is not thought of by itself, so that this is for reports. */
import type { Verdict } from './probe.ts';

/** As much of `navigator.gpu` as is asked; the names of its adapters have changed places. */
export interface WebGpu {
  requestAdapter(): Promise<{
    readonly isFallbackAdapter?: boolean;
    readonly info?: { readonly isFallbackAdapter?: boolean; readonly architecture?: string; readonly vendor?: string };
  } | null>;
}

/** Never throws: what fails is the reason. */
export async function probeWebgpu(
  gpu: WebGpu | undefined = (globalThis.navigator as unknown as { gpu?: WebGpu } | undefined)?.gpu,
): Promise<Verdict> {
  if (gpu === undefined) return { isFit: false, reason: 'there is no WebGPU here' };
  try {
    const adapter = await gpu.requestAdapter();
    if (adapter === null) return { isFit: false, reason: 'the browser gives no adapter' };
    const { info } = adapter;
    const renderer = [info?.vendor, info?.architecture].filter(Boolean).join(' ') || undefined;
    const isSoftware = info?.isFallbackAdapter ?? adapter.isFallbackAdapter ?? false;
    return isSoftware || info?.architecture === 'swiftshader'
      ? { isFit: false, reason: `a software renderer: ${renderer ?? 'a fallback adapter'}`, renderer }
      : { isFit: true, reason: 'a hardware adapter', renderer };
  } catch (error) {
    return { isFit: false, reason: String(error instanceof Error ? error.message : error) };
  }
}
