import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadModel } from 'saddlepoint';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkBuilt, folder, irisHeader, irisLines, saddlepoint, writeIris } from './command.ts';

beforeAll(checkBuilt);

describe('saddlepoint train', () => {
  it('trains on a CSV file, reports on rows it has not seen, and writes a model beside it', async () => {
    const cwd = folder();
    writeIris(cwd);
    const { code, stdout, stderr } = await saddlepoint(['train', 'iris.csv', '--target', 'species'], { cwd });
    expect(code).toBe(0);
    expect(stdout).toContain("iris.csv: 'species' is predicted, one of 3 classes");
    expect(stdout).toContain('Result on 30 rows that took no part in training');
    expect(stdout).toMatch(/this model +[01]\.\d{3} +[01]\.\d{3} … [01]\.\d{3}/);
    expect(stdout).toMatch(/linear model +[01]\.\d{3}/);
    // The strata give each class ten of the thirty rows.
    expect(stdout).toMatch(/always \w+ +0\.333 +0\.192 … 0\.512/);
    expect(stdout).toContain('Confusion');
    expect(stdout).toContain('standardized inputs');
    expect(stderr).toMatch(/wrote iris\.safetensors/);
    const model = await loadModel(join(cwd, 'iris.safetensors'));
    const [sl, sw, pl, pw] = (irisLines[0] as string).split(',').map(Number);
    const row = { 'sepal length': sl, 'sepal width': sw, 'petal length': pl, 'petal width': pw };
    expect(await model.predict(row)).toMatchObject({ label: 'setosa' });
    expect(readdirSync(cwd).sort()).toEqual(['iris.csv', 'iris.safetensors']);
  });

  it('prints one JSON object with --json, and the same model for the same seed', async () => {
    const cwd = folder();
    writeIris(cwd);
    const words = ['train', 'iris.csv', '-t', 'species', '--json', '--quiet', '--epochs', '5', '--seed', '3'];
    const first = await saddlepoint([...words, '--out', 'a.safetensors'], { cwd });
    const second = await saddlepoint([...words, '--out', 'b.safetensors'], { cwd });
    expect(first.stderr).toBe('');
    const answer = JSON.parse(first.stdout);
    expect(answer).toMatchObject({
      ...{ model: 'a.safetensors', source: 'iris.csv', target: 'species', task: 'class' },
      rows: { training: 96, validation: 24, test: 30 },
      report: { task: 'class', rows: 30, classes: ['setosa', 'versicolor', 'virginica'] },
      training: { epochs: 5 },
    });
    const total = answer.report.confusion.flat().reduce((sum: number, count: number) => sum + count, 0);
    expect(total).toBe(30);
    expect(JSON.parse(second.stdout).report).toEqual(answer.report);
    expect(readFileSync(join(cwd, 'a.safetensors'))).toEqual(readFileSync(join(cwd, 'b.safetensors')));
  });

  it('predicts amounts, in their units, beside the mean', async () => {
    const cwd = folder();
    const lines = Array.from({ length: 120 }, (_, i) => `${i % 12},${1000 + 250 * (i % 12)}`);
    writeFileSync(join(cwd, 'pay.csv'), `years,pay\n${lines.join('\n')}\n`);
    const { code, stdout } = await saddlepoint(['train', 'pay.csv', '-t', 'pay', '--task', 'value', '-q'], { cwd });
    expect(code).toBe(0);
    expect(stdout).toContain("'pay' is predicted, a number");
    expect(stdout).toMatch(/this model +\S+ +\S+ … \S+ +\S+ +\S+ … \S+/);
    expect(stdout).toMatch(/always 2\d{3}(\.\d)? \(mean\)/);
    expect(stdout).toMatch(/R²: (0\.9\d\d|1\.000)/);
    // On a straight line nothing beats one, and the report says so.
    expect(stdout).toContain("worse than 'linear model': train it with --hidden none");
  });

  it('says how few rows it had where nothing could be held out', async () => {
    const cwd = folder();
    writeFileSync(join(cwd, 'few.csv'), 'a,b,kind\n1,2,x\n2,1,x\n8,9,y\n9,8,y\n1,1,x\n9,9,y\n');
    const { code, stdout } = await saddlepoint(['train', 'few.csv', '-t', 'kind', '-q'], { cwd });
    expect(code).toBe(0);
    expect(stdout).toContain('Result on the 6 training rows themselves');
    expect(stdout).toContain('the numbers flatter');
  });

  it('holds out the last rows in time with --time, which is no input', async () => {
    const cwd = folder();
    // Backwards in the file: the order is the column's.
    const lines = Array.from({ length: 100 }, (_, i) => `${99 - i},${(99 - i) % 7},${2 * ((99 - i) % 7)}`);
    writeFileSync(join(cwd, 'series.csv'), `day,x,y\n${lines.join('\n')}\n`);
    const words = [
      'train',
      'series.csv',
      '-t',
      'y',
      '--task',
      'value',
      '--time',
      'day',
      '--json',
      '-q',
      '--epochs',
      '3',
    ];
    const { code, stdout } = await saddlepoint(words, { cwd });
    expect(code).toBe(0);
    const answer = JSON.parse(stdout);
    expect(answer.rows).toEqual({ training: 64, validation: 16, test: 20 });
    expect(answer.practices[0].why).toContain('the last ones in time');
    const model = await loadModel(join(cwd, 'series.safetensors'));
    expect(model.state.columns?.encoder.inputs).toEqual(['x']);
  });

  it('reads rows from stdin, once it is told where the model goes', async () => {
    const cwd = folder();
    const input = [irisHeader, ...irisLines].join('\n');
    const lost = await saddlepoint(['train', '-', '-t', 'species'], { cwd, input });
    expect(lost.code).toBe(2);
    expect(lost.stderr).toContain('--out model.safetensors');
    const words = ['train', '-', '-t', 'species', '--out', 'm.safetensors', '--epochs', '2', '-q'];
    expect((await saddlepoint(words, { cwd, input })).code).toBe(0);
    expect(existsSync(join(cwd, 'm.safetensors'))).toBe(true);
  });

  it('U2: gives plain lines on stderr where there is no terminal, few of them for many short epochs', async () => {
    const cwd = folder();
    writeIris(cwd);
    const { stdout, stderr } = await saddlepoint(['train', 'iris.csv', '-t', 'species', '--epochs', '60'], { cwd });
    const lines = stderr.split('\n').filter((line) => line.startsWith('epoch '));
    expect(lines[0]).toMatch(/^epoch 1\/60 {2}loss \d/);
    expect(lines.at(-1)).toMatch(/^epoch 60\/60 /);
    expect(lines.length).toBeLessThan(40);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: terminal codes are what must not be there.
    expect(stdout + stderr).not.toMatch(/\u001b/);
    expect(stdout).not.toMatch(/^epoch /m);
  });

  it('stops at Ctrl+C, keeps the best weights, reports and saves', async () => {
    const cwd = folder();
    writeIris(cwd);
    let sent = false;
    const { code, stdout, stderr } = await saddlepoint(
      ['train', 'iris.csv', '-t', 'species', '--epochs', '100000', '--validation', '0'],
      {
        cwd,
        watch(text, kill) {
          if (sent || !text.includes('epoch 1/')) return;
          sent = true;
          kill('SIGINT');
        },
      },
    );
    expect(code).toBe(0);
    expect(stderr).toContain('stopping: the best weights so far are kept');
    expect(stderr).toContain('aborted; wrote iris.safetensors');
    expect(stdout).toContain('Result on 30 rows');
  });

  it('leaves the old model whole when it is killed', async () => {
    const cwd = folder();
    writeIris(cwd);
    expect((await saddlepoint(['train', 'iris.csv', '-t', 'species', '--epochs', '2', '-q'], { cwd })).code).toBe(0);
    const before = readFileSync(join(cwd, 'iris.safetensors'));
    let sent = false;
    const killed = await saddlepoint(['train', 'iris.csv', '-t', 'species', '--epochs', '100000'], {
      cwd,
      watch(text, kill) {
        if (sent || !text.includes('epoch 1/')) return;
        sent = true;
        kill('SIGKILL');
      },
    });
    expect(killed.signal).toBe('SIGKILL');
    expect(readFileSync(join(cwd, 'iris.safetensors'))).toEqual(before);
    expect(readdirSync(cwd).sort()).toEqual(['iris.csv', 'iris.safetensors']);
  });
});
