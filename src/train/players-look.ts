/** @file Computing something of players between two steps, on a minibatch that no turn has had. */
import type { Session } from '../backends/backend.ts';
import { type HostArray, hostArray } from '../core/dtype.ts';
import { must } from '../core/errors.ts';
import { randomNormal, randomPermutation, randomUniform, streamOf } from '../core/philox.ts';
import { sizeOf } from '../core/shape.ts';
import { compile } from '../engine/compile.ts';
import { type Tensor, tensor } from '../graph/tensor.ts';
import { isTrainedModel } from './model.ts';
import { type LossInputs, lossInputs, type ModelCalls, modelCalls, underName } from './model-calls.ts';
import type { Players } from './players.ts';
import type { ResolvedPlayersOptions } from './players-options.ts';
import type { PreparedPlayers } from './players-prepare.ts';
import { leavesIn, readBlocks } from './state.ts';

type Looked = Tensor | Readonly<Record<string, Tensor>>;
type Look = (models: ModelCalls, inputs: LossInputs) => Looked;
type Leaves = Readonly<Record<string, Readonly<Record<string, Tensor>>>>;
type Compiled = (
  leaves: Leaves,
  batch: Readonly<Record<string, Tensor>>,
) => Promise<Tensor | Readonly<Record<string, Tensor>>>;

/** `control.look`: of a session and where its run stands. Functions are compiled once. */
export function looker(
  game: Players,
  prepared: PreparedPlayers,
  options: ResolvedPlayersOptions,
  session: Session,
): (f: Look, step: number) => Promise<unknown> {
  const layers = new Map(
    Object.entries(game.models).map(([name, model]) => [
      name,
      underName(name, isTrainedModel(model) ? model.state.layer : model),
    ]),
  );
  const compiled = new Map<Look, Compiled>();
  const build = (f: Look): Compiled =>
    compile(
      (leaves: Leaves, batch: Readonly<Record<string, Tensor>>) => {
        const calls = modelCalls({
          ...{ models: layers, key: tensor(new Int32Array(3)), updates: new Map(), player: 'look', mode: 'predict' },
          leavesOf: (name) => new Map(Object.entries(must(leaves[name], name))),
        });
        return f(calls, lossInputs('look', batch));
      },
      { device: options.place.device ?? 'auto' },
    ) as unknown as Compiled;
  return async (f, step) => {
    const run = compiled.get(f) ?? build(f);
    compiled.set(f, run);
    const leaves: Record<string, Record<string, Tensor>> = {};
    for (const [name, { groups, parameters }] of prepared.models) {
      const now = leavesIn(await readBlocks(session, groups), groups, parameters);
      leaves[name] = Object.fromEntries([...now].map(([path, { data, shape }]) => [path, tensor(data, shape)]));
    }
    return run(leaves, minibatch(prepared, options, step));
  };
}

/** Rows and noise by streams of their own. */
function minibatch(
  { sources, rows, batchSize }: PreparedPlayers,
  { inputs, seed }: ResolvedPlayersOptions,
  step: number,
): Record<string, Tensor> {
  const picked = randomPermutation(rows, seed, streamOf('look'), step).subarray(0, batchSize);
  const batch: Record<string, Tensor> = {};
  for (const [name, { spec, data, scaling }] of Object.entries(sources)) {
    const rowShape = spec.shape.slice(1);
    const width = sizeOf(rowShape);
    const out: HostArray =
      scaling === undefined ? hostArray(spec.dtype, batchSize * width) : new Float32Array(batchSize * width);
    picked.forEach((row, i) => {
      for (let k = 0; k < width; k++) {
        const value = data[row * width + k] as number;
        out[i * width + k] = scaling === undefined ? value : (value - at(scaling.shift, k)) * at(scaling.scale, k);
      }
    });
    batch[name] = tensor(out, [batchSize, ...rowShape]);
  }
  for (const [name, { shape, distribution }] of Object.entries(inputs)) {
    const out = new Float32Array(batchSize * sizeOf(shape));
    (distribution === 'normal' ? randomNormal : randomUniform)(out, seed, streamOf(`look/${name}`), step, 0);
    batch[name] = tensor(out, [batchSize, ...shape]);
  }
  return batch;
}

/** One number for all columns, or one a column. */
const at = (values: Float32Array, column: number): number => values[column % values.length] as number;
