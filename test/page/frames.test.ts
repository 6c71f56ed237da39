import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { paced } from '../../demo/page/src/page/frames.ts';

let frames: FrameRequestCallback[] = [];
/** One frame of the browser. */
const frame = (): void => {
  for (const callback of frames.splice(0)) callback(performance.now());
};
beforeEach(() => {
  frames = [];
  vi.useFakeTimers();
  vi.stubGlobal('requestAnimationFrame', (callback: FrameRequestCallback) => frames.push(callback));
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('figures', () => {
  it('are drawn one a frame, in the order in which they were asked for', () => {
    const drawn: string[] = [];
    for (const name of ['curve', 'weights', 'numbers']) paced(() => drawn.push(name))();
    expect(drawn).toEqual([]);
    for (const expected of [['curve'], ['curve', 'weights'], ['curve', 'weights', 'numbers']]) {
      frame();
      expect(drawn).toEqual(expected);
    }
    frame();
    expect([drawn.length, frames.length]).toEqual([3, 0]);
  });

  it('are drawn once however often they are asked for, and ten times a second at most', () => {
    const draw = vi.fn();
    const soon = paced(draw);
    for (let i = 0; i < 5; i++) soon();
    frame();
    expect(draw).toHaveBeenCalledTimes(1);
    soon();
    frame();
    expect(draw).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(100);
    frame();
    expect(draw).toHaveBeenCalledTimes(2);
  });

  it('do not keep each other from being drawn where one fails', () => {
    const draw = vi.fn();
    paced(() => {
      throw new Error('no canvas');
    })();
    paced(draw)();
    expect(frame).toThrow('no canvas');
    frame();
    expect(draw).toHaveBeenCalledTimes(1);
  });
});
