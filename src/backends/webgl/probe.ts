/**
 * @file Whether there is a GPU behind WebGL that is good for training: hardware, with float32 results that are right. Found out
 * by plain WebGL, so that a page without one never loads what training on it takes.
 */
import { hasPages } from '../pages.ts';
import { giveUp, offscreenContext, type Renderer, rendererOf } from '../renderer.ts';
import { faultOfSquares, NUMBERS } from '../squares.ts';
import { timeProduct } from '../wasm/product.ts';
import type { WorkerPlace } from '../wasm/worker/port.ts';
import { askWorker, canAskWorker } from './ask-worker.ts';
import { shadingOf } from './shading.ts';

/** What is thought of a device. */
export interface Verdict {
  readonly isFit: boolean;
  /** Why it is not, or what it has passed. */
  readonly reason: string;
  /** What the browser calls the GPU, where it says. */
  readonly renderer?: string | undefined;
}

/** Where the facts come from: a browser, or a test. */
export interface ProbeSource {
  /** Whether there is anything to draw on: a page, or a worker with OffscreenCanvas. */
  readonly hasCanvas: boolean;
  /** What a worker says, where a page can ask one; then no context is made here for a renderer that is refused. Never throws. */
  readonly inWorker?: (() => Promise<Renderer | undefined>) | undefined;
  context(): WebGL2RenderingContext | null;
  readonly shading: typeof shadingOf;
  /** The product to beat. */
  readonly product: typeof timeProduct;
}

/** Large enough that a GPU's work outweighs the way to it and back. */
const SIZE = 512;
/** Elements of the product's factors are whole and at most so large: sums are exact, in whatever order they are made. */
const LARGEST = 8;

const browser = (place: Pick<WorkerPlace, 'workerUrl'>): ProbeSource => ({
  hasCanvas: hasPages(),
  inWorker: canAskWorker() ? () => askWorker(place) : undefined,
  context: () =>
    typeof OffscreenCanvas === 'undefined' ? document.createElement('canvas').getContext('webgl2') : offscreenContext(),
  shading: shadingOf,
  product: timeProduct,
});

let probed: Promise<Verdict> | undefined;

/** What this page or worker has, found out once. Never throws. */
export function probeHere(place: Pick<WorkerPlace, 'workerUrl'> = {}): Promise<Verdict> {
  probed ??= probeWebgl(browser(place));
  return probed;
}

/** Never throws: what fails is the reason. */
export async function probeWebgl(source: ProbeSource): Promise<Verdict> {
  const refused = (reason: string): Verdict => ({ isFit: false, reason });
  if (!source.hasCanvas) return refused('there is nothing to draw on: no OffscreenCanvas, and no document');
  let gl: WebGL2RenderingContext | null = null;
  try {
    const told = await source.inWorker?.();
    if (told?.refusal !== undefined) return { ...refused(told.refusal), renderer: told.name || undefined };
    gl = source.context();
    if (gl === null) return refused('the browser gives no WebGL 2 context');
    const renderer = rendererOf(gl);
    const verdict = renderer.refusal === undefined ? await judge(gl, source) : refused(renderer.refusal);
    return { ...verdict, renderer: renderer.name };
  } catch (error) {
    return refused(String(error instanceof Error ? error.message : error));
  } finally {
    giveUp(gl);
  }
}

/** By what it draws. */
async function judge(gl: WebGL2RenderingContext, source: ProbeSource): Promise<Verdict> {
  const refused = (reason: string): Verdict => ({ isFit: false, reason });
  const shading = source.shading(gl);
  const fault = faultOfSquares(shading.squares(Float32Array.from(NUMBERS)));
  if (fault !== undefined) return refused(fault);
  const whole = (step: number) =>
    Float32Array.from({ length: SIZE * SIZE }, (_, i) => (((i * step) >> 3) % (2 * LARGEST + 1)) - LARGEST);
  const [a, b] = [whole(7), whole(11)];
  const rival = await source.product(a, b, SIZE);
  const own = shading.product(a, b, SIZE);
  if (rival.result.some((value, i) => value !== own.result[i])) return refused('it multiplies matrices wrong');
  const times = `a product of ${SIZE} × ${SIZE} matrices takes ${own.time.toFixed(1)} ms, ${rival.time.toFixed(1)} ms on WebAssembly`;
  if (own.time >= rival.time) return refused(`a software renderer, or as slow as one: ${times}`);
  return { isFit: true, reason: times };
}
