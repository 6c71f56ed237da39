import { adam, batchNorm, chain, dense, dropout, fit, sequential } from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { classes, clouds, rejection } from './examples.ts';

const model = () => sequential([dense(6), batchNorm(), dense(3)]);
const decaying = () => chain(adam({ learningRate: 0.05, weightDecay: 0.1 }));
const bytes = (run: { parameters: ReadonlyMap<string, { data: Float32Array }> }, layer: string) =>
  [...run.parameters].filter(([path]) => path.startsWith(`${layer}/`)).map(([path, { data }]) => [path, [...data]]);

describe('case 20: frozen layers', () => {
  it('case 20: stay byte for byte, statistics too, under decay and momentum; thawed, they move', async () => {
    const options = { ...classes, optimizer: decaying(), epochs: 5 };
    const base = await fit(model(), clouds(48), options);
    const frozen = await fit(base, clouds(48), { ...options, epochs: 10, freeze: ['0', '1'] });
    expect(bytes(frozen, '0')).toEqual(bytes(base, '0'));
    expect(bytes(frozen, '1')).toEqual(bytes(base, '1'));
    expect(bytes(frozen, '1')).toHaveLength(4);
    expect(bytes(frozen, '2')).not.toEqual(bytes(base, '2'));
    const thawed = await fit(frozen, clouds(48), { ...options, epochs: 1 });
    for (const layer of ['0', '1', '2']) expect(bytes(thawed, layer)).not.toEqual(bytes(frozen, layer));
  });

  it('M5: are chosen by a function of the path as by a list', async () => {
    const base = await fit(model(), clouds(48), classes);
    const list = await fit(base, clouds(48), { ...classes, freeze: ['0'] });
    const asked = await fit(base, clouds(48), { ...classes, freeze: (path) => path.startsWith('0/') });
    expect([...asked.parameters.values()]).toEqual([...list.parameters.values()]);
    expect(list.notes).toContain('model: 2 of 8 leaves are frozen');
  });

  it('keep their dropout, and their model loads as any other', async () => {
    const dropping = sequential([dense(6), dropout(0.5), dense(3)]);
    const base = await fit(dropping, clouds(48), classes);
    const [one, two] = await Promise.all(
      [1, 2].map((seed) => fit(base, clouds(48), { ...classes, freeze: ['0'], shuffle: false, seed })),
    );
    expect(bytes(one as typeof base, '2')).not.toEqual(bytes(two as typeof base, '2'));
  });

  it.each([
    [['5'], "fit: freeze: no leaf at or below '5'"],
    [() => true, 'fit: freeze: nothing is left to train'],
    ['0', "fit: freeze: expected a function of a path or a list of paths, got '0'"],
  ])('%s is refused', async (freeze, message) => {
    const error = await rejection(fit(model(), clouds(12), { ...classes, freeze: freeze as never }));
    expect(error.message.split('\n')[0]).toBe(message);
  });
});
