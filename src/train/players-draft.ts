/** @file Every loss traced once before training: it shows which rows each model takes, and which inputs each loss reads. */
import { SaddlepointError } from '../core/errors.ts';
import { type Shape, sameShape, showShape } from '../core/shape.ts';
import type { Spec } from '../graph/node.ts';
import type { Tensor } from '../graph/tensor.ts';
import { Trace } from '../graph/trace.ts';
import { initialize, type Layer } from '../nn/layer.ts';
import { callLoss, lossInputs, modelCalls } from './model-calls.ts';
import type { ResolvedRole } from './players.ts';
import type { ModelState, Parameter } from './state.ts';

/** What the losses showed of one model. */
export interface Drafted {
  /** First values, by paths that begin with the player's name. */
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** Whether it is called with rows of the data as they come. */
  takesData: boolean;
}

export interface Draft {
  readonly models: ReadonlyMap<string, Drafted>;
  /** By player: the inputs that its loss reads. */
  readonly reads: ReadonlyMap<string, ReadonlySet<string>>;
}

/** The leaves of a model that was trained before, under a player's name. */
const underPlayer = (name: string, parameters: ModelState['parameters']): Map<string, Parameter> =>
  new Map([...parameters].map(([path, leaf]) => [`${name}/${path}`, leaf]));

/**
 * @param models by player, each under its name.
 * @param bases of models that were trained before: their state.
 * @param batch the types of the minibatch's inputs.
 */
export function draftPlayers(
  models: ReadonlyMap<string, Layer>,
  bases: ReadonlyMap<string, ModelState>,
  roles: Readonly<Record<string, ResolvedRole>>,
  batch: Readonly<Record<string, Spec>>,
  seed: number,
): Draft {
  const trace = new Trace();
  const key = trace.input({ shape: [3], dtype: 'i32' });
  const inputs = Object.fromEntries(Object.entries(batch).map(([name, spec]) => [name, trace.input(spec)]));
  const found = new Map<string, Drafted & { readonly leaves: ReadonlyMap<string, Tensor> }>();
  const reads = new Map<string, Set<string>>();

  const meet = (name: string, x: Tensor, where: string) => {
    const known = found.get(name);
    if (known !== undefined) return known;
    if (x.shape.length === 0) throw new SaddlepointError('shape', `${where}: ${name} takes rows [n, …], got a scalar`);
    const inputShape = x.shape.slice(1);
    const base = bases.get(name);
    if (base !== undefined) checkBase(name, base, inputShape);
    const made = base ?? fresh(models.get(name) as Layer, inputShape, x, seed);
    const parameters = base === undefined ? made.parameters : underPlayer(name, made.parameters);
    const leaves = new Map([...parameters].map(([path, { shape }]) => [path, trace.input({ shape, dtype: 'f32' })]));
    const drafted = { parameters, inputShape, outputShape: made.outputShape, takesData: false, leaves };
    found.set(name, drafted);
    return drafted;
  };

  for (const [player, role] of Object.entries(roles)) {
    const where = `players.${player}.loss`;
    const called = new Set<string>();
    const read = new Set<string>();
    reads.set(player, read);
    const calls = modelCalls({
      ...{ models, key, player, updates: new Map() },
      leavesOf(name, x) {
        called.add(name);
        const drafted = meet(name, x, where);
        if (x === inputs.x) drafted.takesData = true;
        return drafted.leaves;
      },
    });
    trace.within(player, () =>
      callLoss(
        player,
        role.loss,
        calls,
        lossInputs(player, inputs, (name) => read.add(name)),
      ),
    );
    if (!called.has(player)) {
      throw new SaddlepointError(
        'option',
        `${where}: never calls m.${player}, so ${player} would learn nothing`,
        'a loss moves the parameters of its own player alone',
      );
    }
  }
  return { models: found, reads };
}

function fresh(model: Layer, inputShape: Shape, { dtype }: Spec, seed: number) {
  const { parameters, output } = initialize(model, { shape: [1, ...inputShape], dtype }, seed);
  return {
    parameters: new Map(parameters.map(({ path, ...leaf }) => [path, leaf])),
    outputShape: output.shape.slice(1),
  };
}

/** A player calls its model on what its loss gives, so one that scales around it cannot be one. */
function checkBase(name: string, base: ModelState, inputShape: Shape): void {
  if (!sameShape(base.inputShape, inputShape)) {
    throw new SaddlepointError(
      'shape',
      `players.${name}: was trained on rows ${showShape(base.inputShape)}, a loss calls it with ${showShape(inputShape)}`,
    );
  }
  if (base.inputScaling.kind === 'standardize' || base.targetScaling !== undefined) {
    throw new SaddlepointError(
      'option',
      `players.${name}: was trained on standardized data, which a loss of players knows nothing of`,
      'train it with { standardize: false }',
    );
  }
}
