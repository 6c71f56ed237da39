/** @file What the library says of the devices here, in the form that the page shows. The one place that asks for it. */
import * as saddlepoint from 'saddlepoint';

export interface DeviceReport {
  /** What `device: 'auto'` takes. */
  readonly chosen: string;
  readonly candidates: readonly {
    readonly name: string;
    readonly verdict: 'chosen' | 'possible' | 'refused';
    readonly reason: string;
    readonly stepMilliseconds?: number;
  }[];
  /** What draws, by the browser's word. */
  readonly renderer?: string;
}

/** Undefined where the library has no such report. */
export async function deviceReport(): Promise<DeviceReport | undefined> {
  // A member of the namespace, not the namespace: a bundle must not hold the whole library for it.
  return (saddlepoint as { readonly backendReport?: () => Promise<DeviceReport> }).backendReport?.();
}
