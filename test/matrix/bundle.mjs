// @ts-check
/**
 * @file The bundlers, each as its documentation shows it to a beginner: no configuration beyond the entry and the folder. Each
 * bundles src/index.js of a consumer and leaves a folder with index.html that a static server can serve. (The folder should lie
 * in dist/: pages elsewhere in a project are entries of Vite's dev server.)
 */
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../../scripts/files.mjs';
import { run } from './run.mjs';

const modules = join(root, 'test/matrix/node_modules');
/** The project's own tools are of the versions that test/matrix names; so `npm test` needs no more than those. */
const own = new Set(['vite8', 'esbuild']);
const packageOf = (/** @type {string} */ name) =>
  own.has(name) ? join(root, 'node_modules', name.replace(/8$/, '')) : join(modules, name);
const bun = join(root, 'test/runtimes/node_modules/@oven/bun-linux-x64/bin/bun');

/** @param {string} name as test/matrix/package.json has it @returns {string} */
export const versionOf = (name) => JSON.parse(readFileSync(join(packageOf(name), 'package.json'), 'utf8')).version;

/** @param {string} name of the package @param {string} file in it @returns {Promise<any>} */
const load = (name, file) => import(pathToFileURL(join(packageOf(name), file)).href);

/** @param {string} folder @param {string} out */
const addPage = (folder, out) => cpSync(join(folder, 'bundled.html'), join(out, 'index.html'));

/** @param {'vite7' | 'vite8'} name @returns {(folder: string, out: string) => Promise<string>} */
const vite = (name) => (folder, out) =>
  run(process.execPath, [join(packageOf(name), 'bin/vite.js'), 'build', '--outDir', out, '--emptyOutDir'], {
    cwd: folder,
  });

/** @param {string} folder @param {string} out @param {readonly unknown[]} plugins beside the one that finds packages */
async function rollup(folder, out, plugins) {
  const { rollup } = await load('rollup', 'dist/es/rollup.js');
  const { default: nodeResolve } = await load('@rollup/plugin-node-resolve', 'dist/es/index.js');
  /** @type {string[]} */
  const warnings = [];
  const bundle = await rollup({
    input: { main: join(folder, 'src/index.js') },
    plugins: [nodeResolve(), ...plugins],
    onwarn: (/** @type {{ message: string }} */ { message }) => void warnings.push(message),
  });
  await bundle.write({ dir: out, format: 'es' });
  await bundle.close();
  addPage(folder, out);
  return warnings.join('\n');
}

/** Each answers what it printed. @type {Readonly<Record<string, (folder: string, out: string) => Promise<string>>>} */
export const bundlers = {
  vite7: vite('vite7'),
  vite8: vite('vite8'),
  async webpack(folder, out) {
    const command = [join(packageOf('webpack'), 'bin/webpack.js'), '--mode', 'production', '-o', out];
    const output = await run(process.execPath, command, { cwd: folder });
    addPage(folder, out);
    return output;
  },
  async esbuild(folder, out) {
    const binary = join(packageOf('esbuild'), 'bin/esbuild');
    const command = ['src/index.js', '--bundle', '--format=esm', `--outfile=${join(out, 'main.js')}`];
    const output = await run(binary, command, { cwd: folder });
    addPage(folder, out);
    return output;
  },
  rollup: (folder, out) => rollup(folder, out, []),
  /** As for any tree with a package of CommonJS in it. */
  rollupCommonjs: async (folder, out) => {
    const { default: commonjs } = await load('@rollup/plugin-commonjs', 'dist/es/index.js');
    return rollup(folder, out, [commonjs()]);
  },
  async bun(folder, out) {
    const command = ['build', 'src/index.js', '--target=browser', `--outdir=${out}`, '--entry-naming=main.js'];
    const output = await run(bun, command, { cwd: folder });
    addPage(folder, out);
    return output;
  },
};

/**
 * The server of Vite for development, which bundles dependencies beforehand by rules of its own.
 *
 * @param {'vite7' | 'vite8'} name @param {string} folder
 * @returns {Promise<{ url: string, close: () => Promise<void> }>}
 */
export async function startVite(name, folder) {
  const { createServer } = await load(name, 'dist/node/index.js');
  const server = await createServer({
    root: folder,
    cacheDir: join(folder, `.cache-${name}`), // the two versions would take each other's
    configFile: false,
    logLevel: 'error',
    server: { port: 0, host: '127.0.0.1', watch: null },
  });
  await server.listen();
  return { url: server.resolvedUrls.local[0], close: () => server.close() };
}
