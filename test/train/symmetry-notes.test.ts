/** `fit` says when units of a hidden layer start equal, and goes on. */
import { expect, test } from 'vitest';
import { constant, crossEntropy, dense, fit, type Initializer, sequential, sparse, zeros } from '../../src/index.ts';

const data = {
  x: [
    [1, 2],
    [2, 1],
    [3, 5],
    [5, 3],
  ],
  y: ['a', 'b', 'a', 'b'],
};
const notesOf = async (first: Initializer | undefined, second: Initializer | undefined) => {
  const of = (kernelInitializer: Initializer | undefined) => (kernelInitializer ? { kernelInitializer } : {});
  const model = sequential([dense(8, { activation: 'tanh', ...of(first) }), dense(2, of(second))]);
  const run = await fit(model, data, { loss: crossEntropy(), epochs: 1 });
  return run.notes.filter((note) => note.startsWith('model: '));
};

test('a hidden layer of equal units, in and out, is noted with the remedy', async () => {
  const [note, ...others] = await notesOf(constant(0.1), zeros());
  expect(note).toMatch(
    /^model: the 8 units of the hidden layer of '0\/kernel' start equal.* worth one unit; leave kernelInitializer out/,
  );
  expect(others).toEqual([]);
});

test('units that differ on one side, come apart, and are not noted', async () => {
  expect(await notesOf(undefined, zeros())).toEqual([]);
  expect(await notesOf(zeros(), undefined)).toEqual([]);
  expect(await notesOf(sparse(1), undefined)).toEqual([]);
  expect(await notesOf(undefined, undefined)).toEqual([]);
});

test('a trained model is not looked at again', async () => {
  const model = sequential([dense(8, { kernelInitializer: zeros() }), dense(2, { kernelInitializer: zeros() })]);
  const run = await fit(model, data, { loss: crossEntropy(), epochs: 1 });
  const again = await fit(run, data, { loss: crossEntropy(), epochs: 1 });
  expect(again.notes.some((note) => note.includes('start equal'))).toBe(false);
});
