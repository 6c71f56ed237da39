/**
 * @file Builds of the machine that the user brings: addresses, answers, bytes or compiled modules instead of what comes with the
 * library. What is no build of this version is named as what it is.
 */
import { SaddlepointError, show, suggest } from '../../core/errors.ts';
import type { Build, Compile } from './machine.ts';
import { idOf, whatIs } from './machine-errors.ts';

/** Where a build comes from: an address, an answer of `fetch`, bytes, or a module that is compiled. */
export type WasmSource = string | URL | Response | ArrayBuffer | Uint8Array | WebAssembly.Module;

/** Builds by name; without one, sessions that want it do with `simd`. */
export interface WasmBuilds {
  /** saddlepoint.simd.wasm: every instruction, the same bits everywhere. */
  readonly simd: WasmSource;
  /** saddlepoint.relaxed.wasm, for `deterministic: false`. */
  readonly relaxed?: WasmSource;
  /** saddlepoint.threads.wasm, for `threads`. */
  readonly threads?: WasmSource;
  /** saddlepoint.relaxedThreads.wasm, for both. */
  readonly relaxedThreads?: WasmSource;
}

/** The option `wasm`: one source is that of `simd`. */
export type WasmOption = WasmSource | WasmBuilds;

const NAMES = ['simd', 'relaxed', 'threads', 'relaxedThreads'] as const;

/** Builds of the user. */
export interface OwnBuilds {
  readonly compile: Compile;
  has(build: Build): boolean;
}

/** @throws SaddlepointError `option` for what is neither a source nor sources by name. */
export function ownBuilds(given: WasmOption): OwnBuilds {
  const named = isSource(given) ? { simd: given } : given;
  if (Object(named) !== named || named.simd === undefined)
    throw new SaddlepointError(
      'option',
      `wasm: expected an address, a Response, bytes or a module, got ${show(given)}`,
      HELP,
    );
  for (const [name, source] of Object.entries(named)) {
    if (!(NAMES as readonly string[]).includes(name))
      throw new SaddlepointError('option', `wasm: unknown build '${name}'`, suggest(name, NAMES));
    if (source !== undefined && !isSource(source))
      throw new SaddlepointError('option', `wasm.${name}: expected a source, got ${show(source)}`, HELP);
  }
  const builds = named as Partial<Record<Build, WasmSource>>;
  return {
    // `simd` has all that `core` has.
    async compile(build) {
      const name = builds[build] === undefined ? 'simd' : build;
      const { module, abi, from } = await moduleOf(builds[name] as WasmSource);
      if (abi !== idOf(name)) refuse(`${from} ${whatIs(name, abi)}`);
      return module;
    },
    has: (build) => builds[build] !== undefined,
  };
}

const HELP =
  "give the address of node_modules/saddlepoint/dist/wasm/saddlepoint.simd.wasm where your server has it, wasm: '/saddlepoint.simd.wasm', its bytes or its WebAssembly.Module; or leave wasm out: the library brings its own";

const isModule = (value: unknown): boolean => Object.prototype.toString.call(value) === '[object WebAssembly.Module]';

const isResponse = (value: unknown): value is Response => typeof Response !== 'undefined' && value instanceof Response;

const isSource = (value: unknown): value is WasmSource =>
  typeof value === 'string' ||
  value instanceof URL ||
  value instanceof ArrayBuffer ||
  value instanceof Uint8Array ||
  isResponse(value) ||
  isModule(value);

/** A module of this library, of whatever build and version. */
interface Given {
  readonly module: WebAssembly.Module;
  readonly abi: number;
  /** As its user knows it. */
  readonly from: string;
}

/** What was compiled, so that a second run neither fetches nor compiles; what failed is not kept. */
const byAddress = new Map<string, Promise<Given>>();
const byObject = new WeakMap<object, Promise<Given>>();

