// @ts-check
/**
 * @file WebKitGTK's small browser, driven by WebKitWebDriver over HTTP. It needs a display: where there is none, one in memory.
 * Of Debian: `apt-get install webkit2gtk-driver xvfb`.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { ended, installed, until } from './process.mjs';

/** @typedef {import('./page.mjs').Driver} Driver */

/** Undefined where there is no WebKitGTK to drive. @returns {Promise<Driver | undefined>} */
export async function webkit() {
  const program = installed('WEBKIT_DRIVER_PATH', ['WebKitWebDriver']);
  const binary = miniBrowser();
  const xvfb = installed('XVFB_PATH', ['Xvfb']);
  const hasDisplay = Boolean(process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY);
  if (program === undefined || binary === undefined || !(hasDisplay || xvfb !== undefined)) return undefined;
  const screen = hasDisplay ? undefined : await display(/** @type {string} */ (xvfb));
  const port = await freePort();
  const child = spawn(program, [`--port=${port}`], {
    stdio: 'ignore',
    env: { ...process.env, ...(screen && { DISPLAY: screen.name }) },
  });
  let session = '';
  const close = async () => {
    // The driver ends its browser with the session.
    if (session !== '') await ask(port, 'DELETE', session).catch(() => {});
    await ended(child);
    if (screen !== undefined) await ended(screen.child);
  };
  try {
    await until('WebKitWebDriver answers', () => ask(port, 'GET', '/status').catch(() => undefined));
    const options = { 'webkitgtk:browserOptions': { binary, args: ['--automation'] } };
    const { sessionId, capabilities } = await ask(port, 'POST', '/session', { capabilities: { alwaysMatch: options } });
    session = `/session/${sessionId}`;
    return {
      name: `WebKitGTK ${capabilities.browserVersion}`,
      navigate: (url) => ask(port, 'POST', `${session}/url`, { url }),
      execute: (script, args) => ask(port, 'POST', `${session}/execute/sync`, { script, args }),
      click: async (selector) => {
        const element = await ask(port, 'POST', `${session}/element`, { using: 'css selector', value: selector });
        await ask(port, 'POST', `${session}/element/${Object.values(element)[0]}/click`, {});
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Beside the library that it comes with; not in the path. @returns {string | undefined} */
function miniBrowser() {
  if (process.env.WEBKIT_PATH) return process.env.WEBKIT_PATH;
  const places = ['/usr/lib', '/usr/libexec'].flatMap((folder) =>
    existsSync(folder) ? [folder, ...readdirSync(folder).map((name) => join(folder, name))] : [],
  );
  return places
    .flatMap((folder) =>
      ['webkit2gtk-4.1', 'webkit2gtk-4.0', 'webkitgtk-6.0'].map((name) => join(folder, name, 'MiniBrowser')),
    )
    .find(existsSync);
}

/** A screen in memory. @param {string} program @returns {Promise<{ name: string, child: import('node:child_process').ChildProcess }>} */
async function display(program) {
  const child = spawn(program, ['-displayfd', '1', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  child.stdout.on('data', (part) => {
    said += part;
  });
  const number = await until('Xvfb opens a display', () => (said.endsWith('\n') ? said.trim() : undefined));
  return { name: `:${number}`, child };
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}

/** @param {number} port @param {string} method @param {string} path @param {object} [body] @returns {Promise<any>} */
async function ask(port, method, path, body) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    ...(body && { body: JSON.stringify(body) }),
  });
  const { value } = await response.json();
  if (!response.ok) throw new Error(`${value?.error}: ${value?.message}`);
  return value;
}
