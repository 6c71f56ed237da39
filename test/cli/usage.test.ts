import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkBuilt, folder, saddlepoint, writeIris } from './command.ts';

beforeAll(checkBuilt);

describe('the command line', () => {
  it('helps: for all, for each command, and with its version', async () => {
    const cwd = folder();
    const [all, version, none] = await Promise.all([
      saddlepoint(['--help'], { cwd }),
      saddlepoint(['--version'], { cwd }),
      saddlepoint([], { cwd }),
    ]);
    expect(all.code).toBe(0);
    for (const name of ['train', 'predict', 'evaluate', 'inspect', 'diagnose', 'ablate', 'doctor'])
      expect(all.stdout).toContain(`  ${name} `);
    expect(all.stdout).toContain('Exit codes: 0 done, 1 failed, 2 wrong usage, 3 diagnose found a fault');
    expect(version).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
    expect(none).toMatchObject({ code: 2, stdout: '' });
    const train = await saddlepoint(['train', '--help'], { cwd });
    expect(train.code).toBe(0);
    for (const option of ['--target', '--epochs', '--missing', '--seed', '--json'])
      expect(train.stdout).toContain(option);
    expect(train.stdout).toContain('saddlepoint train iris.csv --target species');
  });

  // Each is a mistake that people make; the message says what was given and what to do.
  it.each([
    ['an option that is misspelt', ['train', 'iris.csv', '--traget', 'species'], 2, '(Did you mean --target?)'],
    ['a command that is misspelt', ['trian', 'iris.csv'], 2, '(Did you mean train?)'],
    ['no target', ['train', 'iris.csv'], 2, "the columns are 'sepal length', 'sepal width'"],
    ['a target that is misspelt', ['train', 'iris.csv', '-t', 'specie'], 2, "did you mean 'species'?"],
    [
      'a fraction of epochs',
      ['train', 'iris.csv', '-t', 'species', '--epochs', '2.5'],
      2,
      'expected a whole number ≥ 1',
    ],
    ['a share above one', ['train', 'iris.csv', '-t', 'species', '--test', '20'], 2, 'expected a number ≥ 0 and ≤ 0.9'],
    [
      'an unknown policy',
      ['train', 'iris.csv', '-t', 'species', '--missing', 'zero'],
      2,
      'Allowed choices are error, drop',
    ],
    ['layers that are no numbers', ['train', 'iris.csv', '-t', 'species', '--hidden', '8,many'], 2, '--hidden none'],
    [
      'a column to exclude that is not there',
      ['train', 'iris.csv', '-t', 'species', '--exclude', 'id'],
      2,
      'columns: sepal length',
    ],
    [
      'a kind that is none',
      ['train', 'iris.csv', '-t', 'species', '--kind', 'species=name'],
      2,
      'such as zip=category',
    ],
    [
      'a folder that is not there',
      ['train', 'iris.csv', '-t', 'species', '--out', 'no/m.safetensors'],
      2,
      'make it first',
    ],
    ['a file that is not there', ['train', 'irsi.csv', '-t', 'species'], 1, 'there is no file irsi.csv'],
    ['a model that is none', ['predict', 'iris.csv', 'iris.csv'], 1, 'safetensors'],
    ['names as amounts', ['train', 'iris.csv', '-t', 'species', '--task', 'value'], 1, 'holds names, amounts expected'],
  ] as const)('E2, E3: names %s', async (_, words, code, text) => {
    const cwd = folder();
    writeIris(cwd);
    const result = await saddlepoint(words, { cwd });
    expect(result.stderr).toContain(text);
    expect(result).toMatchObject({ code, stdout: '' });
    expect(readdirSync(cwd)).toEqual(['iris.csv']);
  });

  it('takes a folder only for images, and says what is in it otherwise', async () => {
    const cwd = folder();
    mkdirSync(join(cwd, 'empty'));
    const empty = await saddlepoint(['train', 'empty'], { cwd });
    expect(empty).toMatchObject({ code: 1, stderr: expect.stringContaining('empty has no sub-folders') });
    const target = await saddlepoint(['train', 'empty', '-t', 'species'], { cwd });
    expect(target).toMatchObject({ code: 2, stderr: expect.stringContaining('--target is about tables') });
  });
});
