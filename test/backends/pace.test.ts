/** When several threads are used, by a clock of the test's own. */
import { expect, test } from 'vitest';
import { Pace, type Way } from '../../src/backends/wasm/pace.ts';

/** Makes calls for some milliseconds, each of one step that takes `time` of its way; returns the time and the calls of each way. */
function calls(pace: Pace, clock: { now: number }, milliseconds: number, time: Record<Way, number>) {
  const counts = { together: 0, alone: 0 };
  const from = clock.now;
  while (clock.now - from < milliseconds) {
    const way = pace.next();
    clock.now += time[way];
    counts[way]++;
    pace.record(way, time[way]);
  }
  return counts;
}

test('the faster way is used, and the other tried now and then', () => {
  const clock = { now: 0 };
  const pace = new Pace(() => clock.now);
  const fast = calls(pace, clock, 60_000, { together: 5, alone: 10 });
  expect(fast.together).toBeGreaterThan(11_900);
  expect(fast.alone).toBeGreaterThan(5);
});

test('when other work takes the second core, one thread takes over within a second, and gives way when it ends', () => {
  const clock = { now: 0 };
  const pace = new Pace(() => clock.now);
  calls(pace, clock, 20_000, { together: 5, alone: 10 });
  calls(pace, clock, 1000, { together: 20, alone: 10 });
  // At most 1.15 × the time of one thread: 3,000 steps in 34.5 s.
  const busy = calls(pace, clock, 30_000, { together: 20, alone: 10 });
  expect((20 * busy.together + 10 * busy.alone) / (busy.together + busy.alone)).toBeLessThan(11.5);
  calls(pace, clock, 6000, { together: 5, alone: 10 });
  expect(calls(pace, clock, 10_000, { together: 5, alone: 10 }).together).toBeGreaterThan(1950);
});

test('trials cost the same share of the calls, however long the rests between them', () => {
  const clock = { now: 0 };
  const pace = new Pace(() => clock.now);
  let together = 0;
  for (let i = 0; i < 2000; i++) {
    clock.now += 1000;
    together += calls(pace, clock, 5, { together: 15, alone: 5 }).together;
  }
  // The first call, then three after 0.2, 0.4, 0.8, … 5, 5 s of calls.
  expect(together).toBeGreaterThan(15);
  expect(together).toBeLessThan(25);
});

test.each([50, 51, 52, 53, 54])('a way that is hardly slower is tried again soon, after %i s too', (seconds) => {
  const clock = { now: 0 };
  const pace = new Pace(() => clock.now);
  calls(pace, clock, 1000 * seconds, { together: 11, alone: 10 });
  // A trial loses 3 ms, of which 1.2 s are four hundred times as much.
  calls(pace, clock, 1300, { together: 5, alone: 10 });
  expect(calls(pace, clock, 100, { together: 5, alone: 10 }).together).toBe(20);
});

test('a single slow call changes nothing for long', () => {
  const clock = { now: 0 };
  const pace = new Pace(() => clock.now);
  calls(pace, clock, 5000, { together: 5, alone: 10 });
  pace.record('together', 100);
  expect(calls(pace, clock, 3000, { together: 5, alone: 10 }).together).toBeGreaterThan(450);
});

test('the first call of a trial, which wakes the others and moves what they need, does not decide it', () => {
  const clock = { now: 0 };
  const pace = new Pace(() => clock.now);
  calls(pace, clock, 5000, { together: 20, alone: 10 });
  let last: Way = 'alone';
  let counted = 0;
  for (let i = 0; i < 3000; i++) {
    const way = pace.next();
    const time = way === 'alone' ? 10 : last === 'alone' ? 40 : 5;
    last = way;
    clock.now += time;
    pace.record(way, time);
    if (i >= 1500) counted += Number(way === 'together');
  }
  expect(counted).toBeGreaterThan(1400);
});

test('two interruptions one after the other do not change the way', () => {
  const clock = { now: 0 };
  const pace = new Pace(() => clock.now);
  calls(pace, clock, 1500, { together: 5, alone: 6 });
  for (let i = 0; i < 2; i++) pace.record(pace.next(), 50);
  expect(pace.next()).toBe('together');
});
