import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkBuilt, folder, saddlepoint } from './command.ts';

beforeAll(checkBuilt);

const namesIn = (file: string): string[] =>
  readFileSync(join(import.meta.dirname, '../fixtures', file), 'utf8')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));

describe('texts', () => {
  it('are classified by their words, of which the model brings the vocabulary', async () => {
    const cwd = folder();
    const [good, bad] = [
      ['wonderful', 'lovely', 'great', 'excellent'],
      ['awful', 'boring', 'poor', 'dreadful'],
    ];
    const line = (i: number): string => {
      const words = i % 2 === 0 ? good : bad;
      return `"the film number ${i} was really ${words[i % 4]}, and ${words[(i + 2) % 4]} indeed",${i % 2 === 0 ? 'liked' : 'hated'}`;
    };
    writeFileSync(
      join(cwd, 'films.csv'),
      `review,mood\n${Array.from({ length: 100 }, (_, i) => line(i)).join('\n')}\n`,
    );
    const { code, stdout } = await saddlepoint(['train', 'films.csv', '-t', 'mood', '-q', '--epochs', '20'], { cwd });
    expect(code).toBe(0);
    expect(stdout).toContain('review: text');
    expect(stdout).toMatch(/column 'review' is text \(\S+ words on average\): a bag of \d+ words by tf–idf/);
    const input = 'review\n"a great and lovely story, I think"\n"what a dreadful, boring evening it was"\n';
    const answers = await saddlepoint(['predict', 'films.safetensors', '-'], { cwd, input });
    expect(
      answers.stdout
        .trimEnd()
        .split('\n')
        .map((row) => row.split(',')[0]),
    ).toEqual(['prediction', 'liked', 'hated']);
  });

  it('of one word, such as names, are told by runs of characters: better than the commonest class', async () => {
    const cwd = folder();
    // Every tenth name of the two lists: a real task, small enough for a test.
    const lines = [
      ...namesIn('female-names.txt')
        .filter((_, i) => i % 10 === 0)
        .map((name) => `${name},female`),
      ...namesIn('male-names.txt')
        .filter((_, i) => i % 10 === 0)
        .map((name) => `${name},male`),
    ];
    writeFileSync(join(cwd, 'names.csv'), `name,sex\n${lines.join('\n')}\n`);
    const words = ['train', 'names.csv', '-t', 'sex', '--text', 'name', '--json', '-q', '--no-baseline'];
    const { code, stdout } = await saddlepoint(words, { cwd });
    expect(code).toBe(0);
    const { report, notes } = JSON.parse(stdout);
    expect(notes.join()).toContain('runs of one to three characters');
    const always = report.baselines.find(({ name }: { name: string }) => name === 'always female');
    // The interval of the difference lies above 0: chance alone does not explain it.
    expect(always.difference.interval[0]).toBeGreaterThan(0);
  });
});

describe('a folder of images', () => {
  it('is learnt by a small convolutional network, which then tells new images', async () => {
    const cwd = folder();
    const side = 16;
    const picture = (upright: boolean, n: number): Uint8Array => {
      const data = new Uint8Array(side * side * 3);
      for (let y = 0; y < side; y++)
        for (let x = 0; x < side; x++) {
          const on = Math.floor(((upright ? x : y) + n) / (2 + (n % 3))) % 2 === 0;
          data.fill(on ? 120 + ((n * 37) % 120) : 10, 3 * (y * side + x), 3 * (y * side + x) + 3);
        }
      return encode({ width: side, height: side, data, channels: 3, depth: 8 });
    };
    for (const upright of [true, false]) {
      const path = join(cwd, 'stripes', upright ? 'upright' : 'level');
      mkdirSync(path, { recursive: true });
      for (let n = 0; n < 25; n++) writeFileSync(join(path, `${n}.png`), picture(upright, n));
    }
    const words = ['train', 'stripes', '--size', '16', '--epochs', '15', '--json', '-q', '--no-baseline'];
    const { code, stdout } = await saddlepoint(words, { cwd });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      model: 'stripes.safetensors',
      rows: { training: 32, validation: 8, test: 10 },
      report: { classes: ['level', 'upright'] },
    });
    writeFileSync(join(cwd, 'new.png'), picture(true, 31));
    const answer = await saddlepoint(['predict', 'stripes.safetensors', 'new.png', 'stripes/level'], { cwd });
    const lines = answer.stdout.trimEnd().split('\n');
    expect(lines[0]).toBe('file,prediction,probability level,probability upright');
    expect(lines[1]).toMatch(/^new\.png,upright,/);
    expect(lines).toHaveLength(27);
    const measured = await saddlepoint(['evaluate', 'stripes.safetensors', 'stripes', '--json'], { cwd });
    expect(JSON.parse(measured.stdout).report.rows).toBe(50);
    writeFileSync(join(cwd, 'stripes/level/0.png'), 'no image');
    const broken = await saddlepoint(['train', 'stripes'], { cwd });
    expect(broken).toMatchObject({ code: 1, stderr: expect.stringContaining('0.png') });
  });
});
