// @ts-check
/**
 * @file Optional peers, as the library imports them: literally, awaited one by one inside a `try`. A stand-in package does
 * just that, so that a project without the peers is tried with every bundler, and one with them too.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the library names; all in peerDependenciesMeta of its package.json. */
export const peers = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-webgl'];

const code = `export async function findPeers() {
  try {
    const core = await import('@tensorflow/tfjs-core');
    await import('@tensorflow/tfjs-backend-webgl');
    await core.ready();
    return { peers: \`found: \${core.getBackend()}\` };
  } catch (error) {
    return { peers: 'missing', message: String(error) };
  }
}
`;

const program = `import { findPeers } from 'stand-in';
console.log('ANSWER ' + JSON.stringify(await findPeers()));
`;

/** Makes src/index.js of a consumer one that looks for the peers. @param {string} folder */
export function addStandIn(folder) {
  const own = join(folder, 'node_modules/stand-in');
  mkdirSync(own, { recursive: true });
  const manifest = {
    name: 'stand-in',
    version: '1.0.0',
    type: 'module',
    sideEffects: false,
    exports: './index.js',
    peerDependencies: Object.fromEntries(peers.map((name) => [name, '*'])),
    peerDependenciesMeta: Object.fromEntries(peers.map((name) => [name, { optional: true }])),
  };
  writeFileSync(join(own, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(own, 'index.js'), code);
  writeFileSync(join(folder, 'src/index.js'), program);
}
