/** @file Writes the service worker of a build: the list of all its files before the script, and a version that is their hash. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { Plugin } from 'vite';

/** Files that hosts read, not pages. */
const NOT_FETCHED = ['_headers', 'sw.js'];

/** @param script the service worker's source, which finds VERSION and FILES. */
export function offline(script: string): Plugin {
  let folder = '';
  return {
    name: 'page: works offline',
    apply: 'build',
    configResolved(config) {
      folder = config.build.outDir;
    },
    // When everything is written, the public files among it; not after a build that failed.
    writeBundle: {
      order: 'post',
      sequential: true,
      handler() {
        const files = (readdirSync(folder, { recursive: true, encoding: 'utf8' }) as string[])
          .filter((name) => statSync(join(folder, name)).isFile())
          .map((name) => relative(folder, join(folder, name)).split(sep).join('/'))
          .filter((name) => !NOT_FETCHED.includes(name))
          .sort();
        const source = readFileSync(script, 'utf8');
        const hash = createHash('sha256').update(source);
        for (const name of files) hash.update(`\0${name}\0`).update(readFileSync(join(folder, name)));
        const version = hash.digest('hex').slice(0, 12);
        // The page itself is asked for by its folder.
        const urls = files.map((name) => (name === 'index.html' ? './' : `./${name}`));
        const head = `const VERSION = ${JSON.stringify(version)};\nconst FILES = ${JSON.stringify(urls)};\n`;
        writeFileSync(join(folder, 'sw.js'), head + source);
      },
    },
  };
}
