/** The models of players in files: all in one, and each by itself. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  add,
  fit,
  layer,
  loadModel,
  loadModels,
  mean,
  neg,
  normal,
  type PlayersRun,
  players,
  sequential,
} from 'saddlepoint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../src/io/safetensors.ts';
import { lines, trainedLine } from './examples.ts';
import { bitsOf, ring, smallGan, weight } from './games.ts';

let folder = '';
let run: PlayersRun<'critic' | 'generator'>;
const at = (name: string): string => join(folder, name);
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(at(name)));

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'saddlepoint-players-'));
  run = await fit(smallGan(), ring(64), { inputs: { z: normal([2]) }, epochs: 2, batchSize: 16, progress: false });
  await run.save(at('gan.safetensors'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('the file of all models', () => {
  it('has the tensors of each under its name', () => {
    const { tensors } = readSafetensors(bytesOf('gan.safetensors'));
    const paths = ['0/kernel', '0/bias', '1/kernel', '1/bias'];
    expect([...tensors.keys()].sort()).toEqual(
      ['critic', 'generator'].flatMap((name) => paths.map((path) => `${name}/${path}`)).sort(),
    );
  });

  it('gives models that predict the same bits', async () => {
    const loaded = await loadModels(at('gan.safetensors'));
    expect(Object.keys(loaded)).toEqual(['critic', 'generator']);
    const z = [
      [0, 1],
      [-0.5, 2],
    ];
    expect(await loaded.generator?.predict(z)).toEqual(await run.models.generator.predict(z));
    expect(await loaded.critic?.predict(z)).toEqual(await run.models.critic.predict(z));
  });

  it('gives models that players go on with', async () => {
    const { critic, generator } = await loadModels(at('gan.safetensors'));
    if (critic === undefined || generator === undefined) throw new Error('a model is missing');
    const options = { inputs: { z: normal([2]) }, epochs: 1, batchSize: 16, progress: false };
    const again = (from: Pick<typeof run, 'models'>['models']) =>
      players(from, {
        critic: { loss: (m, { x, z }) => mean(add(m.critic(x), neg(m.critic(m.generator(z))))) },
        generator: { loss: (m, { z }) => neg(mean(m.critic(m.generator(z)))) },
      });
    const [ofRun, ofFile] = [again(run.models), again({ critic, generator } as typeof run.models)];
    expect(bitsOf(await fit(ofFile, ring(64), options))).toEqual(bitsOf(await fit(ofRun, ring(64), options)));
  });

  it('takes layers of the user', async () => {
    const plus = (amount: number) => layer('plus', { amount }, (x) => add(x, amount));
    const game = players({ a: sequential([weight(2), plus(3)]) }, { a: { loss: (m, { x }) => mean(m.a(x)) } });
    const made = await fit(game, { x: [1] }, { epochs: 1, progress: false });
    await made.save(at('own.safetensors'));
    expect((await lines(loadModels(at('own.safetensors'))))[0]).toBe("a: layer: unknown type 'plus'");
    const layers = { plus: ({ amount }: { amount?: unknown }) => plus(amount as number) };
    const { a } = await loadModels(at('own.safetensors'), { layers });
    expect(await a?.predict(1)).toBe(await made.models.a.predict(1));
  });
});

describe('one model of players', () => {
  it('is saved and read like any other', async () => {
    await run.models.generator.save(at('generator.safetensors'));
    const generator = await loadModel(at('generator.safetensors'));
    expect(await generator.predict([1, 2])).toEqual(await run.models.generator.predict([1, 2]));
    expect([...generator.parameters.keys()]).toEqual(['0/kernel', '0/bias', '1/kernel', '1/bias']);
  });
});

describe('refused is', () => {
  it('a file of several models where one is expected, and the other way round', async () => {
    expect(await lines(loadModel(at('gan.safetensors')))).toEqual([
      'the file holds several models (critic, generator)',
      'read it with loadModels',
    ]);
    await (await trainedLine()).save(at('line.safetensors'));
    expect(await lines(loadModels(at('line.safetensors')))).toEqual([
      'the file holds one model, not several',
      'read it with loadModel',
    ]);
  });

  it('a file with a tensor too many, too few, or a damaged description', async () => {
    const { tensors, metadata } = readSafetensors(bytesOf('gan.safetensors'));
    const one = { shape: [1], dtype: 'f32' as const, data: Float32Array.of(1) };
    const more = writeSafetensors(new Map([...tensors, ['judge/kernel', one]]), metadata);
    expect((await lines(loadModels(more)))[0]).toBe('the tensors do not fit the models: unexpected judge/kernel');
    const extra = writeSafetensors(new Map([...tensors, ['critic/kernel', one]]), metadata);
    expect((await lines(loadModels(extra)))[0]).toBe('critic: the tensors do not fit the model: unexpected kernel');
    const less = writeSafetensors(new Map([...tensors].slice(1)), metadata);
    expect((await lines(loadModels(less)))[0]).toMatch(
      /^critic: the tensors do not fit the model: missing \d\/(kernel|bias) /,
    );
    const damaged = writeSafetensors(tensors, { saddlepoint: '{"format":1,"models":{"critic":5,"generator":null}}' });
    expect((await lines(loadModels(damaged)))[0]).toBe('critic: inputShape: undefined is no shape');
  });
});
