// @ts-check
/** @file The cells of the matrix: each really builds and runs, and answers the bits that it trained. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/files.mjs';
import { bundlers, startVite, versionOf } from './bundle.mjs';
import { addCopy, install, makeConsumer, remove, temporaryFolder } from './consumer.mjs';
import { addNext, buildNext, renderedAnswer, startNext } from './next.mjs';
import { answerFrom, serve, visit } from './page.mjs';
import { addStandIn, peers } from './peers.mjs';
import { evaluatorsIn, policies, serveFromCdn, servePlain, serveWithPolicy } from './plain.mjs';
import { answerOf, run } from './run.mjs';
import { packageVersion, runIn, runtimes, runtimeVersion } from './runtimes.mjs';
import { askEdgeRuntime, askWorkerd, bundleForWorkerd } from './workers.mjs';

/**
 * @typedef {object} Cell
 * @property {string} group
 * @property {string} name with its version
 * @property {() => Promise<any>} ask fails with the reason; answers `{ bits }` where it trained
 *
 * @typedef {object} Place
 * @property {string} tarball
 * @property {string} consumer a folder with the tarball installed
 * @property {import('playwright').Browser} browser
 */

/** The answer of what is served, which ends with it. @param {import('playwright').Browser} browser @param {Promise<{ url: string, close: () => Promise<void> }>} served */
async function asked(browser, served) {
  const { url, close } = await served;
  return answerFrom(browser, url).finally(close);
}

/** @param {Place} place @returns {Promise<Cell[]>} */
async function commands({ consumer }) {
  const cells = [];
  for (const name of Object.keys(runtimes)) {
    const version = await runtimeVersion(name);
    const title = name.startsWith('node')
      ? `Node ${version}`
      : name === 'deno'
        ? `Deno ${version}, without a permission`
        : `Bun ${version}`;
    cells.push({ group: 'Runtimes', name: title, ask: () => runIn(name, consumer) });
  }
  return cells;
}

/** @param {Place} place @returns {Cell[]} */
function edges({ consumer }) {
  return [
    {
      group: 'Runtimes',
      name: `workerd ${packageVersion('workerd')} (miniflare ${packageVersion('miniflare')}), bundled as wrangler does`,
      async ask() {
        const out = join(consumer, 'dist/workerd');
        await bundleForWorkerd(consumer, out);
        return askWorkerd(out);
      },
    },
    {
      group: 'Runtimes',
      name: `edge-runtime ${packageVersion('edge-runtime')}`,
      ask: () => askEdgeRuntime(consumer),
    },
  ];
}

/** @type {Readonly<Record<string, string>>} */
const titles = {
  vite7: `Vite ${versionOf('vite7')}`,
  vite8: `Vite ${versionOf('vite8')}`,
  webpack: `webpack ${versionOf('webpack')}`,
  esbuild: `esbuild ${versionOf('esbuild')}`,
  rollup: `Rollup ${versionOf('rollup')} with node-resolve`,
  rollupCommonjs: `Rollup ${versionOf('rollup')} with node-resolve and commonjs`,
  bun: `bun build ${packageVersion('bun')}`,
};

/**
 * What a bundler warns of, but for the optional peers, which webpack names where they are not there and goes on: it has no way to
 * be told that they may be missing (docs/installing.md). @param {string} said @returns {string}
 */
const warningsOf = (said) =>
  said
    .split(/\n\s*\n/)
    .filter((block) => /warning/i.test(block) && !/compiled with \d+ warning/.test(block))
    .filter((block) => !/Can't resolve '@tensorflow\/tfjs-/.test(block))
    .join('\n\n');

/** @param {Place} place @returns {Cell[]} */
function bundled({ consumer, browser }) {
  const built = Object.entries(bundlers).map(([name, bundle]) => ({
    group: 'Bundlers, run in Chromium',
    name: `${titles[name]}, build`,
    async ask() {
      const out = join(consumer, 'dist', name);
      const said = await bundle(consumer, out);
      const warned = warningsOf(said);
      if (/saddlepoint/.test(warned)) throw new Error(`it warns: ${warned}`);
      return asked(browser, serve(out));
    },
  }));
  const served = /** @type {const} */ (['vite7', 'vite8']).map((name) => ({
    group: 'Bundlers, run in Chromium',
    name: `${titles[name]}, dev server`,
    ask: () => asked(browser, startVite(name, consumer)),
  }));
  return [...built, ...served];
}

/** @param {Place} place @returns {Cell[]} */
function pages({ consumer, browser }) {
  const group = 'Pages, run in Chromium';
  return [
    {
      group,
      name: 'files of the package behind an import map',
      ask: () => asked(browser, servePlain(consumer)),
    },
    {
      group,
      name: 'each entry as one module of another origin, as CDNs make them',
      ask: () => asked(browser, serveFromCdn(consumer)),
    },
    {
      group,
      name: `strict policy: ${policies.strict}`,
      async ask() {
        const answer = await asked(browser, serveWithPolicy(consumer, policies.strict));
        const found = evaluatorsIn(join(consumer, 'dist/policy/main.js'));
        if (found.length > 0) throw new Error(`the bundle makes code of text: ${found.join('; ')}`);
        return answer;
      },
    },
    {
      group,
      name: "without 'wasm-unsafe-eval': one error that names it",
      async ask() {
        const { url, close } = await serveWithPolicy(consumer, policies.withoutWasm);
        const { answer } = await visit(browser, url, { seconds: 20 }).finally(close);
        const message = await Promise.resolve()
          .then(() => answerOf(answer ?? ''))
          .then(() => 'it trained', String);
        if (!message.includes("needs 'wasm-unsafe-eval' in script-src")) throw new Error(message);
      },
    },
  ];
}

