/** The WGAN-GP on a ring of eight Gaussians: data, players, and a host that feeds them. */
import { grad } from '../../src/autodiff/grad.ts';
import type { DirectSession, Session } from '../../src/backends/backend.ts';
import { randomNormal, randomUniform, streamOf } from '../../src/core/philox.ts';
import { PLAYER, type Player, type PlayersDescription, playersProgram } from '../../src/engine/players.ts';
import { layoutGroup } from '../../src/graph/program.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { dense } from '../../src/nn/dense.ts';
import { applyModel, initialize, type Layer } from '../../src/nn/layer.ts';
import { sequential } from '../../src/nn/sequential.ts';
import { add, mul, neg, sqrt, square, sub } from '../../src/ops/elementwise.ts';
import { mean, sum } from '../../src/ops/reduce.ts';
import { adam } from '../../src/optim/adam.ts';
import { packGroup } from './pack-group.ts';

const RADIUS = 2;
const SIGMA = 0.02;
export const MODES = Array.from({ length: 8 }, (_, i) => [
  RADIUS * Math.cos((i * Math.PI) / 4),
  RADIUS * Math.sin((i * Math.PI) / 4),
]);

/** Points of the ring, [n, 2]. */
export function ringPoints(n: number, seed: number): Float32Array {
  const noise = new Float32Array(2 * n);
  randomNormal(noise, seed, streamOf('ring'), 0, 0);
  return noise.map((x, i) => (MODES[(i >> 1) % 8]?.[i & 1] as number) + SIGMA * x);
}

export interface RingOptions {
  readonly width: number;
  readonly depth: number;
  readonly rows: number;
  readonly points: number;
  readonly criticTurns: number;
  readonly penalty: number;
  readonly seed: number;
}

const network = ({ width, depth }: RingOptions, outputs: number): Layer =>
  sequential([...Array.from({ length: depth }, () => dense(width, { activation: 'relu' })), dense(outputs)]);

export function ringPlayers(options: RingOptions) {
  const models = { critic: network(options, 1), generator: network(options, 2) };
  const transform = adam({ learningRate: 1e-3, beta1: 0, beta2: 0.9 });
  const apply = (
    name: keyof typeof models,
    leaves: ReadonlyMap<string, ReadonlyMap<string, Tensor>>,
    x: Tensor,
  ): Tensor => applyModel(models[name], leaves.get(name) ?? new Map(), x, { mode: 'train' });
  const leavesOf = (name: keyof typeof models) =>
    initialize(models[name], { shape: [1, 2], dtype: 'f32' }, options.seed + (name === 'critic' ? 100 : 0)).parameters;
  const player = (name: keyof typeof models, repeat: number, loss: Player['loss']): Player => ({
    ...{ name, repeat, batch: 'fresh', transform, loss },
    groups: { parameters: layoutGroup(PLAYER.parameters(name), leavesOf(name)), rows: [], state: undefined },
  });
  const critic = player('critic', options.criticTurns, ({ leaves, batch }) => {
    const { x, z, epsilon } = batch as Record<'x' | 'z' | 'epsilon', Tensor>;
    const fake = apply('generator', leaves, z);
    const between = add(mul(epsilon, x), mul(sub(1, epsilon), fake));
    const slope = grad((at: Tensor) => sum(apply('critic', leaves, at)), between) as Tensor;
    const norm = sqrt(add(sum(square(slope), 1), 1e-12));
    const distance = sub(mean(apply('critic', leaves, fake)), mean(apply('critic', leaves, x)));
    return add(distance, mul(options.penalty, mean(square(sub(norm, 1)))));
  });
  const generator = player('generator', 1, ({ leaves, batch }) =>
    neg(mean(apply('critic', leaves, apply('generator', leaves, batch.z as Tensor)))),
  );
  const description: PlayersDescription = {
    players: [critic, generator],
    sources: {
      x: {
        spec: { shape: [options.points, 2], dtype: 'f32' },
        scaling: { shift: Float32Array.of(0), scale: Float32Array.of(1) },
      },
    },
    noise: { z: { shape: [2], distribution: 'normal' }, epsilon: { shape: [1], distribution: 'uniform' } },
  };
  return { models, description, transform, leavesOf, apply };
}

/** The players, and their step's program. */
export function ringStep(options: RingOptions) {
  const ring = ringPlayers(options);
  return { ...ring, step: playersProgram(ring.description, options.rows) };
}

/** Writes data and first parameters. */
export function startRing(session: Session, options: RingOptions, ring: ReturnType<typeof ringStep>): void {
  session.write('x', ringPoints(options.points, options.seed));
  for (const { name, groups } of ring.description.players) {
    const leaves = ring.leavesOf(name as 'critic');
    const data = new Map(leaves.map(({ path, data: values }) => [path, values] as const));
    session.write(groups.parameters.name, packGroup(groups.parameters, data));
  }
}

/** Runs steps `from` … `from + steps` − 1, one call each; returns the last pulse. */
export function runRing(
  session: DirectSession,
  options: RingOptions,
  ring: ReturnType<typeof ringStep>,
  from: number,
  steps: number,
): Float32Array {
  const name = ring.step.name;
  for (let step = from; step < from + steps; step++) {
    let turn = 0;
    for (const { name: player, repeat } of ring.description.players) {
      const draws = new Float32Array(repeat * options.rows);
      randomUniform(draws, options.seed, streamOf(`rows/${player}`), step, 0);
      session.writeRows(
        name,
        PLAYER.indices(player),
        Int32Array.from(draws, (u) => Math.floor(u * options.points)),
      );
      session.writeRows(
        name,
        PLAYER.scalars(player),
        Array.from({ length: repeat }, (_, i) => [...ring.transform.scalars(step * repeat + i)]).flat(),
      );
      session.writeRows(
        name,
        PLAYER.key(player),
        Array.from({ length: repeat }, () => [options.seed, step, turn++]).flat(),
      );
    }
    const { stop } = session.run(name, 1);
    if (stop !== undefined) throw new Error(`step ${step} stopped: ${JSON.stringify(stop)}`);
  }
  return session.readRows(name, 'pulse', 1) as Float32Array;
}

/** Of points [x, y]: how many modes have at least 20 within the distance, and the share of points that are near one. */
export function coverage(points: readonly (readonly number[])[], within: number): { modes: number; share: number } {
  const counts = MODES.map(() => 0);
  for (const [a = 0, b = 0] of points) {
    const near = MODES.findIndex(([x = 0, y = 0]) => Math.hypot(a - x, b - y) <= within);
    if (near >= 0) counts[near] = (counts[near] as number) + 1;
  }
  return { modes: counts.filter((n) => n >= 20).length, share: counts.reduce((a, b) => a + b, 0) / points.length };
}
