/** @file optimizers.json: ten steps of an optimizer on the flat block [w; b], with the gradients that `_problem` lists. */
import { type Tensor, tensor } from '../../../src/graph/tensor.ts';
import { add, neg } from '../../../src/ops/elementwise.ts';
import { adagrad } from '../../../src/optim/adagrad.ts';
import { adam } from '../../../src/optim/adam.ts';
import { schedule } from '../../../src/optim/schedules/schedule.ts';
import { sgd } from '../../../src/optim/sgd.ts';
import type { Transform } from '../../../src/optim/transform.ts';
import { type Check, type GoldenTensor, numbersOf } from '../format.ts';
import { type Adapter, type Session, type Tensors, tensorCheck } from '../session.ts';

type Options = Record<string, unknown>;

/** A transform with its state, stepping a block of parameters on a device. */
export interface Stepper {
  /** Gives the inputs of the step: block, slots and scalars, with whatever else it takes; keeps what comes back. */
  step(more: Tensors): Promise<Tensors>;
  readonly parameters: Tensor;
}

/**
 * @param f results of a step, `gradient` among them, from the parameters and what else the step is given.
 */
export function stepper(
  session: Session,
  transform: Transform,
  start: Tensor,
  f: (parameters: Tensor, inputs: Tensors) => Tensors,
): Stepper {
  const run = session.prepare(({ parameters, scalars, ...rest }) => {
    const slots = Object.fromEntries(transform.slots.map((name) => [name, rest[`slot ${name}`] as Tensor]));
    const { gradient, ...results } = f(parameters as Tensor, rest);
    const input = { parameters: parameters as Tensor, scalars: scalars as Tensor, slots, gradientNorm: undefined };
    const out = transform.update({ gradient: gradient as Tensor, ...input });
    for (const name of transform.slots) results[`slot ${name}`] = out.slots[name] as Tensor;
    return { ...results, parameters: add(parameters as Tensor, out.update) };
  });
  const zeros = tensor(new Float64Array(start.shape[0] as number));
  let state: Tensors = {
    parameters: start,
    ...Object.fromEntries(transform.slots.map((name) => [`slot ${name}`, zeros])),
  };
  let count = 0;
  return {
    get parameters() {
      return state.parameters as Tensor;
    },
    async step(more) {
      const scalars = transform.scalars(count++);
      const results = await run({ ...state, ...more, scalars: tensor(scalars.length === 0 ? [0] : [...scalars]) });
      state = Object.fromEntries(Object.keys(state).map((name) => [name, results[name] as Tensor]));
      return results;
    },
  };
}

/** PyTorch's options as ours; undefined if one of them has no counterpart. */
function translate(given: Options, names: Readonly<Record<string, string>>): Options | undefined {
  const { betas, ...rest } = given as { betas?: [number, number] };
  const flat: Options = betas === undefined ? rest : { ...rest, beta1: betas[0], beta2: betas[1] };
  const keys = Object.keys(flat);
  return keys.every((key) => names[key] !== undefined)
    ? Object.fromEntries(keys.map((key) => [names[key] as string, flat[key]]))
    : undefined;
}

const SGD = {
  lr: 'learningRate',
  momentum: 'momentum',
  dampening: 'dampening',
  nesterov: 'nesterov',
  weight_decay: 'weightDecay',
};
const ADAM = { lr: 'learningRate', beta1: 'beta1', beta2: 'beta2', eps: 'epsilon', weight_decay: 'weightDecay' };

const ADAGRAD = {
  lr: 'learningRate',
  initial_accumulator_value: 'initialAccumulator',
  eps: 'epsilon',
  weight_decay: 'weightDecay',
};

const KINDS = {
  sgd: { names: SGD, make: sgd },
  adam: { names: ADAM, make: adam },
  adagrad: { names: ADAGRAD, make: adagrad },
} as const;

/** The transform for a case of PyTorch's SGD, Adam or Adagrad. */
export function transformFor(kind: keyof typeof KINDS, given: Options): Transform | undefined {
  const { lr_decay: decay = 0, ...options } = given;
  const { names, make } = KINDS[kind];
  const ours = translate(options, names);
  if (ours === undefined) return undefined;
  if (decay === 0) return make(ours);
  // The t-th rate is lr / (1 + (t − 1) · decay).
  const { learningRate, ...rest } = ours;
  const rate = schedule('decay', {}, (step) => (learningRate as number) / (1 + step * (decay as number)));
  return kind === 'adagrad' ? make({ ...rest, learningRate: rate }) : undefined;
}

export const optimizers: Adapter = (_, data, all) => {
  const kind = /^torch\.optim\.(SGD|Adam|Adagrad) /.exec(String(data.source))?.[1]?.toLowerCase() as
    | keyof typeof KINDS
    | undefined;
  const problem = all._problem as { params: GoldenTensor[]; grads: GoldenTensor[][] } | undefined;
  const { maximize, ...options } = { ...(data.defaults as Options), ...(data.options as Options) };
  const transform = kind && transformFor(kind, options);
  if (transform === undefined || problem === undefined) return undefined;
  const flat = (leaves: GoldenTensor[]): Tensor => tensor(Float64Array.from(leaves.flatMap(({ d }) => numbersOf(d))));
  return async (session) => {
    // Whoever maximizes descends along the negative gradient.
    const run = stepper(session, transform, flat(problem.params), (_parameters, { given }) => ({
      gradient: maximize === true ? neg(given as Tensor) : (given as Tensor),
    }));
    const checks: Check[] = [];
    for (const [i, expected] of (data.steps as GoldenTensor[]).entries()) {
      await run.step({ given: flat(problem.grads[i] as GoldenTensor[]) });
      checks.push(tensorCheck(`step ${i + 1}`, run.parameters, expected));
    }
    return checks;
  };
};
