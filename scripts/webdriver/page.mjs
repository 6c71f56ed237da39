// @ts-check
/** @file The demo page, by the few commands that every WebDriver has. */
import assert from 'node:assert/strict';
import { until } from './process.mjs';

/**
 * @typedef {object} Driver
 * @property {string} name with its version
 * @property {(url: string) => Promise<unknown>} navigate
 * @property {(script: string, args: unknown[]) => Promise<any>} execute the body of a function
 * @property {(selector: string) => Promise<void>} click as a visitor would: in view, with nothing before it
 * @property {() => Promise<void>} close
 */

/** Longest that a training may take on a busy machine. */
const TRAINING = 400_000;

export class Page {
  #driver;
  #url;

  /** @param {Driver} driver @param {string} url */
  constructor(driver, url) {
    this.#driver = driver;
    this.#url = url;
  }

  /** Opens the page anew, and notes from then on what goes wrong. */
  async open() {
    await this.#driver.navigate(this.#url);
    // WebKitGTK answers before the page is there: its script has not run, and a button may yet move away from under a click.
    await until(
      'the page is loaded',
      async () => (await this.run(() => document.readyState === 'complete')) || undefined,
    );
    await this.run(() => {
      /** @type {string[]} */
      const faults = [];
      document.documentElement.dataset.faults = '[]';
      const note = (/** @type {string} */ fault) => {
        faults.push(fault);
        document.documentElement.dataset.faults = JSON.stringify(faults);
      };
      addEventListener('error', ({ message, filename, lineno }) => note(`error: ${message} ${filename}:${lineno}`));
      addEventListener('unhandledrejection', ({ reason }) => note(`rejected: ${reason}`));
      addEventListener('securitypolicyviolation', (event) =>
        note(`policy: ${event.violatedDirective} ${event.blockedURI}`),
      );
    });
  }

  /** Errors, rejections, and what the policy refused. */
  async assertFaultless() {
    assert.deepEqual(await this.run(() => JSON.parse(document.documentElement.dataset.faults ?? '[]')), []);
  }

  /** What a function gives in the page. @param {(...args: any[]) => unknown} steps @param {unknown[]} args @returns {Promise<any>} */
  run(steps, ...args) {
    return this.#driver.execute(`return (${steps}).apply(undefined, arguments)`, args);
  }

  /** @param {string} selector */
  async click(selector) {
    // WebKit clicks where the element stands before a smooth scroll has brought it into view.
    await this.run(
      (selector) => document.querySelector(selector)?.scrollIntoView({ block: 'center', behavior: 'instant' }),
      selector,
    );
    await this.#driver.click(selector);
  }

  /** A choice, a text, or a mark; the page hears of it as of a visitor's. @param {string} selector @param {string | boolean} value */
  set(selector, value) {
    return this.run(
      (selector, value) => {
        const field = /** @type {any} */ (document.querySelector(selector));
        if (typeof value === 'boolean') field.checked = value;
        else field.value = value;
        for (const type of ['input', 'change']) field.dispatchEvent(new Event(type, { bubbles: true }));
      },
      selector,
      value,
    );
  }

  /** What an element says. @param {string} selector @returns {Promise<string>} */
  text(selector) {
    return this.run((selector) => document.querySelector(selector)?.textContent?.trim() ?? '', selector);
  }

  /** Waits until an element says something that fits. @param {string} selector @param {RegExp} pattern @param {number} [timeout] */
  async says(selector, pattern, timeout = 60_000) {
    let said = '';
    await until(
      `${selector} says ${pattern}`,
      async () => {
        said = await this.text(selector);
        return pattern.test(said) || undefined;
      },
      timeout,
    ).catch((error) => {
      throw new Error(`${error.message}, it says '${said}'`);
    });
    return said;
  }

  /**
   * Trains the digits, and looks at the accuracy as it is shown.
   *
   * @param {Readonly<Record<string, string | boolean>>} settings by the names of the form
   * @returns {Promise<{ result: string, share: number, seen: number[] }>} what is said of the test digits, the share of them
   *   that is read rightly, and the held-out accuracies that were shown, in percent
   */
  async train(settings) {
    for (const [name, value] of Object.entries(settings)) await this.set(`#settings [name=${name}]`, value);
    await this.click('#start');
    /** @type {number[]} */
    const seen = [];
    await until(
      'a training ends',
      async () => {
        const [accuracy, isDone] = await this.run(() => {
          const get = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
          const isShown = !get('result').hidden || !get('train-trouble').hidden;
          return [get('accuracy').textContent, isShown && get('start').getAttribute('aria-disabled') !== 'true'];
        });
        const percent = Number(/[\d.]+/.exec(accuracy)?.[0]);
        if (percent > 0 && percent !== seen.at(-1)) seen.push(percent);
        return isDone || undefined;
      },
      TRAINING,
    );
    assert.equal(await this.text('#train-trouble'), '');
    const result = await this.text('#result-text');
    return { result, share: Number(/reads ([\d.]+) %/.exec(result)?.[1]) / 100, seen };
  }
}
