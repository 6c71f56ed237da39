// @ts-check
/**
 * @file Compiles assembly/ and writes dist/wasm/: the .wasm and one loader for each way a runtime takes WebAssembly.
 *
 *   node scripts/build-wasm.mjs            when the sources have changed
 *   node scripts/build-wasm.mjs --force    always
 *   node scripts/build-wasm.mjs --types    only the type declarations, for a type check without a build
 *
 * A loader exports `load`, one thunk a build; nothing is decoded or compiled before a thunk is called, and nothing is
 * awaited at module top level, which edge runtimes forbid.
 */
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import zopfli from '@gfx/zopfli';
import { writeWorkerTypes } from './build-worker.mjs';
import { bin, fail, makeIfStale, root } from './files.mjs';
import { BUILDS, machineId, SOURCES } from './machine-id.mjs';

/**
 * The builds, by their targets in asconfig.json, with their entry. `core` has what a dense network needs, and a page loads it
 * with the library; the others have every instruction, and are loaded when a plan needs more.
 * @type {Readonly<Record<(typeof BUILDS)[number], string>>}
 */
const entries = {
  core: 'assembly/index.ts',
  simd: 'assembly/extended.ts',
  threads: 'assembly/shared.ts',
  relaxed: 'assembly/relaxed.ts',
  relaxedThreads: 'assembly/relaxed-shared.ts',
};
const targets = BUILDS;
const [first, ...later] = targets;

/** As zlib's, but smaller by a twentieth and slower by seconds: for the build that every page pays for. */
const squeeze = promisify(zopfli.gzip);

/** All that a module may ask of its host. */
const allowedImports = new Set(['env.memory']);

const folder = join(root, 'dist/wasm');
const header = '// Written by scripts/build-wasm.mjs.\n';

/** @param {string} target */
const wasmName = (target) => `saddlepoint.${target}.wasm`;

/** @param {string} file @param {string} text */
function write(file, text) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, file), header + text);
}

/** The declarations hold for all loaders. */
export function writeTypes() {
  const rows = targets.map((target) => `  readonly ${target}: () => Promise<WebAssembly.Module>;\n`).join('');
  write(
    'inline.d.ts',
    `/** One thunk a build of the machine, in the order of their numbers: compiles it, or hands over the compiled module. */
export declare const load: {\n${rows}};
/** Tells the sources that all builds were made of. */
export declare const id: number;\n`,
  );
}

/** Behind each loader's builds, which stand in the order of their numbers. */
const idText = () => `export const id = ${machineId()};\n`;

/** @param {(typeof BUILDS)[number]} target @returns {Promise<number | null>} the exit status of the compiler */
function runCompiler(target) {
  const id = `BUILD_ID=${machineId() + targets.indexOf(target)}`;
  const command = [entries[target], '--config', 'asconfig.json', '--target', target, '--use', id];
  return new Promise((resolve) => {
    spawn(bin('asc'), command, { cwd: root, stdio: 'inherit' })
      .once('close', resolve)
      .once('error', () => resolve(null));
  });
}

/** @param {(typeof BUILDS)[number]} target @returns {Promise<Buffer<ArrayBuffer>>} the compiled module */
async function compile(target) {
  if ((await runCompiler(target)) !== 0) fail(`AssemblyScript did not compile target "${target}" (see above).`);
  const path = join(root, 'build', wasmName(target));
  const bytes = readFileSync(path);
  checkImports(bytes);
  mkdirSync(folder, { recursive: true });
  copyFileSync(path, join(folder, wasmName(target)));
  return bytes;
}

/** Engines without relaxed SIMD cannot look at builds with it; those are made of the same sources as the others. @param {Buffer<ArrayBuffer>} bytes */
function checkImports(bytes) {
  if (!WebAssembly.validate(bytes)) return;
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(bytes)).map((i) => `${i.module}.${i.name}`);
  const extra = imports.filter((name) => !allowedImports.has(name));
  if (extra.length > 0) {
    fail(`The module imports ${extra.join(', ')}; only ${[...allowedImports].join(', ')} may be imported.
  Does assembly/ use something that allocates, throws or prints?`);
  }
}

/** Two compilers at a time. @returns {Promise<Map<string, Buffer<ArrayBuffer>>>} */
async function compileAll() {
  /** @type {Map<string, Buffer<ArrayBuffer>>} */
  const modules = new Map(targets.map((target) => [target, Buffer.alloc(0)]));
  const left = [...targets];
  const work = async () => {
    for (let target = left.shift(); target !== undefined; target = left.shift())
      modules.set(target, await compile(target));
  };
  await Promise.all([work(), work()]);
  return modules;
}

/**
 * Bytes as text, 4 in 5 characters (base 85, from '(' on, with '#' for the backslash): a fifth longer than the bytes, where
 * base64 is a third. @param {Buffer} bytes
 */
