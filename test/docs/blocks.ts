/** @file Finds the code blocks of the documentation, so that each is run as its reader would run it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export interface Block {
  /** Page and line, such as `README.md:20`. */
  readonly place: string;
  readonly language: string;
  readonly code: string;
}

const root = join(import.meta.dirname, '../..');

/** The Markdown pages that users read. */
export function pages(): string[] {
  const inDocs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .map((name) => join('docs', name))
    // Written from the docstrings, whose examples lean on what stands around them.
    .filter((name) => !name.startsWith(join('docs', 'api')));
  return [
    'README.md',
    'ARCHITECTURE.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    ...inDocs.filter((name) => name.endsWith('.md')),
  ];
}

/** The fenced blocks of a page, in order. */
export function blocksOf(page: string): Block[] {
  const lines = readFileSync(join(root, page), 'utf8').split('\n');
  const blocks: Block[] = [];
  let open: { line: number; language: string; code: string[] } | undefined;
  lines.forEach((line, i) => {
    if (!line.startsWith('```')) open?.code.push(line);
    else if (open === undefined) open = { line: i + 2, language: line.slice(3).trim(), code: [] };
    else {
      blocks.push({
        place: `${relative('.', page)}:${open.line}`,
        language: open.language,
        code: open.code.join('\n'),
      });
      open = undefined;
    }
  });
  return blocks;
}
