import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { blocksOf, pages } from './blocks.ts';

// Inside the tree, so that imports resolve as a user's would; never committed.
const folder = join(import.meta.dirname, '../../build/docs');
const isCode = (language: string): boolean => ['ts', 'js', 'typescript', 'javascript', 'html'].includes(language);

const home = process.cwd();

// What the code writes goes where it stands.
beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  process.chdir(folder);
});
afterAll(() => {
  process.chdir(home);
  vi.restoreAllMocks();
});

const codeOf = (page: string) => blocksOf(page).filter(({ language }) => isCode(language));

describe.each(pages().filter((page) => codeOf(page).length > 0))('the code of %s', (page) => {
  const blocks = codeOf(page);
  it('runs block by block, and prints what its comments say', async () => {
    for (const { place, language, code: given } of blocks) {
      const page = language === 'html' ? openPage(given) : undefined;
      const code = page?.code ?? given;
      const printed: string[] = [];
      vi.spyOn(console, 'log').mockImplementation((...values: unknown[]) => {
        printed.push(squeeze(values.map(format).join(' ')));
      });
      const file = join(folder, `${place.replace(/[^a-z0-9]+/gi, '-')}.js`);
      writeFileSync(file, `${code}\nexport {};\n`);
      await import(/* @vite-ignore */ file);
      vi.restoreAllMocks();
      vi.unstubAllGlobals();
      if (page) expect(page.document.toString(), `${place} shows what it says`).not.toBe(page.before);
      const claims = promised(code);
      expect(printed.length, `${place} prints a line for each console.log`).toBeGreaterThanOrEqual(claims.length);
      claims.forEach((claim, i) => {
        if (claim !== undefined) expect(printed[i], `${place}: output ${i}`).toBe(claim);
      });
    }
  });
});

it.each(pages())('what %s shows of goldens is what they say', (page) => {
  for (const { place, language, code } of blocksOf(page)) {
    const [kind, file] = language.split(' ');
    if (kind !== 'text' || file === undefined) continue;
    const golden = readFileSync(join(import.meta.dirname, '../..', file), 'utf8');
    expect(code, `${place}: copy ${file} into the page`).toBe(golden.trimEnd());
  }
});

/** The module of a page of HTML, with its document in place. */
function openPage(html: string): { code: string; document: Document; before: string } {
  const { document } = parseHTML(html);
  vi.stubGlobal('document', document);
  const code = [...document.querySelectorAll('script[type=module]')].map(({ textContent }) => textContent).join('\n');
  for (const script of document.querySelectorAll('script')) script.remove();
  return { code, document, before: document.toString() };
}

/** What the comment behind each console.log promises; undefined where it elides values with … or names them only. */
function promised(code: string): (string | undefined)[] {
  return code
    .split('\n')
    .filter((line) => line.trimStart().startsWith('console.log('))
    .map((line) => {
      const claim = line.split('); // ')[1]?.trim();
      return claim === undefined || claim.includes('…') || /\{ \w+: \d+, \w+,/.test(claim) ? undefined : squeeze(claim);
    });
}

function format(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Without the spaces and quotes in which printing styles differ. */
function squeeze(text: string): string {
  return text.replace(/['"\s]/g, '').replace(/,/g, ', ');
}
