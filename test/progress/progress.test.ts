import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Clock, showRate, showSeconds, showValue } from '../../src/progress/clock.ts';
import { createProgress as createNone } from '../../src/progress/none.ts';
import type { ProgressOptions } from '../../src/progress/progress.ts';
import { createProgress } from '../../src/progress/terminal.ts';

const options: ProgressOptions = {
  stepsPerEpoch: 10,
  epochs: 2,
  examplesPerEpoch: 640,
  metricNames: ['accuracy'],
  enabled: 'auto',
};

beforeEach(() => {
  vi.stubEnv('CI', '');
  vi.stubEnv('TERM', 'xterm');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** A stream that keeps what is written to it, as a terminal or as a pipe. */
function screen(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 120 });
  const chunks: string[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  return { stream, text: () => chunks.join('') };
}

/** What a terminal shows in the end, for the codes that the bar uses. */
function rendered(text: string): string[] {
  const lines = [''];
  let column = 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: terminal codes are what is read here.
  for (const [token] of text.matchAll(/\u001b\[[0-9;?]*[A-Za-z]|\u001b[78]|[\s\S]/gu)) {
    const last = lines.length - 1;
    const line = lines[last] as string;
    if (token === '\u001b[1G' || token === '\r') column = 0;
    else if (token === '\u001b[0K') lines[last] = line.slice(0, column);
    else if (token === '\u001b[2K') lines[last] = '';
    else if (token === '\n') {
      lines.push('');
      column = 0;
    } else if (token.startsWith('\u001b')) throw new Error(`unexpected code ${JSON.stringify(token)}`);
    else {
      lines[last] = line.slice(0, column) + token + line.slice(column + 1);
      column++;
    }
  }
  return lines;
}

/** Progress as it is once its bar has been loaded. */
async function run(enabled: boolean | 'auto', isTTY: boolean) {
  const { stream, text } = screen(isTTY);
  let time = 0;
  const progress = createProgress({ ...options, enabled }, stream, () => time);
  await vi.dynamicImportSettled();
  const step = (done: number, loss: number) => {
    time += 1000;
    progress.step(done, { loss, accuracy: 0.5 });
  };
  return { progress, step, text };
}

describe('progress on a terminal', () => {
  test('U2: shows epoch, rate, time left, loss and metrics, and leaves one line an epoch', async () => {
    const { progress, step, text } = await run('auto', true);
    step(1, 2);
    expect(rendered(text()).at(-1)).toMatch(/^epoch 1\/2 \[█+░+\] starting · loss 2 · accuracy 0\.5$/);
    step(2, 1.23456);
    step(10, 1);
    progress.epochEnd(1, 'epoch 1/2: loss 1');
    expect(rendered(text())).toEqual(['epoch 1/2: loss 1', '']);
    step(5, 0.5);
    progress.stop();
    progress.stop();
    expect(rendered(text())).toEqual(['epoch 1/2: loss 1', '']);
  });

  test('draws the newest values while it runs', async () => {
    const { progress, step, text } = await run(true, true);
    step(1, 2);
    step(6, 0.25);
    await vi.waitFor(() => {
      // 5 steps of 64 examples in 1 s; 14 of 20 steps left at 0.2 s each.
      expect(rendered(text()).at(-1)).toMatch(
        /^epoch 1\/2 \[█{10}░{6}\] 320 examples\/s · 3 s left · loss 0\.25 · accuracy/,
      );
    });
    progress.stop();
  });

  test('does not write over what others print, nor hide the cursor or change the wrapping', async () => {
    const { stream, text } = screen(true);
    const progress = createProgress({ ...options, enabled: true }, stream);
    await vi.dynamicImportSettled();
    progress.step(1, { loss: 1 });
    stream.write('\nfrom a callback\n');
    progress.stop();
    expect(rendered(text())).toEqual([expect.stringContaining('epoch 1/2'), 'from a callback', '']);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: terminal codes are what must not be there.
    expect(text()).not.toMatch(/\u001b[78]|\u001b\[\?/);
  });

  test('stops cleanly before the first step, too', async () => {
    const { progress, text } = await run(true, true);
    progress.stop();
    expect(text()).toBe('');
  });

  test('keeps the lines of epochs that end before the bar is there', async () => {
    const { stream, text } = screen(true);
    const progress = createProgress({ ...options, enabled: true }, stream);
    progress.step(10, { loss: 1 });
    progress.epochEnd(1, 'epoch 1/2: loss 1');
    progress.stop();
    await vi.dynamicImportSettled();
    expect(rendered(text())).toEqual(['epoch 1/2: loss 1', '']);
  });

  test('shows nothing by itself on a build server', async () => {
    vi.stubEnv('CI', '1');
    const { progress, step, text } = await run('auto', true);
    step(1, 1);
    progress.epochEnd(1, 'line');
    progress.stop();
    expect(text()).toBe('');
  });

  test('U2: gives plain lines on a terminal that cannot move its cursor', async () => {
    vi.stubEnv('TERM', 'dumb');
    const { progress, step, text } = await run(true, true);
    step(1, 1);
    progress.epochEnd(1, 'line');
    progress.stop();
    expect(text()).toBe('line\n');
  });
});

describe('progress elsewhere', () => {
  test.each([
    ['auto', ''],
    [false, ''],
    [true, 'epoch 1\nepoch 2\n'],
  ] as const)('with enabled: %s prints %j where there is no terminal', async (enabled, expected) => {
    const { progress, step, text } = await run(enabled, false);
    for (const epoch of [1, 2]) {
      step(10, 1);
      progress.epochEnd(epoch, `epoch ${epoch}`);
    }
    progress.stop();
    expect(text()).toBe(expected);
  });

  test('is silent on a terminal with enabled: false', async () => {
    const { progress, step, text } = await run(false, true);
    step(1, 1);
    progress.epochEnd(1, 'line');
    progress.stop();
    expect(text()).toBe('');
  });

  test('does nothing on a page', () => {
    const progress = createNone(options);
    expect([progress.step(1, {}), progress.epochEnd(1, ''), progress.stop()]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('the clock of a run', () => {
  test('leaves compiling out of both, and validation out of the rate only', () => {
    let time = 0;
    const clock = new Clock(10, 3, () => time);
    time = 5000; // the first step was compiled
    expect(clock.step(1)).toEqual({ rate: undefined, secondsLeft: undefined });
    time = 6000;
    expect(clock.step(6)).toEqual({ rate: 5, secondsLeft: 4.8 }); // 24 steps at 0.2 s
    time = 6800;
    expect(clock.step(10)).toEqual({ rate: 5, secondsLeft: 4 });
    clock.epochEnd(1);
    expect(clock.epoch).toBe(2);
    time = 8800; // 2 s of validation and a step
    const { rate, secondsLeft } = clock.step(1);
    expect(rate).toBe(5);
    expect(secondsLeft).toBeCloseTo((19 * 3.8) / 10, 10);
  });

  test('survives reports without progress, or without time between them', () => {
    const clock = new Clock(10, 1, () => 0);
    clock.step(1);
    expect(clock.step(1)).toEqual({ rate: undefined, secondsLeft: undefined });
    expect(clock.step(2)).toEqual({ rate: undefined, secondsLeft: 0 });
  });

  test.each([
    [showSeconds(0.2), '1 s'],
    [showSeconds(59.1), '1 min 00 s'],
    [showSeconds(185), '3 min 05 s'],
    [showSeconds(7800), '2 h 10 min'],
    [showRate(0.3125), '0.313'],
    [showRate(47), '47.0'],
    [showRate(320.4), '320'],
    [showRate(12345), '12.3k'],
    [showRate(2.5e6), '2.50M'],
    [showValue(0.123456), '0.1235'],
    [showValue(-12345.6), '-12350'],
    [showValue(0), '0'],
    [showValue(1.5e-7), '1.50e-7'],
    [showValue(2e9), '2.00e+9'],
    [showValue(Number.NaN), 'NaN'],
  ])('prints %s', (shown, expected) => {
    expect(shown).toBe(expected);
  });
});

test('U2: of many short epochs the first, the last and one every half second keep a line; of long ones all', () => {
  const kept = (milliseconds: number): string[] => {
    const { stream, text } = screen(false);
    let time = 0;
    const progress = createProgress({ ...options, epochs: 20, enabled: true }, stream, () => time);
    for (let epoch = 1; epoch <= 20; epoch++) {
      time += milliseconds;
      progress.epochEnd(epoch, String(epoch));
    }
    progress.stop();
    progress.stop();
    return text().trimEnd().split('\n');
  };
  expect(kept(100)).toEqual(['1', '6', '11', '16', '20']);
  expect(kept(500)).toEqual(Array.from({ length: 20 }, (_, i) => String(i + 1)));
});
