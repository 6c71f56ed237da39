/**
 * @file A model of the characters of first names: a recurrent network says for each letter what comes next. Interpolated
 * n-grams (Witten–Bell) need 4.109, 3.499, 3.143, 2.876 and 2.871 bits a character for n = 1 … 5, the end mark counted, on the
 * same split: the sorted union of both lists in lower case, of which every tenth name is held out.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { adamw, cosineDecay, crossEntropy, dense, dropout, embedding, fit, gru, sequential, tensor } from 'saddlepoint';
import { padSequences } from 'saddlepoint/data';
import { expect, it } from 'vitest';
import { meanOfSeeds } from './tables.ts';

const read = (name: string): string[] =>
  readFileSync(join(import.meta.dirname, '../fixtures', name), 'utf8')
    .split('\n')
    .map((line) => line.trim().toLowerCase())
    .filter(Boolean);
const names = [...new Set([...read('female-names.txt'), ...read('male-names.txt')])].sort();
const END = 1;
const alphabet = [...new Set(names.join(''))].sort();
const ids = (name: string): number[] => Array.from(name, (letter) => END + 1 + alphabet.indexOf(letter));
const classes = alphabet.length + 2;
const length = Math.max(...names.map((name) => name.length)) + 1;

/** Inputs begin with the mark that also ends names, 0 is padding; the answer of each step is the next letter. */
function sequences(of: readonly string[]) {
  const x = padSequences(
    of.map((name) => [END, ...ids(name)]),
    { length },
  );
  const y = padSequences(
    of.map((name) => [...ids(name), END]),
    { length },
  );
  const rows = of.map((_, i) => [...y.data.subarray(i * length, (i + 1) * length)]);
  return { x: tensor(x.data, [of.length, length], 'i32'), y: rows };
}

it('names need fewer than 2.87 bits a character, on the mean of three seeds', { timeout: 1_200_000 }, async () => {
  const held = (i: number) => i % 10 === 9;
  const [train, test] = [names.filter((_, i) => !held(i)), names.filter((_, i) => held(i))];
  expect([names.length, test.length]).toEqual([8422, 842]);
  const epochs = 30;
  const steps = epochs * Math.ceil((train.length * 0.9) / 64);
  const mean = await meanOfSeeds('names, bits a character', async (seed) => {
    const model = sequential([
      embedding(classes, 32, { rows: false, maskId: 0 }),
      gru(128, { returnSequences: true }),
      dropout(0.3),
      dense(classes),
    ]);
    using run = await fit(model, sequences(train), {
      loss: crossEntropy(),
      optimizer: adamw({ learningRate: cosineDecay({ learningRate: 3e-3, steps }), weightDecay: 0.01 }),
      ...{ batchSize: 64, epochs, validation: 0.1, seed, deterministic: true, progress: false },
    });
    return (await run.evaluate(sequences(test))).loss / Math.LN2;
  });
  expect(mean).toBeLessThan(2.87);
});
