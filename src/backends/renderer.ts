/**
 * @file What a WebGL 2 context says of itself before anything is drawn. Looked at on a page, and in a worker for a page: making a
 * context holds up the thread that asks for it, for 25 ms to more than a second where the renderer is software.
 */

/** What is behind WebGL. */
export interface Renderer {
  /** As the browser calls it; WebKit may call every renderer "Apple GPU". */
  readonly name: string;
  /** Why it is not good for training, as far as that shows without drawing. */
  readonly refusal: string | undefined;
}

/** Names of renderers that are no hardware: of Chromium, of Mesa (Firefox, WebKit), of Windows. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render|\bwarp\b/i;

/** Null where the browser gives none. */
export const offscreenContext = (): WebGL2RenderingContext | null => new OffscreenCanvas(1, 1).getContext('webgl2');

export function rendererOf(gl: WebGL2RenderingContext): Renderer {
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  const name = String(gl.getParameter(info?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER));
  return { name, refusal: refusalOf(gl, name) };
}

function refusalOf(gl: WebGL2RenderingContext, name: string): string | undefined {
  if (SOFTWARE.test(name)) return `a software renderer: ${name}`;
  if (gl.getExtension('EXT_color_buffer_float') === null)
    return 'no float32 results (EXT_color_buffer_float), as on many phones';
  return undefined;
}

/** Browsers have few contexts. */
export const giveUp = (gl: WebGL2RenderingContext | null): void =>
  gl?.getExtension('WEBGL_lose_context')?.loseContext();

/** Undefined where a worker cannot tell: without OffscreenCanvas, or with one that has no WebGL, as Safari had it until 17. */
export function rendererHere(): Renderer | undefined {
  const gl = typeof OffscreenCanvas === 'undefined' ? null : offscreenContext();
  try {
    return gl === null ? undefined : rendererOf(gl);
  } finally {
    giveUp(gl);
  }
}
