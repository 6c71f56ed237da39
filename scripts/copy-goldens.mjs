// @ts-check
/** @file Copies goldens into the pages that show them: blocks marked ```text path/of/golden.txt. Run after UPDATE_GOLDENS=1. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './files.mjs';

for (const page of ['ARCHITECTURE.md']) {
  const path = join(root, page);
  const text = readFileSync(path, 'utf8');
  const copied = text.replace(
    /```text (\S+)\n[\s\S]*?\n```/g,
    (_, file) => `\`\`\`text ${file}\n${readFileSync(join(root, file), 'utf8').trimEnd()}\n\`\`\``,
  );
  writeFileSync(path, copied);
}
