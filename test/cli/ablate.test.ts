import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ablation } from 'saddlepoint';
import { beforeAll, describe, expect, it } from 'vitest';
import { root } from '../../scripts/files.mjs';
import { checkBuilt, folder, saddlepoint, writeIris } from './command.ts';

beforeAll(checkBuilt);

const TRICKS = 'mixup(0.2), labelSmoothing(0.1), ema(0.999)';
const quick = ['--epochs', '4', '--seeds', '2', '-q'];
const values = ({ runs }: { runs: readonly { arm: string; seed: number; value: number }[] }) =>
  runs.map(({ arm, seed, value }) => `${arm} ${seed} ${value}`).sort();

describe('saddlepoint ablate', () => {
  it('compares tricks on penguins, in pairs of equal seeds, on rows that took no part', async () => {
    const cwd = folder();
    copyFileSync(join(root, 'test/fixtures/penguins.json'), join(cwd, 'penguins.json'));
    const words = ['ablate', 'penguins.json', '--target', 'Species', '--missing', 'drop', '--tricks', TRICKS];
    const { code, stdout, stderr } = await saddlepoint([...words, '--seeds', '5', '--epochs', '10'], { cwd });
    expect({ code, stderr: stderr.match(/^run \d+: .*, seed \d: (0\.\d+|1) \(\d+\.\d s\)$/gm)?.length }).toEqual({
      code: 0,
      stderr: 20,
    });
    expect(stdout).toContain(
      "penguins.json: 'Species' is predicted, measured on 67 rows that took no part in training",
    );
    for (const arm of ['all', 'without mixup', 'without labelSmoothing', 'without ema'])
      expect(stdout).toMatch(new RegExp(`^${arm} +(0\\.\\d+|1) ± `, 'm'));
    expect(stdout).toContain('5 seeds, the same for all');
    expect(readdirSync(cwd)).toEqual(['penguins.json']);
  });

  it('gives the same numbers whole, in parts that are merged, and by several processes', async () => {
    const cwd = folder();
    writeIris(cwd);
    const words = ['ablate', 'iris.csv', '-t', 'species', '--tricks', 'mixup, sam', '--mode', 'factorial', ...quick];
    const whole = JSON.parse((await saddlepoint([...words, '--json'], { cwd })).stdout);
    expect(whole.arms).toEqual(['none', 'mixup', 'sam', 'mixup + sam']);
    expect(whole.comparison).toMatchObject({
      target: 'species',
      rows: { learning: 120, test: 30 },
      options: { epochs: 4 },
    });
    for (const part of [0, 1, 2]) {
      const made = await saddlepoint([...words, '--shard', `${part}/3`, '--json', `part${part}.json`], { cwd });
      expect(made).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('of 8 runs') });
    }
    const names = ['part0.json', 'part1.json', 'part2.json'];
    const merged = await saddlepoint(['ablate', '--merge', ...names, '--json'], { cwd });
    expect(values(JSON.parse(merged.stdout))).toEqual(values(whole));
    const text = await saddlepoint(['ablate', '--merge', ...names], { cwd });
    expect(text.stdout).toMatch(/^mixup \+ sam +\S+ ± /m);
    const byJobs = await saddlepoint([...words, '--jobs', '3', '--json'], { cwd });
    expect(byJobs).toMatchObject({ code: 0, stderr: '' });
    expect(values(JSON.parse(byJobs.stdout))).toEqual(values(whole));
    // The library reads what the shell wrote.
    const parts = names.map((name) => JSON.parse(readFileSync(join(cwd, name), 'utf8')));
    expect(values(Ablation.merge(parts))).toEqual(values(whole));
  });

  it('keeps parts of other rows, options and files apart, and names what differs', async () => {
    const cwd = folder();
    writeIris(cwd);
    const part = (more: readonly string[], shard: number) =>
      saddlepoint(['ablate', 'iris.csv', '-t', 'species', '--seeds', '2', '-q', '--shard', `${shard}/8`, ...more], {
        cwd,
      });
    await part(['--tricks', 'mixup(0.2)', '--epochs', '1', '--json', 'a.json'], 0);
    await part(['--tricks', 'mixup(0.4)', '--epochs', '1', '--json', 'b.json'], 1);
    await part(['--tricks', 'mixup(0.2)', '--epochs', '2', '--json', 'c.json'], 1);
    writeFileSync(join(cwd, 'd.json'), '{}');
    const merge = async (...names: readonly string[]) => {
      const { code, stderr } = await saddlepoint(['ablate', '--merge', ...names], { cwd });
      return `${code} ${stderr}`;
    };
    expect(await merge('a.json', 'b.json')).toMatch(/^2 .*tricks is .*0\.2.* and .*0\.4/);
    expect(await merge('a.json', 'c.json')).toMatch(/^2 .*options is .*1.* and .*2/);
    expect(await merge('a.json', 'a.json')).toMatch(/^2 .*'all' with seed 0 occurs twice/);
    expect(await merge('a.json', 'd.json')).toMatch(/^1 .*d\.json is no part of an ablation/);
    expect(await merge('no.json')).toMatch(/^1 .*no\.json could not be read/);
  });

  it('draws the differences', async () => {
    const cwd = folder();
    writeIris(cwd);
    const words = ['ablate', 'iris.csv', '-t', 'species', '--tricks', 'sam', '--figure', 'a.svg', ...quick];
    expect(await saddlepoint(words, { cwd })).toMatchObject({ code: 0 });
    expect(readFileSync(join(cwd, 'a.svg'), 'utf8')).toMatch(/^<svg .*>without sam<.*<\/svg>\n$/s);
  });

  it('keeps the seeds that are complete when it is interrupted, by one process and by several', async () => {
    const cwd = folder();
    writeIris(cwd);
    for (const jobs of ['1', '2']) {
      const words = ['ablate', 'iris.csv', '-t', 'species', '--tricks', 'sam', '--seeds', '400', '--jobs', jobs];
      let sent = false;
      const { code, stdout, stderr } = await saddlepoint([...words, '--epochs', '3'], {
        cwd,
        watch(text, kill) {
          // Both arms, whichever process is ahead.
          if (sent || !text.includes(': all, seed 5:') || !text.includes(': without sam, seed 5:')) return;
          sent = true;
          kill('SIGINT');
        },
      });
      expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('seeds that are complete') });
      const seeds = Number(/^(\d+) seeds, the same for all/m.exec(stdout)?.[1]);
      expect(seeds).toBeGreaterThanOrEqual(6);
      expect(seeds).toBeLessThan(400);
    }
  });

  it.each([
    ['no tricks', ['iris.csv', '-t', 'species'], 'which tricks are to be compared?'],
    ['no rows', ['--tricks', 'sam'], 'of which rows?'],
    ['no target', ['iris.csv', '--tricks', 'sam'], 'ablate: which column is to be predicted? --target says it'],
    ['a trick that is misspelt', ['iris.csv', '-t', 'species', '--tricks', 'mixp'], "did you mean 'mixup'?"],
    [
      'tricks that clash, both of them',
      ['iris.csv', '-t', 'species', '--tricks', 'ema, swa({ from: 10 })'],
      'ema and swa clash',
    ],
    ['one seed', ['iris.csv', '-t', 'species', '--tricks', 'sam', '--seeds', '1'], 'ablate.seeds'],
    ['seeds that are none', ['iris.csv', '-t', 'species', '--tricks', 'sam', '--seeds', 'many'], '--seeds 3,7,9'],
    ['a part that is none', ['iris.csv', '-t', 'species', '--tricks', 'sam', '--shard', '4/4'], 'i from 0 to n − 1'],
    ['data taken for the file', ['-t', 'species', '--json', 'iris.csv'], 'the rows come before the options'],
    ['rows beside parts', ['iris.csv', '--merge', 'part.json'], "takes no rows: 'iris.csv'"],
    ['a training beside parts', ['--merge', 'part.json', '--epochs', '3'], 'takes no --epochs'],
    ['an error of one of several processes', ['iris.csv', '-t', 'kind', '--tricks', 'sam', '--jobs', '2'], "'kind'"],
  ])('names %s, and writes nothing', async (_, words, text) => {
    const cwd = folder();
    writeIris(cwd);
    const result = await saddlepoint(['ablate', ...words], { cwd });
    expect(result.stderr).toContain(text);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(readdirSync(cwd)).toEqual(['iris.csv']);
  });
});
