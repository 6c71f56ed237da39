/** Steps of several players, on the WGAN-GP: inner turns as a loop, second order through the critic, stops, bad input. */
import { describe, expect, test } from 'vitest';
import { referenceBackend } from '../../src/backends/reference/index.ts';
import { wasmBackend } from '../../src/backends/wasm/index.ts';
import { PLAYER, playersProgram } from '../../src/engine/players.ts';
import { tensor } from '../../src/graph/tensor.ts';
import { type RingOptions, ringPlayers, ringStep, runRing, startRing } from './ring.ts';

const small: RingOptions = { width: 8, depth: 2, rows: 8, points: 64, criticTurns: 5, penalty: 0.5, seed: 4 };

async function trained(backend: typeof wasmBackend, steps: number, options = small) {
  const ring = ringStep(options);
  using session = await backend.open([ring.step], { verify: true });
  startRing(session, options, ring);
  const pulse = runRing(session, options, ring, 0, steps);
  const blocks = ring.description.players.map(({ groups }) => Float32Array.from(session.read(groups.parameters.name)));
  return { pulse, blocks, ring };
}

/** The critic's parameters after some steps in which the generator stands still, on rows and keys that count turns alone. */
async function criticAfter(turns: number, steps: number): Promise<Float32Array> {
  const options = { ...small, criticTurns: turns };
  const ring = ringStep(options);
  using session = await wasmBackend.open([ring.step], { verify: true });
  startRing(session, options, ring);
  const { name } = ring.step;
  const all = turns * steps;
  const rows = Int32Array.from({ length: all * small.rows }, (_, i) => (i * 29) % small.points);
  const generatorRows = rows.subarray(0, small.rows);
  for (let step = 0; step < steps; step++) {
    const own = Array.from({ length: turns }, (_, i) => step * turns + i);
    session.writeRows(
      name,
      PLAYER.indices('critic'),
      rows.subarray(step * turns * small.rows, (step + 1) * turns * small.rows),
    );
    session.writeRows(
      name,
      PLAYER.key('critic'),
      own.flatMap((turn) => [small.seed, turn, 0]),
    );
    session.writeRows(
      name,
      PLAYER.scalars('critic'),
      own.flatMap((turn) => [...ring.transform.scalars(turn)]),
    );
    session.writeRows(name, PLAYER.indices('generator'), generatorRows);
    session.writeRows(name, PLAYER.key('generator'), [small.seed, step, 1]);
    session.writeRows(name, PLAYER.scalars('generator'), [0, 1]);
    expect(session.run(name, 1).stop).toBeUndefined();
  }
  return session.read(PLAYER.parameters('critic')) as Float32Array;
}

describe('a step of two players', () => {
  test('is the same on both backends, second order and five turns included', async () => {
    const wasm = await trained(wasmBackend, 3);
    const reference = await trained(referenceBackend, 3);
    // f32 against double, over 18 updates of Adam with a step size of 1e-3.
    wasm.blocks.forEach((block, player) => {
      for (const [i, x] of (reference.blocks[player] as Float32Array).entries())
        expect(block[i], `player ${player}, element ${i}`).toBeCloseTo(x, 4);
    });
    for (const [i, x] of reference.pulse.entries()) expect(wasm.pulse[i]).toBeCloseTo(x, 4);
  });

  test('gives the bits that the critic alone gives when its turns are steps of their own', async () => {
    const loop = await criticAfter(5, 1);
    expect(await criticAfter(1, 5)).toEqual(loop);
    expect(await criticAfter(1, 4)).not.toEqual(loop);
  });

  test('that meets a value that is not finite in its third turn commits nothing', async () => {
    const ring = ringStep(small);
    using session = await wasmBackend.open([ring.step], { verify: true });
    startRing(session, small, ring);
    const blocks = ring.step.outputs.flatMap(({ kind, name }) => (kind === 'block' ? [name] : []));
    const points = session.read('x');
    points[2 * 63] = Number.NaN;
    session.write('x', points);
    const rows = Int32Array.from({ length: 5 * small.rows }, (_, i) => (i === 2 * small.rows + 3 ? 63 : i % 60));
    const before = blocks.map((name) => session.read(name));
    session.writeRows(ring.step.name, PLAYER.indices('critic'), rows);
    session.writeRows(
      ring.step.name,
      PLAYER.scalars('critic'),
      [1e-3, 1e-8, 1e-3, 1e-8, 1e-3, 1e-8, 1e-3, 1e-8, 1e-3, 1e-8],
    );
    expect(session.run(ring.step.name, 1).stop).toMatchObject({ reason: 'nonFinite', op: 'guard' });
    expect(blocks.map((name) => session.read(name))).toEqual(before);
    expect(blocks).toHaveLength(6);
    expect(await session.locate(ring.step.name, 0)).toMatchObject({ op: 'gatherRows' });
  });
});

describe('bad input', () => {
  test("'same' for the first player", () => {
    const { description } = ringPlayers(small);
    const players = description.players.map((player) => ({ ...player, batch: 'same' as const }));
    expect(() => playersProgram({ ...description, players }, 8)).toThrow(
      "players.critic.batch: 'same' asks for the rows of the player before it, and it is the first",
    );
  });

  test('a loss that is no scalar', () => {
    const { description } = ringPlayers(small);
    const players = description.players.map((player) => ({ ...player, loss: () => tensor([1, 2]) }));
    expect(() => playersProgram({ ...description, players }, 8)).toThrow(
      'players.critic.loss: expected a scalar, got shape [2]',
    );
  });
});
