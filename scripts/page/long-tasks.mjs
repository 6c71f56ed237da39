// @ts-check
/**
 * @file The long tasks of a page's main thread, by the browser's own trace: their time by the clock, and the processor's time in them.
 * On a busy machine a task of 5 ms of work takes 200 by the clock, because other programs have the processor; the work is the page's.
 */
import { says, textOf } from './browser.mjs';

/** @typedef {{ name: string, ph: string, pid: number, tid: number, ts: number, dur?: number, tdur?: number }} TraceEvent times in µs */
/** @typedef {{ at: number, clock: number, processor: number }} Task milliseconds; `at` counts from the click on Train */

const CATEGORIES = ['disabled-by-default-devtools.timeline', 'blink.user_timing'];

/**
 * One training of the digits, with the settings that are chosen.
 * @param {import('./browser.mjs').Page} page
 * @returns {Promise<{ tasks: Task[], first: number, end: number } | string>} all tasks from the click to the end, and when the first
 *   step and the end were seen, or why there was no training
 */
export async function tasksOfTraining(page) {
  const browser = page.context().browser();
  if (browser === null) throw new Error('the page has no browser of its own');
  const mark = (/** @type {string} */ name) => page.evaluate((name) => void performance.mark(name), name);
  // Playwright brings 300 KB of script of its own at the first wait in a page, which take it up to 40 ms: not the page's work.
  await page.waitForFunction(() => true);
  await browser.startTracing(page, { categories: CATEGORIES });
  let trace;
  try {
    await mark('the click');
    await page.click('#start');
    await page.waitForFunction(
      () =>
        /\d/.test(document.querySelector('#steps')?.textContent ?? '') ||
        !document.querySelector('#train-trouble')?.hasAttribute('hidden'),
    );
    if (await page.isVisible('#train-trouble')) return textOf(page, '#train-trouble');
    await mark('the first step');
    await page.waitForSelector('#stop[aria-disabled=true]', { timeout: 120_000, state: 'attached' });
    await says(page, '#stop', /Stop/);
    await mark('the end');
  } finally {
    trace = await browser.stopTracing();
  }
  /** @type {{ traceEvents: TraceEvent[] }} */
  const { traceEvents } = JSON.parse(String(trace));
  const markOf = (/** @type {string} */ wanted) => {
    const found = traceEvents.find(({ name }) => name === wanted);
    if (found === undefined) throw new Error(`the trace has no mark '${wanted}'`);
    return found;
  };
  const [click, first, end] = [markOf('the click'), markOf('the first step'), markOf('the end')];
  const tasks = traceEvents
    .filter(({ name, ph, pid, tid }) => name === 'RunTask' && ph === 'X' && pid === click.pid && tid === click.tid)
    .filter(({ ts }) => ts >= click.ts && ts < end.ts)
    .map(({ ts, dur = 0, tdur }) => {
      if (tdur === undefined) throw new Error('this browser does not trace the time of the processor');
      return { at: (ts - click.ts) / 1000, clock: dur / 1000, processor: tdur / 1000 };
    });
  return { tasks, first: (first.ts - click.ts) / 1000, end: (end.ts - click.ts) / 1000 };
}
