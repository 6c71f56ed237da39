/** What players and their runs refuse, and how they say it. */
import {
  dense,
  embedding,
  fit,
  flatten,
  type LossInputs,
  mean,
  meanSquaredError,
  normal,
  players,
  sequential,
  uniform,
  wassersteinCritic,
} from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { lines } from './examples.ts';
import { ring, smallGan, weight } from './games.ts';

type Given = Parameters<typeof players<'a' | 'b'>>;
const models = { a: weight(1), b: weight(2) };
const ok = { loss: (m: { a: (x: never) => never }) => m.a(0 as never) };

/** What `players` says to arguments that types would refuse, and its help. */
function refusal(given: unknown, roles: unknown): [message: string, help: string] {
  try {
    players(given as Given[0], roles as Given[1]);
  } catch (error) {
    const [message = '', help = ''] = (error as Error).message.split('\n  help: ');
    return [message, help];
  }
  throw new Error('nothing was refused');
}

describe('players refuses', () => {
  const role = (more: object) => refusal(models, { a: { ...ok, ...more }, b: ok });

  it('a role that has no model, and a model that has no role', () => {
    const [message, help] = refusal({ critic: weight(1) }, { critic: ok, critik: ok });
    expect(message).toBe("players: the role 'critik' has no model");
    expect(help).toContain("did you mean 'critic'?");
    expect(refusal(models, { a: ok })).toEqual([
      "players: 'b' has no role",
      'every model needs one: b: { loss: (m, { x }) => … }',
    ]);
    expect(refusal({}, {})[0]).toBe('players: there are none');
  });

  it('what are no models, no roles, no names', () => {
    expect(refusal([weight(1)], {})[0]).toBe('players: models: expected an object, got [{ type, options, call }]');
    expect(refusal(models, undefined)[0]).toBe('players: roles: expected an object, got undefined');
    expect(refusal({ a: dense }, { a: ok })[0]).toBe(
      'players.a: expected a layer or a trained model, got function dense',
    );
    expect(refusal({ a: undefined }, { a: ok })[0]).toBe(
      'players.a: expected a layer or a trained model, got undefined',
    );
    expect(refusal({ 'a/b': weight(1) }, { 'a/b': ok })[0]).toBe("players: 'a/b' is no name of a player");
    expect(refusal(models, { a: ok, b: null })[0]).toBe('players.b: expected an object, got null');
  });

  it('options of a role that are not legal', () => {
    expect(role({ loss: meanSquaredError() })[0]).toMatch(/^players\.a\.loss: expected a function, got \{ name/);
    expect(role({ optimizer: 'adam' })[0]).toBe("players.a.optimizer: expected an optimizer, got 'adam'");
    expect(role({ repeat: 0 })[0]).toBe('players.a.repeat: expected an integer ≥ 1 and ≤ 1000, got 0');
    expect(role({ repeat: 1.5 })[0]).toBe('players.a.repeat: expected an integer ≥ 1 and ≤ 1000, got 1.5');
    const [message, help] = role({ batch: 'fersh' });
    expect(message).toBe("players.a.batch: unknown value 'fersh'");
    expect(help).toContain("did you mean 'fresh'?");
    expect(role({ repeats: 5 })[0]).toBe("players.a: unknown option 'repeats'");
  });
});

describe('fit of players refuses', () => {
  const run = (options: object, data: object = ring(32)) => lines(fit(smallGan(), data as never, options));
  const z = normal([2]);

  it('inputs with the names of the data, and what is no noise', async () => {
    expect(await run({ inputs: { x: z } })).toEqual([
      'fit: inputs.x: the name is that of the data',
      'give what is drawn another name, such as z',
    ]);
    expect((await run({ inputs: { z, y: z } }))[0]).toBe('fit: inputs.y: the name is that of the data');
    expect(await run({ inputs: { z: [2] } })).toEqual([
      'fit: inputs.z: expected normal(shape) or uniform(shape), got [2]',
      'for example { z: normal([100]) }',
    ]);
    expect((await run({ inputs: 5 }))[0]).toBe('fit: inputs: expected an object, got 5');
    expect(() => normal(100 as never)).toThrow('normal: expected the shape of one row, got 100');
    expect(() => uniform([0])).toThrow('uniform: expected the shape of one row, got [0]');
  });

  it('options that belong to a role, or to one model alone', async () => {
    const inputs = { z };
    expect(await run({ inputs, loss: meanSquaredError() })).toEqual([
      "fit: several players have no option 'loss'",
      'each player has its own: players(models, { critic: { loss } })',
    ]);
    for (const name of ['optimizer', 'metrics', 'validation', 'standardize'])
      expect((await run({ inputs, [name]: 1 }))[0]).toBe(`fit: several players have no option '${name}'`);
    expect((await run({ inputs, epoch: 1 }))[0]).toBe("fit: unknown option 'epoch'");
    expect((await run({ inputs, epochs: 0 }))[0]).toBe('fit: epochs: expected an integer ≥ 1, got 0');
    expect((await run({ inputs, batchSize: 0.5 }))[0]).toBe('fit: batchSize: expected an integer ≥ 1, got 0.5');
    expect((await lines(fit(smallGan(), ring(32), null as never)))[0]).toBe('fit: expected options, got null');
  });

  it('data that cannot be used', async () => {
    expect((await run({ inputs: { z } }, [[1, 2]]))[0]).toBe('expected data { x }, or { x, y }');
    expect(
      (
        await run(
          { inputs: { z } },
          {
            x: [
              [1, 2],
              [3, Number.NaN],
            ],
          },
        )
      )[0],
    ).toMatch(/^x: row 1 .* is NaN/);
    expect((await run({ inputs: { z } }, { ...ring(32), y: [1, 2] }))[0]).toBe('y has 2 rows, but x has 32');
  });
});

describe('a loss is refused', () => {
  const data = { x: [[1], [2]] };
  const game = (loss: (m: never, inputs: never) => unknown, options = {}) => {
    const roles = { a: { loss }, b: { loss: (m: { b: (x: unknown) => never }) => mean(m.b([[1]])) } };
    return lines(fit(players(models, roles as never), data, { epochs: 1, progress: false, ...options }));
  };
  type M = { a: (x: unknown) => never; c: (x: unknown) => never };

  it('that is no scalar, or no tensor', async () => {
    expect(await game((m: M) => m.a([[1], [2]]))).toEqual([
      'players.a.loss: expected a scalar, got shape [2,1]',
      'reduce it with mean',
    ]);
    expect((await game(() => 3))[0]).toBe('players.a.loss: expected a tensor, got 3');
    expect((await game(async (m: M) => mean(m.a([[1]]))))[0]).toBe('players.a.loss: expected a tensor, got {  }');
  });

  it('that asks for models or inputs that are not there', async () => {
    const [model, models] = await game((m: M) => mean(m.c([[1]])));
    expect(model).toBe("players.a.loss: there is no model 'c'");
    expect(models).toContain('legal: a, b');
    const [input, inputs] = await game((m: M, { noise }: LossInputs<'noise'>) => mean(m.a(noise)));
    expect(input).toBe("players.a.loss: there is no input 'noise'");
    expect(inputs).toContain('name it in the options of fit: { inputs: { noise: normal([100]) } }');
    expect(await game((m: M, { y }: LossInputs<'y'>) => mean(m.a(y)))).toEqual([
      "players.a.loss: there is no input 'y'",
      'give targets with the data: { x, y }',
    ]);
  });

  it('that does not call its own model, or calls it with no rows', async () => {
    const [message, help] = await game((_: M, { x }: LossInputs<'x'>) => mean(x));
    expect(message).toBe('players.a.loss: never calls m.a, so a would learn nothing');
    expect(help).toBe('a loss moves the parameters of its own player alone');
    expect((await game((m: M) => mean(m.a(1))))[0]).toBe('players.a.loss: a takes rows [n, …], got a scalar');
  });

  it('with shapes that do not fit, saying in which model', async () => {
    const wide = players(
      { a: sequential([flatten(), dense(1)]) },
      { a: { loss: (m, { x }) => mean(m.a([m.a(x).shape])) } },
    );
    const [message] = await lines(fit(wide, { x: [[1, 2, 3]] }, { epochs: 1, progress: false }));
    expect(message).toContain("'a/1/kernel'");
  });

  it("whose 'same' rows nobody drew, and tables that are trained by rows", async () => {
    const same = players({ a: weight(1) }, { a: { loss: (m, { x }) => mean(m.a(x)), batch: 'same' } });
    expect((await lines(fit(same, data, { progress: false })))[0]).toBe(
      "players.a.batch: 'same' asks for the rows of the player before it, and it is the first",
    );
    const table = players({ a: embedding(100_000, 4) }, { a: { loss: (m, { x }) => mean(m.a(x)) } });
    const [message, help] = await lines(fit(table, data, { progress: false }));
    expect(message).toContain('players.a: has row tables');
    expect(help).toBe('make them ordinary parameters: embedding(…, { rows: false })');
  });

  it('of a model that was trained on standardized data, or on other rows', async () => {
    const options = { loss: meanSquaredError(), epochs: 1, progress: false };
    const rows = {
      x: [
        [1, 2],
        [3, 4],
      ],
      y: [1, 2],
    };
    const trained = await fit(sequential([dense(1)]), rows, options);
    const game = (a: Parameters<typeof players<'a'>>[0]['a']) =>
      players({ a }, { a: { loss: (m, { x }) => mean(m.a(x)) } });
    expect(await lines(fit(game(trained), rows, { progress: false }))).toEqual([
      'players.a: was trained on standardized data, which a loss of players knows nothing of',
      'train it with { standardize: false }',
    ]);
    const raw = await fit(sequential([dense(1)]), rows, { ...options, standardize: false });
    expect((await fit(game(raw), rows, { epochs: 1, progress: false })).steps).toBe(1);
    expect((await lines(fit(game(raw), data, { progress: false })))[0]).toBe(
      'players.a: was trained on rows [2], a loss calls it with [1]',
    );
  });
});

describe('wassersteinCritic refuses', () => {
  const options = { inputs: { z: normal([2]) }, epochs: 1, batchSize: 8, progress: false };
  const gan = (units: number, critic: (m: never, x: never, z: never) => unknown) =>
    lines(
      fit(
        players(
          { critic: dense(1), generator: dense(units) },
          {
            critic: { loss: (m, { x, z }) => critic(m as never, x as never, z as never) as never },
            generator: { loss: (m, { z }) => mean(m.generator(z)) },
          },
        ),
        ring(16),
        options,
      ),
    );

  it('generated rows of another shape than the data', async () => {
    expect((await gan(3, wassersteinCritic))[0]).toBe('wassersteinCritic: the generator gives [8,3], x is [8,2]');
  });

  it('a penalty below 0, unknown options, and models that no loss was given', async () => {
    const critic = (penalty: object) => (m: never, x: never, z: never) => wassersteinCritic(m, x, z, penalty);
    expect((await gan(2, critic({ gradientPenalty: -1 })))[0]).toContain('wassersteinCritic.gradientPenalty: expected');
    expect((await gan(2, critic({ penalty: 1 })))[0]).toBe("wassersteinCritic: unknown option 'penalty'");
    const alone = (m: { critic: never; generator: never }, x: never, z: never) =>
      wassersteinCritic({ critic: m.critic, generator: m.generator }, x, z);
    const [message, help] = await gan(2, alone as never);
    expect(message).toBe('wassersteinCritic: expected the models that a loss gets, for their random numbers');
    expect(help).toContain('{ ...m, critic: m.judge, generator: m.artist }');
  });
});
