import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { check } from './architecture/check.ts';
import { findCycles } from './architecture/cycles.ts';
import { findImports } from './architecture/imports.ts';
import { type Rules, rules } from './architecture/rules.ts';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

describe('the sources', () => {
  const report = check(path('..'), rules);

  test('are read', () => {
    expect(report.filesRead).toBeGreaterThanOrEqual(20);
  });

  test('keep the rules of test/architecture/rules.ts', () => {
    expect(report.violations.map(({ file, rule, detail }) => `${file} [${rule}] ${detail}`)).toEqual([]);
  });
});

describe('the checker', () => {
  const strict: Rules = {
    ...rules,
    maxLines: 12,
    longFiles: { 'src/core/short.ts': 'no longer true' },
    exceptions: [
      { from: 'src/graph/excepted.ts', to: 'src/ops/table.ts', typeOnly: true, reason: 'shows an exception at work' },
    ],
  };
  const report = check(path('./architecture/fixture'), strict);

  test('finds every violation of the fixture, and nothing else', () => {
    expect(report.violations.map(({ file, rule }) => `${file} [${rule}]`).sort()).toEqual([
      'assembly/index.ts [import]',
      'src/autodiff/grad.ts [import]',
      'src/backends/lower.ts [import]',
      'src/backends/lower.ts [import]',
      'src/cli/main.ts [import]',
      'src/core/cycle-a.ts [cycle]',
      'src/core/dynamic.ts [import]',
      'src/core/files.ts [name]',
      'src/core/files.ts [node]',
      'src/core/long.ts [length]',
      'src/core/short.ts [length]',
      'src/data/source.ts [import]',
      'src/engine/compile.ts [name]',
      'src/graph/excepted.ts [import]',
      'src/graph/lost.ts [unresolved]',
      'src/graph/upward.ts [import]',
      'src/io/archive.ts [import]',
      'src/nn/dense.ts [import]',
      'src/nn/dense.ts [import]',
      'src/nn/dense.ts [name]',
      'src/optim/adam.ts [import]',
      'src/plan/memory.ts [import]',
      'src/progress/terminal.ts [import]',
      'src/train/fit.ts [import]',
      'src/train/fit.ts [import]',
      'src/train/fit.ts [import]',
      'src/tricks/mixup.ts [separate]',
      'src/utilities/misc.ts [place]',
    ]);
  });

  test('says what was imported and what may be', () => {
    expect(report.violations.find(({ file }) => file === 'src/optim/adam.ts')?.detail).toBe(
      'imports src/nn/dense.ts; optim may import: core, graph, ops',
    );
  });

  test('reads every form of import', () => {
    const text = `
      import a from './a'; import type { B } from './b'; import { type C } from './c'; import './d';
      export * from './e'; export type { F } from './f'; type G = import('./g').G; const h = await import('./h');
      @inline function decorated(): void {}`;
    expect(findImports('x.ts', text).map((i) => i.specifier + (i.typeOnly ? ' type' : ''))).toEqual([
      ...['./a', './b type', './c', './d', './e', './f type', './g type', './h'],
    ]);
  });

  test('finds long cycles and files that import themselves', () => {
    const edges = { a: ['b', 'e'], b: ['c'], c: ['a'], d: ['d'], e: [] };
    expect(findCycles(new Map(Object.entries(edges)))).toEqual([['a', 'b', 'c'], ['d']]);
  });
});
