/** What README and docs say to type: each `npx saddlepoint` line of a block of shell, by the built command. */
import { beforeAll, expect, it } from 'vitest';
import { checkBuilt, folder, irisLines, saddlepoint, writeIris } from '../cli/command.ts';
import { blocksOf, pages } from './blocks.ts';

const linesOf = (page: string) =>
  blocksOf(page)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ place, code }) => code.split('\n').map((line) => ({ place, line: line.split(' #')[0]?.trim() ?? '' })))
    .filter(({ line }) => line.startsWith('npx saddlepoint '));

beforeAll(checkBuilt);

it.each(pages().filter((page) => linesOf(page).length > 0))('the lines of shell of %s end well', async (page) => {
  const cwd = folder();
  writeIris(cwd, irisLines, 'flowers.csv');
  writeIris(cwd, irisLines.slice(0, 5), 'new.csv');
  for (const { place, line } of linesOf(page)) {
    const { code, stdout, stderr } = await saddlepoint(line.split(/\s+/).slice(2), { cwd });
    expect(code, `${place}: ${line}\n${stderr}`).toBe(0);
    expect(stdout, `${place}: ${line}`).not.toBe('');
  }
});
