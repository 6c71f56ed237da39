/**
 * @file Whether the context of a GPU is gone, and a new one in its place. A context that was lost and given back is as bad as one
 * that is lost: what lay in it is garbage, and it no longer says so; so each is watched from the start.
 */
import type { engine, KernelBackend } from '@tensorflow/tfjs-core';

/** What tfjs' backends for GPUs have beside what all have. */
interface Gpu {
  readonly gpgpu?: { readonly gl: WebGL2RenderingContext };
  readonly device?: { readonly lost?: Promise<unknown> };
}

const watched = new WeakSet<KernelBackend>();
const lost = new WeakSet<KernelBackend>();

/** Begins to watch a backend; says, then and later, whether its context has been lost. */
export function watchContext(backend: KernelBackend): () => boolean {
  const { gpgpu, device } = backend as Gpu;
  const note = (): void => {
    lost.add(backend);
  };
  if (!watched.has(backend)) {
    watched.add(backend);
    gpgpu?.gl.canvas.addEventListener('webglcontextlost', note);
    device?.lost?.then(note);
  }
  return () => {
    if (gpgpu?.gl.isContextLost()) note();
    return lost.has(backend);
  };
}

/** Lets tfjs make a backend anew if its context was lost; what lay in the old one is nobody's any more. */
export function replaceLost(of: ReturnType<typeof engine>, name: string): void {
  const backend = of.registry[name];
  const factory = of.registryFactory[name];
  if (backend === undefined || factory === undefined || !watchContext(backend)()) return;
  of.removeBackend(name);
  of.registerBackend(name, factory.factory, factory.priority);
}
