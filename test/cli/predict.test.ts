import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkBuilt, folder, irisHeader, irisLines, saddlepoint, writeIris } from './command.ts';

beforeAll(checkBuilt);

/** A folder with a model of the iris data. */
async function trained(): Promise<string> {
  const cwd = folder();
  writeIris(cwd);
  const { code } = await saddlepoint(['train', 'iris.csv', '-t', 'species', '-q', '--no-baseline', '--epochs', '40'], {
    cwd,
  });
  expect(code).toBe(0);
  return cwd;
}

describe('a model at the shell', () => {
  it('D2: predicts rows in the units of the training, as CSV and as JSON lines alike', async () => {
    const cwd = await trained();
    // Columns in another order, one that the model does not know, no target.
    const rows = irisLines.slice(0, 3).map((line) => {
      const [a, b, c, d] = line.split(',');
      return [d, 'not a number', c, b, a].join(',');
    });
    writeFileSync(join(cwd, 'new.csv'), `petal width,note,petal length,sepal width,sepal length\n${rows.join('\n')}\n`);
    const csv = await saddlepoint(['predict', 'iris.safetensors', 'new.csv', '--keep', 'note'], { cwd });
    const lines = csv.stdout.trimEnd().split('\n');
    expect(csv.code).toBe(0);
    expect(lines[0]).toBe('note,prediction,probability setosa,probability versicolor,probability virginica');
    expect(lines).toHaveLength(4);
    for (const line of lines.slice(1)) {
      const [note, label, ...probabilities] = line.split(',');
      expect([note, label]).toEqual(['not a number', 'setosa']);
      // Seven digits are printed of each.
      expect(probabilities.reduce((sum, p) => sum + Number(p), 0)).toBeCloseTo(1, 5);
    }
    const json = await saddlepoint(['predict', 'iris.safetensors', 'new.csv', '--json'], { cwd });
    const answers = json.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(answers.map(({ prediction }) => prediction)).toEqual(['setosa', 'setosa', 'setosa']);
    expect(answers[0].probabilities.setosa).toBeCloseTo(Number((lines[1] as string).split(',')[2]), 6);
    const input = `${irisHeader}\n${irisLines[149]}\n`;
    const piped = await saddlepoint(['predict', 'iris.safetensors', '-'], { cwd, input });
    expect(piped.stdout).toMatch(/\nvirginica,/);
  });

  it('D10: names line and column of a gap in new rows, and a column that is missing', async () => {
    const cwd = await trained();
    writeFileSync(join(cwd, 'gap.csv'), `${irisHeader}\n${irisLines[0]}\n5.1,,1.4,0.2,setosa\n`);
    const gap = await saddlepoint(['predict', 'iris.safetensors', 'gap.csv'], { cwd });
    expect(gap).toMatchObject({ code: 1, stdout: '' });
    expect(gap.stderr).toContain("row 1 (counted from 0; line 3 of gap.csv), column 'sepal width' is missing");
    writeFileSync(join(cwd, 'less.csv'), 'sepal length,sepal width,petal lenght,petal width\n5,3,1,0\n');
    const less = await saddlepoint(['predict', 'iris.safetensors', 'less.csv'], { cwd });
    expect(less.code).toBe(1);
    expect(less.stderr).toContain("the rows have no column 'petal length'");
    expect(less.stderr).toContain("did you mean 'petal lenght'?");
  });

  it('measures other rows, and says what the model is', async () => {
    const cwd = await trained();
    writeIris(cwd, irisLines.slice(40, 110), 'more.csv');
    const { code, stdout } = await saddlepoint(['evaluate', 'iris.safetensors', 'more.csv', '--json'], { cwd });
    expect(code).toBe(0);
    const { report } = JSON.parse(stdout);
    expect(report.rows).toBe(70);
    expect(report.perClass.map(({ support }: { support: number }) => support)).toEqual([10, 50, 10]);
    const text = await saddlepoint(['inspect', 'iris.safetensors'], { cwd });
    expect(text.stdout).toContain("predicts 'species', one of 3 classes, trained by crossEntropy");
    expect(text.stdout).toContain('classes: setosa, versicolor, virginica');
    expect(text.stdout).toContain('petal width: number');
    expect(text.stdout).toContain('131 parameters');
    const data = await saddlepoint(['inspect', 'iris.csv', '--json'], { cwd });
    expect(JSON.parse(data.stdout).columns.at(-1)).toMatchObject({ name: 'species', kind: 'category', missing: 0 });
  });

  it('lists the tensors of a foreign file, whatever their type', async () => {
    const cwd = folder();
    const header = JSON.stringify({
      __metadata__: { format: 'pt' },
      'layer.weight': { dtype: 'BF16', shape: [2, 3], data_offsets: [0, 12] },
    });
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    writeFileSync(join(cwd, 'foreign.safetensors'), Buffer.concat([length, Buffer.from(header), Buffer.alloc(12)]));
    const { code, stdout } = await saddlepoint(['inspect', 'foreign.safetensors'], { cwd });
    expect(code).toBe(0);
    expect(stdout).toContain('1 tensors, no saddlepoint model');
    expect(stdout).toContain('layer.weight: BF16 [2, 3]');
    writeFileSync(join(cwd, 'page.safetensors'), '<!doctype html><title>404</title>');
    const page = await saddlepoint(['inspect', 'page.safetensors'], { cwd });
    expect(page.code).toBe(1);
    expect(page.stderr).toContain('this is an HTML page');
  });
});
