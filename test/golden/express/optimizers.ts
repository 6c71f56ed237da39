/** @file optimizers.json: ten steps of an optimizer on the flat block [w; b], with the gradients that `_problem` lists. */
import type { Segment } from '../../../src/graph/program.ts';
import { type Tensor, tensor } from '../../../src/graph/tensor.ts';
import { add, neg } from '../../../src/ops/elementwise.ts';
import type { Transform } from '../../../src/optim/transform.ts';
import { type Check, type GoldenTensor, numbersOf } from '../format.ts';
import { type Adapter, type Session, type Tensors, tensorCheck } from '../session.ts';
import { type OptimizerCase, transformFor } from './optimizer-options.ts';

/** A transform with its state, stepping a block of parameters on a device. */
export interface Stepper {
  /** Gives the inputs of the step: block, slots and scalars, with whatever else it takes; keeps what comes back. */
  step(more: Tensors): Promise<Tensors>;
  readonly parameters: Tensor;
  /** What evaluation reads: the averaged parameters of a transform that has them. */
  evaluated(): Promise<Tensor>;
}

/**
 * @param f results of a step, `gradient` among them, from the parameters and what else the step is given.
 */
export function stepper(
  session: Session,
  transform: Transform,
  start: Tensor,
  f: (parameters: Tensor, inputs: Tensors) => Tensors,
  segments?: readonly Segment[],
): Stepper {
  const run = session.prepare(({ parameters, scalars, ...rest }) => {
    const slots = Object.fromEntries(transform.slots.map((name) => [name, rest[`slot ${name}`] as Tensor]));
    const { gradient, ...results } = f(parameters as Tensor, rest);
    const input = {
      parameters: parameters as Tensor,
      scalars: scalars as Tensor,
      slots,
      gradientNorm: undefined,
      segments,
    };
    const out = transform.update({ gradient: gradient as Tensor, ...input });
    for (const name of transform.slots) results[`slot ${name}`] = out.slots[name] as Tensor;
    return { ...results, parameters: add(parameters as Tensor, out.update) };
  });
  const view = session.prepare(({ parameters, ...rest }) => {
    const slots = Object.fromEntries(transform.slots.map((name) => [name, rest[`slot ${name}`] as Tensor]));
    const given = { parameters: parameters as Tensor, slots, segments };
    return { view: transform.evaluationParameters?.(given) ?? (parameters as Tensor) };
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
    async evaluated() {
      return (await view(state)).view as Tensor;
    },
    async step(more) {
      const scalars = transform.scalars(count++);
      const results = await run({ ...state, ...more, scalars: tensor(scalars.length === 0 ? [0] : [...scalars]) });
      state = Object.fromEntries(Object.keys(state).map((name) => [name, results[name] as Tensor]));
      return results;
    },
  };
}

/** Where w [3, 4] and b [4] lie; for a case of (out, in) layout, w is given transposed. */
const SEGMENTS: readonly Segment[] = [
  { path: 'w', shape: [3, 4], offset: 0 },
  { path: 'b', shape: [4], offset: 12 },
];
const TRANSPOSED: readonly Segment[] = [{ path: 'w', shape: [4, 3], offset: 0 }, ...SEGMENTS.slice(1)];

/** The block with its leading matrix transposed, from rows × columns to columns × rows. */
function turned(block: Tensor, rows: number, columns: number): Tensor {
  const data = Float64Array.from(block.data);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      data[column * rows + row] = block.data[row * columns + column] as number;
  return tensor(data);
}

export const optimizers: Adapter = (name, data, all) => {
  const problem = all._problem as { params: GoldenTensor[]; grads: GoldenTensor[][] } | undefined;
  const found = transformFor(name, data);
  if (found === undefined || problem === undefined) return undefined;
  const { transform, maximize, evaluated, outFirst }: OptimizerCase = found;
  const flat = (leaves: GoldenTensor[]): Tensor => {
    const block = tensor(Float64Array.from(leaves.flatMap(({ d }) => numbersOf(d))));
    return outFirst ? turned(block, 3, 4) : block;
  };
  return async (session) => {
    // Whoever maximizes descends along the negative gradient.
    const gradientOf = (_: Tensor, { given }: Tensors): Tensors => ({
      gradient: maximize ? neg(given as Tensor) : (given as Tensor),
    });
    const run = stepper(session, transform, flat(problem.params), gradientOf, outFirst ? TRANSPOSED : SEGMENTS);
    const checks: Check[] = [];
    for (const [i, expected] of (data.steps as GoldenTensor[]).entries()) {
      await run.step({ given: flat(problem.grads[i] as GoldenTensor[]) });
      const block = evaluated ? await run.evaluated() : run.parameters;
      checks.push(tensorCheck(`step ${i + 1}`, outFirst ? turned(block, 4, 3) : block, expected));
    }
    return checks;
  };
};
