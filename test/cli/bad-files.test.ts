import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkBuilt, folder, irisHeader, irisLines, saddlepoint, writeIris } from './command.ts';

beforeAll(checkBuilt);

const rows = (lines: readonly string[]): string => `${[irisHeader, ...lines].join('\n')}\n`;

describe('files that are not as they should be', () => {
  it.each([
    [
      'D10: a gap',
      rows([...irisLines.slice(0, 7), '5.1,NA,1.4,0.2,setosa']),
      "line 9 of data.csv), column 'sepal width' is missing",
    ],
    [
      'D4: a row that is too short',
      rows([...irisLines.slice(0, 3), '5.1,3.5,1.4,setosa']),
      'row 3 (counted from 0; line 5) has 4 values, 5 expected',
    ],
    [
      'a word among numbers',
      rows([...irisLines.slice(0, 30), '5.1,big,1.4,0.2,setosa']),
      "line 32 of data.csv), column 'sepal width'",
    ],
    [
      'two columns of one name',
      `a,a,species\n${'1,2,x\n2,1,y\n'.repeat(10)}`,
      'columns 0 and 1 (counted from 0) are both called',
    ],
    ['a file without rows', `${irisHeader}\n`, 'data.csv'],
    ['a target of one class', rows(irisLines.slice(0, 40)), 'class'],
  ] as const)('refuses %s before anything is trained or written', async (_, text, message) => {
    const cwd = folder();
    writeFileSync(join(cwd, 'data.csv'), text);
    const result = await saddlepoint(['train', 'data.csv', '-t', 'species'], { cwd });
    expect(result.stderr).toContain(message);
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(readdirSync(cwd)).toEqual(['data.csv']);
  });

  it('D10: drops rows with gaps, or fills them, when told to, and says so', async () => {
    const cwd = folder();
    writeIris(cwd, [...irisLines.slice(0, 149), '5.1,NA,1.4,0.2,setosa']);
    const quick = ['train', 'iris.csv', '-t', 'species', '--epochs', '2', '-q', '--no-baseline'];
    const dropped = await saddlepoint([...quick, '--missing', 'drop'], { cwd });
    expect(dropped.stdout).toContain('1 of 150 row has gaps and is left out');
    expect((await saddlepoint([...quick, '--missing', 'mean'], { cwd })).code).toBe(0);
  });

  it('reads semicolons, decimal commas, a byte-order mark and CRLF as they come', async () => {
    const cwd = folder();
    const lines = irisLines.map((line) => line.replaceAll('.', '#').replaceAll(',', ';').replaceAll('#', ','));
    writeFileSync(join(cwd, 'iris.csv'), `\ufeff${[irisHeader.replaceAll(',', ';'), ...lines].join('\r\n')}`);
    const { code, stdout } = await saddlepoint(
      ['train', 'iris.csv', '-t', 'species', '--epochs', '2', '-q', '--json'],
      { cwd },
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout).columns.map(({ kind }: { kind: string }) => kind)).toEqual([
      ...['number', 'number', 'number', 'number', 'category'],
    ]);
  });
});
