// @ts-check
/**
 * @file Firefox without a window, driven by Marionette: the protocol beneath geckodriver, which Debian does not pack. A message is
 * JSON behind its length, over TCP: [0, id, command, parameters] and [1, id, error, result]. The commands are WebDriver's.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ended, installed, until } from './process.mjs';

/** @typedef {import('./page.mjs').Driver} Driver */

/** No window of welcome, no report, no update; a free port, which Firefox writes into the profile. */
const preferences = {
  'marionette.port': 0,
  'app.update.disabledForTesting': true,
  'browser.aboutwelcome.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'toolkit.telemetry.reportingpolicy.firstRun': false,
};

/** Undefined where there is no Firefox. @returns {Promise<Driver | undefined>} */
export async function firefox() {
  const program = installed('FIREFOX_PATH', ['firefox', 'firefox-esr']);
  if (program === undefined) return undefined;
  const profile = mkdtempSync(join(tmpdir(), 'saddlepoint-firefox-'));
  writeFileSync(
    join(profile, 'user.js'),
    Object.entries(preferences)
      .map(([name, value]) => `user_pref('${name}', ${value});\n`)
      .join(''),
  );
  const child = spawn(program, ['--marionette', '--headless', '--no-remote', '--profile', profile, 'about:blank'], {
    stdio: 'ignore',
  });
  const close = async () => {
    await ended(child);
    rmSync(profile, { recursive: true, force: true });
  };
  try {
    const place = join(profile, 'MarionetteActivePort');
    const port = await until('Firefox opens its port', () =>
      existsSync(place) ? Number(readFileSync(place, 'utf8')) : undefined,
    );
    const ask = await speak(port);
    const { capabilities } = await ask('NewSession', {});
    return {
      name: `Firefox ${capabilities.browserVersion}`,
      navigate: (url) => ask('Navigate', { url }),
      execute: async (script, args) => (await ask('ExecuteScript', { script, args })).value,
      click: async (selector) => {
        const { value } = await ask('FindElement', { using: 'css selector', value: selector });
        await ask('ElementClick', { id: Object.values(value)[0] });
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @param {number} port @returns {Promise<(command: string, parameters: object) => Promise<any>>} */
async function speak(port) {
  const socket = connect(port, '127.0.0.1');
  /** @type {Map<number, { resolve: (result: unknown) => void, reject: (error: Error) => void }>} */
  const waiting = new Map();
  let [held, next] = [Buffer.alloc(0), 1];
  const greeted = new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.on('close', () => {
      for (const { reject } of waiting.values()) reject(new Error('Firefox closed the connection'));
    });
    socket.on('data', (part) => {
      held = Buffer.concat([held, part]);
      for (let colon = held.indexOf(':'); colon > 0; colon = held.indexOf(':')) {
        const end = colon + 1 + Number(held.subarray(0, colon));
        if (held.length < end) return;
        const message = JSON.parse(held.subarray(colon + 1, end).toString());
        held = held.subarray(end);
        if (!Array.isArray(message)) resolve(message);
        else {
          const [, id, error, result] = message;
          const { resolve, reject } = waiting.get(id) ?? { resolve: () => {}, reject: () => {} };
          waiting.delete(id);
          if (error) reject(new Error(`${error.error}: ${error.message}`));
          else resolve(result);
        }
      }
    });
  });
  await greeted;
  return (command, parameters) =>
    new Promise((resolve, reject) => {
      const id = next++;
      waiting.set(id, { resolve, reject });
      const text = Buffer.from(JSON.stringify([0, id, `WebDriver:${command}`, parameters]));
      socket.write(`${text.length}:${text}`);
    });
}
