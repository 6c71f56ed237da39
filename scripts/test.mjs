// @ts-check
/**
 * @file The whole check, step by step, stopping at the first that fails. The last line counts tests: `N passed, N failed`;
 * a failing step other than a test counts as one failure.
 *
 *   node scripts/test.mjs           as `npm test`
 *   node scripts/test.mjs --full    with the long convergence tests, every op and golden case on WebGL, and under Node 24
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bin, root } from './files.mjs';

const full = process.argv.includes('--full');
const results = join(root, 'build/vitest.json');
const projects = ['node', 'chromium', ...(full ? ['convergence', 'webgl'] : [])];
// Against what hangs: a busy machine takes twice as long as a quiet one.
const minutes = full ? 45 : 15;
const node = process.execPath;

/** @type {{ name: string, run: string[], keepOutput?: boolean }[]} */
const steps = [
  { name: 'chromium', run: ['sh', 'scripts/ensure-chromium.sh'], keepOutput: true },
  { name: 'runtimes', run: [node, 'scripts/ensure-runtimes.mjs'] },
  { name: 'build', run: [node, 'scripts/ensure-built.mjs'] },
  { name: 'lint', run: [bin('biome'), 'check', '--error-on-warnings'] },
  { name: 'types', run: [bin('tsc')] },
  { name: 'api reference', run: [node, 'scripts/api-reference.mjs'] },
  {
    name: 'vitest',
    run: [
      bin('vitest'),
      'run',
      ...projects.flatMap((project) => ['--project', project]),
      ...['--reporter=default', '--reporter=json', `--outputFile.json=${results}`],
    ],
  },
  { name: 'size', run: [node, 'scripts/size.mjs'] },
  ...(full ? [{ name: 'node 24', run: [node, 'scripts/test-node24.mjs'] }] : []),
];

/**
 * Runs a command in a process group of its own, so that an overdue one goes with all its children (browsers too).
 * @param {string[]} command @param {boolean} keepOutput @returns {Promise<{ ok: boolean, output: string }>}
 */
function run([file = '', ...args], keepOutput) {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd: root,
      detached: true,
      stdio: ['ignore', keepOutput ? 'pipe' : 'inherit', 'inherit'],
    });
    let output = '';
    child.stdout?.on('data', (chunk) => {
      output += chunk;
    });
    const stop = () => {
      if (child.pid) process.kill(-child.pid, 'SIGKILL');
    };
    const timer = setTimeout(() => {
      console.error(`error: ${file} took more than ${minutes} minutes; stopped.`);
      stop();
    }, minutes * 60_000);
    const interrupt = () => {
      stop();
      process.exit(130);
    };
    process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
    child.on('error', (error) => console.error(`error: ${error.message}`));
    child.on('close', (code) => {
      clearTimeout(timer);
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
      resolve({ ok: code === 0, output });
    });
  });
}

/** @returns {{ passed: number, failed: number }} */
function countTests() {
  if (!existsSync(results)) return { passed: 0, failed: 0 };
  const report = JSON.parse(readFileSync(results, 'utf8'));
  return { passed: report.numPassedTests, failed: report.numFailedTests };
}

rmSync(results, { force: true });
let failedStep = '';
for (const { name, run: command, keepOutput = false } of steps) {
  console.log(`\n── ${name}`);
  const start = performance.now();
  const { ok, output } = await run(command, keepOutput);
  if (name === 'chromium') process.env.CHROMIUM_PATH = output.trim();
  console.log(`── ${name}: ${ok ? 'ok' : 'FAILED'}, ${((performance.now() - start) / 1000).toFixed(1)} s`);
  if (!ok) {
    failedStep = name;
    break;
  }
}

const { passed, failed } = countTests();
// A step that failed without a failing test (lint, or an error outside any test) must not read as "0 failed".
console.log(`\n${passed} passed, ${failedStep ? Math.max(failed, 1) : failed} failed`);
process.exitCode = failedStep ? 1 : 0;
