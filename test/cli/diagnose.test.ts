import { copyFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { root } from '../../scripts/files.mjs';
import { checkBuilt, folder, irisHeader, irisLines, saddlepoint, writeIris } from './command.ts';

beforeAll(checkBuilt);

describe('saddlepoint diagnose', () => {
  it('finds nothing in penguins, and exits with 0', async () => {
    const cwd = folder();
    copyFileSync(join(root, 'test/fixtures/penguins.json'), join(cwd, 'penguins.json'));
    const words = ['diagnose', 'penguins.json', '-t', 'Species', '--missing', 'drop'];
    const { code, stdout, stderr } = await saddlepoint(words, { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain("penguins.json: 'Species' is predicted, a class, from 334 rows");
    expect(stdout).toContain('nothing found');
    expect(readdirSync(cwd)).toEqual(['penguins.json']);
  });

  it('finds rare classes, and labels that no column tells, and exits with 3', async () => {
    const cwd = folder();
    const rare = [...irisLines.slice(0, 50), ...irisLines.slice(50, 58), ...irisLines.slice(100)];
    writeIris(cwd, rare, 'rare.csv');
    const found = await saddlepoint(['diagnose', 'rare.csv', '-t', 'species'], { cwd });
    expect(found).toMatchObject({ code: 3, stderr: '' });
    expect(found.stdout).toMatch(
      /warn: A6 rows are not what they should be: class '.*' has 40 rows, class 'versicolor' 6/,
    );
    // Each row twice, with two labels.
    const lines = irisLines.slice(0, 60).flatMap((line) => {
      const cells = line.split(',').slice(0, 4);
      return ['yes', 'no'].map((label) => [...cells, label].join(','));
    });
    writeFileSync(join(cwd, 'unlearnable.csv'), `${[irisHeader, ...lines].join('\n')}\n`);
    const json = await saddlepoint(['diagnose', 'unlearnable.csv', '-t', 'species', '--json'], { cwd });
    expect(json.code).toBe(3);
    const answer = JSON.parse(json.stdout);
    expect(answer).toMatchObject({ source: 'unlearnable.csv', target: 'species', task: 'class' });
    expect(answer.advice.map(({ rule }: { rule: string }) => rule)).toContain('A5');
    expect(answer.faults).toBe(answer.advice.length);
  });

  it.each([
    ['no target', ['iris.csv'], 2, 'diagnose: which column is to be predicted?'],
    ['a folder', ['.', '-t', 'species'], 2, 'is a folder'],
    ['a file that is not there', ['irsi.csv', '-t', 'species'], 1, 'there is no file irsi.csv'],
    ['options of a training', ['iris.csv', '-t', 'species', '--epochs', '3'], 2, "unknown option '--epochs'"],
  ])('names %s', async (_, words, code, text) => {
    const cwd = folder();
    writeIris(cwd);
    const result = await saddlepoint(['diagnose', ...words], { cwd });
    expect(result.stderr).toContain(text);
    expect(result).toMatchObject({ code, stdout: '' });
  });
});