function toBase85(bytes) {
  let text = '';
  for (let i = 0; i < bytes.length; i += 4) {
    let value = 0;
    for (let k = 0; k < 4; k++) value = value * 256 + (bytes[i + k] ?? 0);
    for (let power = 85 ** 4; power >= 1; power /= 85)
      text += String.fromCharCode(40 + (Math.floor(value / power) % 85));
  }
  return text.replaceAll('\\', '#');
}

const decoder = `async function compile(text, length) {
  const view = new DataView(new ArrayBuffer(length + 3));
  for (let i = 0; i < text.length; ) {
    let value = 0;
    const at = (i / 5) * 4;
    for (const end = i + 5; i < end; i++) value = value * 85 + (text[i] === '#' ? 52 : text.charCodeAt(i) - 40);
    view.setUint32(at, value);
  }
  const stream = new Blob([view.buffer.slice(0, length)]).stream().pipeThrough(new DecompressionStream('gzip'));
  return WebAssembly.compile(await new Response(stream).arrayBuffer());
}
`;

/**
 * Bytes in the text: works everywhere but where code may not be compiled from bytes. They are compressed first, since text
 * spoils what a server's compression could do. Every engine with SIMD has DecompressionStream.
 * @param {Map<string, Buffer>} modules
 */
async function writeInline(modules) {
  /** @param {string} target */
  const call = async (target) => {
    const bytes = /** @type {Buffer} */ (modules.get(target));
    const packed = target === first ? Buffer.from(await squeeze(bytes, {})) : gzipSync(bytes, { level: 9 });
    return `compile('${toBase85(packed)}', ${packed.length})`;
  };
  for (const target of later) write(`inline-${target}.js`, `export const make = (compile) => ${await call(target)};\n`);
  const rows = later.map(
    (target) => `  ${target}: async () => (await import('./inline-${target}.js')).make(compile),\n`,
  );
  write(
    'inline.js',
    `${decoder}export const load = {\n  ${first}: () => ${await call(first)},\n${rows.join('')}};\n${idText()}`,
  );
}

/**
 * Node reads the files: to inflate the text it would first load its web streams and all of `fetch`, which takes longer than
 * everything else before a first step (docs/adr/014). Where the files are not beside the code, as in a bundle, the text serves.
 * Each URL is a literal: of a name put together, Turbopack makes one file for all.
 */
function writeNode() {
  const rows = targets.map(
    (target) => `  ${target}: () => compile('${target}', () => new URL('./${wasmName(target)}', import.meta.url)),\n`,
  );
  write(
    'node.js',
    `import { readFile } from 'node:fs/promises';
const read = async (place) => WebAssembly.compile(await readFile(place()));
const compile = (target, place) => read(place).catch(async () => (await import('./inline.js')).load[target]());
export const load = {\n${rows.join('')}};\n${idText()}`,
  );
}

/**
 * The bundler or runtime compiles the file ahead of time. `without`: builds that it may not be shown, since a host that compiles
 * all that it finds would fail on them; the library takes a thunk that fails for an engine without that build.
 *
 * @param {string} file @param {string} suffix of the import @param {RegExp} [without]
 */
function writeModuleImports(file, suffix, without) {
  /** @param {string} target */
  const path = (target) => `'./${wasmName(target)}${suffix}'`;
  /** @param {string} target */
  const thunk = (target) =>
    without?.test(target) ? `{ throw new Error('not at the edge') }` : `(await import(${path(target)})).default`;
  const rows = later.map((target) => `  ${target}: async () => ${thunk(target)},\n`);
  write(
    file,
    `import ${first} from ${path(first)};\nexport const load = {\n  ${first}: async () => ${first},\n${rows.join('')}};\n${idText()}`,
  );
}

/** @param {{ force?: boolean }} [options] @returns {Promise<boolean>} whether anything had to be built */
export async function buildWasm({ force = false } = {}) {
  const files = [
    ...targets.map(wasmName),
    ...later.map((name) => `inline-${name}.js`),
    'inline.js',
    'inline.d.ts',
    'node.js',
    'workerd.js',
    'edge.js',
  ];
  return makeIfStale({
    name: 'wasm',
    force,
    sources: [...SOURCES, 'scripts/build-wasm.mjs', 'scripts/machine-id.mjs', 'package-lock.json'],
    outputs: files.map((file) => `dist/wasm/${file}`),
    async make() {
      const modules = await compileAll();
      writeTypes();
      await writeInline(modules);
      writeNode();
      writeModuleImports('workerd.js', '');
      // Next compiles every module of an edge route at once, on the machine's own Node, and Node 20 has no relaxed SIMD.
      writeModuleImports('edge.js', '?module', /^relaxed/);
      for (const [target, bytes] of modules) console.log(`dist/wasm/${wasmName(target)}: ${bytes.length} bytes`);
    },
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (process.argv.includes('--types')) {
    writeTypes();
    writeWorkerTypes();
  } else await buildWasm({ force: process.argv.includes('--force') });
}
