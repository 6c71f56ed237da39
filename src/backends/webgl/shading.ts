/**
 * @file Two small shaders in plain WebGL 2: squares of some numbers, and a product of matrices. They tell what a GPU is good for
 * before anything large is loaded for it.
 */
import { SaddlepointError } from '../../core/errors.ts';

const VERTICES = `#version 300 es
void main() {
  vec2 corner = vec2(gl_VertexID == 1 ? 3 : -1, gl_VertexID == 2 ? 3 : -1);
  gl_Position = vec4(corner, 0, 1);
}`;

const HEAD = `#version 300 es
precision highp float;
precision highp sampler2D;
uniform sampler2D a, b;
uniform int depth;
out vec4 result;`;

const SQUARES = `${HEAD}
void main() {
  vec4 x = texelFetch(a, ivec2(gl_FragCoord.xy), 0);
  result = x * x;
}`;

/** Four numbers of a row lie in a texel; `depth` counts them for a row of the first matrix. */
const PRODUCT = `${HEAD}
void main() {
  ivec2 at = ivec2(gl_FragCoord.xy);
  vec4 sum = vec4(0);
  for (int k = 0; k < depth; k++) {
    vec4 left = texelFetch(a, ivec2(k, at.y), 0);
    sum += left.x * texelFetch(b, ivec2(at.x, 4 * k), 0) + left.y * texelFetch(b, ivec2(at.x, 4 * k + 1), 0)
      + left.z * texelFetch(b, ivec2(at.x, 4 * k + 2), 0) + left.w * texelFetch(b, ivec2(at.x, 4 * k + 3), 0);
  }
  result = sum;
}`;

/** What a GPU is asked. */
export interface Shading {
  /** The square of each of a multiple of four numbers. */
  squares(numbers: Float32Array): Float32Array;
  /** The product of two matrices [size, size], row by row, and how long it took once all was in its place, in milliseconds. */
  product(a: Float32Array, b: Float32Array, size: number): { readonly result: Float32Array; readonly time: number };
}

/** @throws SaddlepointError `internal` where a shader does not compile, or results cannot be float32. */
export function shadingOf(gl: WebGL2RenderingContext): Shading {
  const texture = (width: number, height: number, data?: Float32Array): WebGLTexture => {
    const made = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, made);
    gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGBA32F, width, height);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    if (data) gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, width, height, gl.RGBA, gl.FLOAT, data);
    return made;
  };
  const compiled = (code: string): WebGLProgram => {
    const program = gl.createProgram();
    for (const [type, source] of [[gl.VERTEX_SHADER, VERTICES] as const, [gl.FRAGMENT_SHADER, code] as const]) {
      const shader = gl.createShader(type);
      if (shader === null) continue;
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS))
      fail(`a shader does not compile: ${gl.getProgramInfoLog(program)}`);
    return program;
  };
  /** Prepares a drawing of `width` × `height` texels; gives what draws it, and what reads some of it, waiting until it is there. */
  const prepare = (code: string, width: number, height: number, inputs: readonly WebGLTexture[], depth: number) => {
    const program = compiled(code);
    gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
    const target = texture(width, height);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, target, 0);
    if (gl.checkFramebufferStatus(gl.FRAMEBUFFER) !== gl.FRAMEBUFFER_COMPLETE)
      fail('it cannot draw into float32 textures');
    gl.viewport(0, 0, width, height);
    gl.useProgram(program);
    inputs.forEach((input, i) => {
      gl.activeTexture(gl.TEXTURE0 + i);
      gl.bindTexture(gl.TEXTURE_2D, input);
      gl.uniform1i(gl.getUniformLocation(program, i === 0 ? 'a' : 'b'), i);
    });
    gl.uniform1i(gl.getUniformLocation(program, 'depth'), depth);
    const draw = (): void => gl.drawArrays(gl.TRIANGLES, 0, 3);
    const read = (columns: number, rows: number): Float32Array => {
      const data = new Float32Array(4 * columns * rows);
      gl.readPixels(0, 0, columns, rows, gl.RGBA, gl.FLOAT, data);
      return data;
    };
    return { draw, read };
  };
  return {
    squares(numbers) {
      const width = numbers.length / 4;
      const { draw, read } = prepare(SQUARES, width, 1, [texture(width, 1, numbers)], 0);
      draw();
      return read(width, 1);
    },
    product(a, b, size) {
      const width = size / 4;
      const { draw, read } = prepare(PRODUCT, width, size, [texture(width, size, a), texture(width, size, b)], width);
      draw();
      const result = read(width, size);
      const times = [0, 1, 2].map(() => {
        const from = performance.now();
        draw();
        read(1, 1);
        return performance.now() - from;
      });
      return { result, time: Math.min(...times) };
    },
  };
}

function fail(what: string): never {
  throw new SaddlepointError('internal', what);
}