async function moduleOf(source: WasmSource): Promise<Given> {
  const isAddress = typeof source === 'string' || source instanceof URL;
  const known = isAddress ? byAddress.get(String(source)) : byObject.get(source);
  const loading = known ?? (isAddress ? fetched(source) : load(source));
  if (isAddress) byAddress.set(String(source), loading);
  else byObject.set(source, loading);
  loading.catch(() => (isAddress ? byAddress.delete(String(source)) : byObject.delete(source)));
  return loading;
}

async function load(source: Exclude<WasmSource, string | URL>): Promise<Given> {
  if (isModule(source)) return checked(source as WebAssembly.Module, 'the given module');
  if (isResponse(source)) return answered(source, source.url || 'the given Response');
  const bytes = source instanceof Uint8Array ? source : new Uint8Array(source as ArrayBuffer);
  return compiled(bytes, `the given ${bytes.length} bytes`, '');
}

async function fetched(source: string | URL): Promise<Given> {
  const files = globalThis.process?.getBuiltinModule?.('node:fs/promises');
  if (files && String(source).startsWith('file:')) {
    const bytes = await files.readFile(new URL(source)).catch((cause) => refuse(`${source} cannot be read`, cause));
    return compiled(bytes, String(source), `, ${bytes.length} bytes`);
  }
  const response = await fetch(source).catch((cause) => refuse(`${source} cannot be fetched`, cause));
  return answered(response, response.url || String(source));
}

/** Right bytes count, whatever type the server says they have. */
async function answered(response: Response, url: string): Promise<Given> {
  const type = response.headers.get('content-type') ?? 'no content type';
  const answer = `status ${response.status}, ${type}`;
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (!response.ok) refuse(`${url} is not there: ${answer}${isHtml(bytes) ? '; this is HTML' : ''}`);
  return compiled(bytes, url, `: ${answer}, ${bytes.length} bytes`);
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes.subarray(0, 256)).trimStart();

const isHtml = (bytes: Uint8Array): boolean => /^(<!--|<!doctype html|<html|<head|<body)/i.test(textOf(bytes));

async function compiled(bytes: Uint8Array, from: string, answer: string): Promise<Given> {
  if (isHtml(bytes))
    refuse(`${from} is no WebAssembly${answer}; this is HTML: servers answer with a page where a file is missing`);
  if (![0, 0x61, 0x73, 0x6d].every((byte, i) => bytes[i] === byte)) refuse(`${from} is no WebAssembly${answer}`);
  try {
    return await checked(await WebAssembly.compile(bytes as Uint8Array<ArrayBuffer>), from);
  } catch (cause) {
    if (cause instanceof SaddlepointError) throw cause;
    if (/unsafe-eval|content security policy/i.test(String(cause)))
      throw new SaddlepointError(
        'option',
        `${from} may not be compiled here: ${String(cause)}`,
        "a strict page needs 'wasm-unsafe-eval' in script-src",
        { cause },
      );
    return refuse(`${from} is damaged or truncated${answer}: ${String(cause)}`, cause);
  }
}

/** The module, if it is one of this library. */
async function checked(module: WebAssembly.Module, from: string): Promise<Given> {
  const names = WebAssembly.Module.exports(module).map(({ name }) => name);
  const imports = WebAssembly.Module.imports(module).map((one) => `${one.module}.${one.name}`);
  if (!names.includes('abi') || !names.includes('execute') || imports.join() !== 'env.memory')
    refuse(`${from} is WebAssembly, but not of this library: it exports ${names.slice(0, 6).join(', ') || 'nothing'}`);
  return { module, abi: await abiOf(module), from };
}

/** Builds for one thread and for several take memories of different kinds, and none tells which. */
async function abiOf(module: WebAssembly.Module): Promise<number> {
  const size = { initial: 1, maximum: 1 };
  const open = (shared: boolean) =>
    WebAssembly.instantiate(module, { env: { memory: new WebAssembly.Memory({ ...size, shared }) } });
  const { exports } = await open(false).catch(() => open(true));
  return (exports as { abi(): number }).abi();
}

function refuse(what: string, cause?: unknown): never {
  throw new SaddlepointError('file', `wasm: ${what}`, HELP, { cause });
}
