// @ts-check
/** @file A project of Next with the programs in a client component, a server component, a route of Node and a route of the edge. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { end, run, start } from './run.mjs';

/** @type {Readonly<Record<string, string>>} */
const files = {
  'app/layout.js': `export default function Layout({ children }) {
  return <html lang="en"><body>{children}</body></html>;
}
`,
  'app/page.js': `import Client from './client';
export default function Page() { return <Client />; }
`,
  'app/client.js': `'use client';
import { useEffect } from 'react';
import { runPrograms } from '../src/programs.js';
export default function Client() {
  useEffect(() => {
    runPrograms().catch((error) => ({ error: String(error.stack) })).then((answer) => console.log('ANSWER ' + JSON.stringify(answer)));
  }, []);
  return <p>learning</p>;
}
`,
  'app/server/page.js': `import { runPrograms } from '../../src/programs.js';
export const dynamic = 'force-dynamic';
export default async function Page() {
  return <pre>{Buffer.from('ANSWER ' + JSON.stringify(await runPrograms())).toString('hex')}</pre>;
}
`,
};

const route = (/** @type {string} */ runtime) => `import worker from '../../src/worker.js';
export const runtime = '${runtime}';
export const dynamic = 'force-dynamic';
export const GET = () => worker.fetch();
`;

/** Adds the project's files to a consumer that has next, react and react-dom installed. @param {string} folder */
export function addNext(folder) {
  const all = { ...files, 'app/node/route.js': route('nodejs'), 'app/edge/route.js': route('edge') };
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

/** @param {string} folder */
const binary = (folder) => join(folder, 'node_modules/next/dist/bin/next');

/** @param {string} folder @param {'webpack' | 'turbopack'} bundler @returns {Promise<string>} what it printed */
export const buildNext = (folder, bundler) =>
  run(process.execPath, [binary(folder), 'build', ...(bundler === 'turbopack' ? ['--turbopack'] : [])], {
    cwd: folder,
    seconds: 400,
  });

/**
 * Next's own server over what was built. Its children end with it.
 *
 * @param {string} folder @returns {Promise<{ url: string, close: () => Promise<void> }>}
 */
export function startNext(folder) {
  const child = start(process.execPath, [binary(folder), 'start', '-p', '0', '-H', '127.0.0.1'], { cwd: folder });
  let output = '';
  return new Promise((resolve, reject) => {
    const fail = () => {
      end(child);
      reject(new Error(`next start: ${output}`));
    };
    const timer = setTimeout(fail, 60_000);
    child.once('close', fail);
    const read = (/** @type {Buffer} */ chunk) => {
      output += chunk;
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0];
      if (url === undefined || !output.includes('Ready')) return;
      clearTimeout(timer);
      resolve({ url: `${url}/`, close: async () => end(child) });
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
  });
}

/** The answer within a rendered server component. @param {string} html */
export const renderedAnswer = (html) => Buffer.from(/<pre>([0-9a-f]+)<\/pre>/.exec(html)?.[1] ?? '', 'hex').toString();

/** Keeps a project for one bundler apart from the other's leavings. @param {string} from @param {string} to */
export const copyProject = (from, to) => cpSync(from, to, { recursive: true, verbatimSymlinks: true });
