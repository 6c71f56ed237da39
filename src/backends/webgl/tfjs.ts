/**
 * @file The one door to TensorFlow.js: loaded when a session is opened, never before. What runs on it is a set of kernels; its
 * own graph, gradients and layers are not used.
 */
import type * as Core from '@tensorflow/tfjs-core';
import { SaddlepointError } from '../../core/errors.ts';
import type { Shape } from '../../core/shape.ts';
import { replaceLost, watchContext } from './lost.ts';

export type Tensor = Core.Tensor;

/** A backend of tfjs: `cpu` is for tests. */
export type TfjsName = 'webgl' | 'webgpu' | 'cpu';

/** What a tfjs backend must be told of a fragment shader. */
interface ShaderProgram {
  readonly variableNames: readonly string[];
  readonly outputShape: Shape;
  readonly userCode: string;
  /** Shapes are uniforms, so that one compiled shader serves all. Up to rank 4. */
  readonly enableShapeUniforms: boolean;
  readonly customUniforms: readonly { readonly name: string; readonly type: 'int' }[];
}

interface WebglBackend {
  runWebGLProgram?(
    program: ShaderProgram,
    inputs: readonly Core.TensorInfo[],
    dtype: 'float32',
    uniforms: readonly (readonly number[])[],
  ): Core.TensorInfo;
}

const SHADER = 'SaddlepointShader';
const VARIABLES = ['A', 'B', 'C'] as const;

/** TensorFlow.js with one of its backends. */
export class Tfjs {
  readonly core: typeof Core;
  readonly name: TfjsName;
  /** Whether the device's context was lost; what it held is gone, even if the context came back. */
  readonly isLost: () => boolean;

  constructor(core: typeof Core, name: TfjsName) {
    this.core = core;
    this.name = name;
    this.isLost = watchContext(core.engine().findBackend(name));
    if (name === 'webgl' && core.getKernel(SHADER, 'webgl') === undefined) {
      core.registerKernel({ kernelName: SHADER, backendName: 'webgl', kernelFunc: runShader });
    }
  }

  /** Whether functions can be given as shaders. */
  get hasShaders(): boolean {
    return this.name === 'webgl';
  }

  /**
   * Runs a function while this backend is the engine's own, and puts back what was: other users of tfjs on the page keep theirs.
   * What runs must not wait.
   */
  with<T>(f: () => T): T {
    const engine = this.core.engine();
    const before = engine.backendName;
    if (before === this.name) return f();
    // A backend that has been initialized is set before the promise is made.
    void engine.setBackend(this.name);
    try {
      return f();
    } finally {
      if (before) void engine.setBackend(before);
    }
  }

  /** Copies numbers to the device: as floats, whatever they are. */
  upload(data: ArrayLike<number>, shape: Shape): Tensor {
    return this.core.keep(this.core.tensor(Float32Array.from(data), [...shape], 'float32'));
  }

  /**
   * Runs a fragment shader of GLSL ES 3.00 over up to three inputs, A, B and C.
   *
   * @param uniforms integers by name.
   */
  shader(
    code: string,
    inputs: readonly Tensor[],
    shape: Shape,
    uniforms: Readonly<Record<string, number>> = {},
  ): Tensor {
    const named = Object.fromEntries(inputs.map((input, i) => [VARIABLES[i] as string, input]));
    const attributes = { code, shape: [...shape], uniforms } as unknown as Core.NamedAttrMap;
    return this.core.engine().runKernel(SHADER, named, attributes) as Tensor;
  }
}

function runShader({ inputs, backend, attrs }: Parameters<Core.KernelFunc>[0]): Core.TensorInfo {
  const { code, shape, uniforms } = attrs as unknown as {
    code: string;
    shape: Shape;
    uniforms: Readonly<Record<string, number>>;
  };
  const variableNames = Object.keys(inputs);
  // tfjs takes shaders for one that read axes of 1 from textures of another form, if shapes are uniforms and there are more than
  // two axes (makeShaderKey of tfjs-backend-webgl 4.22).
  const isMistaken = Object.values(inputs).some((input) => input && input.shape.length > 2 && input.shape.includes(1));
  const program: ShaderProgram = {
    variableNames,
    outputShape: shape,
    userCode: code,
    enableShapeUniforms: !isMistaken,
    customUniforms: Object.keys(uniforms).map((name) => ({ name, type: 'int' })),
  };
  const values = Object.values(uniforms).map((value) => [value]);
  const tensors = variableNames.map((name) => inputs[name] as Core.TensorInfo);
  return (backend as WebglBackend).runWebGLProgram?.(program, tensors, 'float32', values) as Core.TensorInfo;
}

const PACKAGES: Readonly<Record<TfjsName, string>> = {
  webgl: '@tensorflow/tfjs-backend-webgl',
  webgpu: '@tensorflow/tfjs-backend-webgpu',
  cpu: '@tensorflow/tfjs-backend-cpu',
};

/**
 * TensorFlow.js with a backend that works.
 *
 * @throws SaddlepointError `option` if the packages are not there, or the backend does not start here.
 */
export async function loadTfjs(name: TfjsName): Promise<Tfjs> {
  let core: typeof Core;
  try {
    // Inside `try` bundlers take what is not there for optional.
    core = await import('@tensorflow/tfjs-core');
    if (name === 'webgl') await import('@tensorflow/tfjs-backend-webgl');
    if (name === 'webgpu') await import('@tensorflow/tfjs-backend-webgpu');
  } catch (cause) {
    throw new SaddlepointError(
      'option',
      `device '${name}': TensorFlow.js, whose kernels it runs on, cannot be loaded`,
      `npm install @tensorflow/tfjs-core@4.22.0 ${PACKAGES[name]}@4.22.0`,
      { cause },
    );
  }
  const engine = core.engine();
  replaceLost(engine, name);
  const before = engine.backendName;
  const works = await engine.setBackend(name).catch(() => false);
  if (works) await engine.ready();
  if (before && before !== name) await engine.setBackend(before);
  if (works) return new Tfjs(core, name);
  throw new SaddlepointError(
    'option',
    `device '${name}': it does not start here`,
    name === 'webgl' ? 'it needs WebGL 2, in a page or a worker with OffscreenCanvas' : 'use another device',
  );
}