/** @param {Place} place @param {Record<string, string>} versions of next, react and react-dom @returns {Cell[]} */
function next({ tarball, browser }, versions) {
  const packages = Object.entries(versions).map(([name, version]) => `${name}@${version}`);
  return /** @type {const} */ (['webpack', 'turbopack']).flatMap((bundler) => {
    /** @type {Promise<{ url: string, close: () => Promise<void> }> | undefined} */
    let server;
    let folder = '';
    // The first cell builds; the last ends the server.
    const start = () => {
      server ??= (async () => {
        folder = temporaryFolder('next');
        await makeConsumer(folder, tarball, packages);
        addNext(folder);
        await buildNext(folder, bundler);
        return startNext(folder);
      })();
      return server;
    };
    const end = async () => {
      await server?.then(({ close }) => close()).catch(() => undefined);
      remove(folder);
    };
    /** @type {Record<string, (url: string) => Promise<any>>} */
    const asks = {
      'route of Node': async (url) => (await fetch(`${url}node`)).json(),
      'route of the edge': async (url) => (await fetch(`${url}edge`)).json(),
      'server component': async (url) => answerOf(renderedAnswer(await (await fetch(`${url}server`)).text())),
      'client component': (url) => answerFrom(browser, url),
    };
    const names = Object.keys(asks);
    return names.map((name, i) => ({
      group: 'Next',
      name: `Next ${versions.next} by ${bundler}, ${name}`,
      async ask() {
        try {
          return await asks[name]?.((await start()).url);
        } finally {
          if (i === names.length - 1) await end();
        }
      },
    }));
  });
}

/** A project without the optional peers, then one with them. @param {Place} place @returns {Cell[]} */
function optionalPeers({ tarball, browser }) {
  let folder = '';
  let prepared = -1;
  /** For the first cell of a round that is asked, whichever it is. @param {number} round */
  const prepare = async (round) => {
    if (round === prepared) return;
    if (folder === '') {
      folder = temporaryFolder('peers');
      await makeConsumer(folder, tarball);
    }
    if (round === 1)
      await install(
        folder,
        peers.map((peer) => `${peer}@4.22.0`),
      );
    prepared = round;
  };
  const names = [...Object.keys(bundlers), 'vite7 dev', 'vite8 dev'];
  return ['missing', 'found: webgl'].flatMap((wanted, round) =>
    // tfjs has packages of CommonJS in it, which Rollup takes by that plugin alone.
    names
      .filter((name) => round === 0 || name !== 'rollup')
      .map((name) => ({
        group: 'Optional peers, run in Chromium',
        name: `${name.endsWith(' dev') ? `${titles[name.slice(0, 5)]}, dev server` : titles[name]}, peers ${round === 0 ? 'not installed' : 'installed'}`,
        async ask() {
          await prepare(round);
          addStandIn(folder); // npm takes away what it did not install
          try {
            const out = join(folder, 'dist', name);
            rmSync(join(folder, '.cache-vite7'), { recursive: true, force: true });
            rmSync(join(folder, '.cache-vite8'), { recursive: true, force: true });
            if (!name.endsWith(' dev')) await bundlers[name]?.(folder, out);
            const [dev] = name.split(' ');
            const served = name.endsWith(' dev')
              ? startVite(/** @type {'vite7' | 'vite8'} */ (dev), folder)
              : serve(out);
            const { url, close } = await served;
            const { answer, errors } = await visit(browser, url).finally(close);
            const found = answerOf(answer ?? errors.join('\n')).peers;
            if (found !== wanted) throw new Error(`the program says: ${found}`);
          } finally {
            if (round === 1 && name === 'vite8 dev') remove(folder);
          }
        },
      })),
  );
}

/** @param {Place} place @returns {Cell[]} */
function projects({ consumer }) {
  const group = 'Projects';
  return [
    {
      group,
      name: 'two copies in one process take what the other makes',
      async ask() {
        addCopy(consumer);
        const wrong = Object.entries(await runIn('node20', consumer, 'src/copies.js')).filter(
          ([, same]) => same !== true,
        );
        if (wrong.length > 0) throw new Error(wrong.map(([name, reason]) => `${name}: ${reason}`).join('; '));
      },
    },
    {
      group,
      name: 'an import touches no global and starts nothing',
      async ask() {
        const { touched, added, left } = await runIn('node20', consumer, 'src/server-import.js');
        const found = [...touched, ...added, left].filter((name) => name !== '');
        if (found.length > 0) throw new Error(found.join(', '));
      },
    },
    {
      group,
      name: 'a clone: npm ci --ignore-scripts, build, a test',
      async ask() {
        const folder = temporaryFolder('clone');
        try {
          await run('git', ['clone', '--quiet', '--depth=1', `file://${root}`, folder], { cwd: root });
          await run('npm', ['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'], { cwd: folder });
          await run('npm', ['run', 'build'], { cwd: folder });
          await run('npx', ['vitest', 'run', '--project', 'node', 'test/train/fit.test.ts'], { cwd: folder });
        } finally {
          remove(folder);
        }
      },
    },
  ];
}

/** @param {Place} place @returns {Promise<Cell[]>} in the order in which they run */
export async function cellsOf(place) {
  const versions = { next: versionOf('next'), react: versionOf('react'), 'react-dom': versionOf('react-dom') };
  return [
    ...(await commands(place)),
    ...edges(place),
    ...bundled(place),
    ...pages(place),
    ...next(place, versions),
    ...optionalPeers(place),
    ...projects(place),
  ];
}
