import { afterEach, expect, it, vi } from 'vitest';
import { nextTurn } from '../../src/train/yield.ts';

afterEach(() => vi.unstubAllGlobals());

const throws = () => {
  throw new Error('A Node.js API is used which is not supported in the Edge Runtime.');
};

it.each([
  ['as Node has it', {}],
  ['on a page, which has no setImmediate', { setImmediate: undefined }],
  ['at the edge, which has no MessageChannel either', { setImmediate: undefined, MessageChannel: undefined }],
  ['at the edge of Next, where both throw', { setImmediate: throws, MessageChannel: throws }],
])('a turn of the event loop passes, other work gets its own: %s', async (_, globals) => {
  for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value);
  let turns = 0;
  setTimeout(() => turns++);
  for (let i = 0; turns === 0 && i < 1000; i++) await nextTurn();
  expect(turns).toBe(1);
});
