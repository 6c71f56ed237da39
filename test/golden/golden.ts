/** @file Runs golden cases: each that can be expressed, on each device, and everything that it holds. */
import { settle } from './disputes.ts';
import { activations } from './express/activations.ts';
import { attackCases } from './express/attacks.ts';
import { attentionCases } from './express/attention.ts';
import { clipping } from './express/clipping.ts';
import { conv } from './express/conv.ts';
import { curvature } from './express/curvature.ts';
import { dense } from './express/dense.ts';
import { elementwise } from './express/elementwise.ts';
import { embeddings } from './express/embeddings.ts';
import { gan } from './express/gan.ts';
import { initializers } from './express/initializers.ts';
import { losses } from './express/losses.ts';
import { metrics } from './express/metrics.ts';
import { mixing } from './express/mixing.ts';
import { multimodal } from './express/multimodal.ts';
import { norms } from './express/norms.ts';
import { optimizers } from './express/optimizers.ts';
import { pooling } from './express/pooling.ts';
import { prep } from './express/prep.ts';
import { recurrent } from './express/recurrent.ts';
import { schedules } from './express/schedules.ts';
import { training } from './express/training.ts';
import { type Check, compare, type GoldenCase, type GoldenFile, type Tolerance } from './format.ts';
import { type Adapter, type Device, type Expression, openSession } from './session.ts';

const adapters: Readonly<Record<string, Adapter>> = {
  activations,
  attention: attentionCases,
  clipping,
  conv,
  curvature,
  dense,
  elementwise,
  embeddings,
  gan,
  initializers,
  losses,
  metrics,
  multimodal,
  norms,
  optimizers,
  pooling,
  prep,
  recurrent,
  schedules,
  training,
  tricks: (...given) => attackCases(...given) ?? mixing(...given),
};

/** Keys that say something about a case and hold no result, and the random draw that is never compared (data/README.md). */
const NOT_RESULTS = [
  // The same case in another layout.
  'nchw',
  'note',
  'source',
  'layout',
  'defaults',
  'tol',
  'torch_sample_he_std',
];

export interface GoldenReport {
  /** Cases × devices. */
  readonly passed: number;
  readonly failed: number;
  /** A line for each failure. */
  readonly failures: readonly string[];
  /** `file/case` of each case that was run. */
  readonly expressed: readonly string[];
  /** `file/case` of each that was not, since the library cannot express it yet. */
  readonly missing: readonly string[];
}

/** The case, with a note of the keys that are read. */
function watched(data: GoldenCase): { data: GoldenCase; unread: () => string[] } {
  const read = new Set(NOT_RESULTS);
  const proxy = new Proxy(data, {
    get(target, key) {
      read.add(String(key));
      return target[String(key)];
    },
  });
  return { data: proxy, unread: () => Object.keys(data).filter((key) => !read.has(key)) };
}

async function failureOf(
  expression: Expression,
  data: GoldenCase,
  unread: () => string[],
  device: Device,
): Promise<string | undefined> {
  let checks: Check[];
  try {
    checks = await expression(await openSession(device));
  } catch (error) {
    return String(error).split('\n').join(' ');
  }
  const found = checks
    .map((check) => compare(check, data.tol as Tolerance | undefined))
    .find((failure) => failure !== undefined);
  if (found !== undefined || unread().length === 0) return checks.length === 0 ? 'nothing was compared' : found;
  return `not compared: ${unread().join(', ')}`;
}

/** Runs all cases of the files; see `Adapter` for which can be expressed. */
export async function runGolden(files: readonly GoldenFile[], devices: readonly Device[]): Promise<GoldenReport> {
  const failures: string[] = [];
  const expressed: string[] = [];
  const missing: string[] = [];
  for (const { file, cases } of files) {
    for (const name of Object.keys(cases).filter((key) => !key.startsWith('_'))) {
      const { data, unread } = watched(settle(`${file}/${name}`, cases[name] as GoldenCase));
      const expression = adapters[file]?.(name, data, cases);
      (expression === undefined ? missing : expressed).push(`${file}/${name}`);
      if (expression === undefined) continue;
      for (const device of devices) {
        const failure = await failureOf(expression, data, unread, device);
        if (failure !== undefined) failures.push(`${file}/${name} ${device}: ${failure}`);
      }
    }
  }
  const runs = expressed.length * devices.length;
  return { passed: runs - failures.length, failed: failures.length, failures, expressed, missing };
}
