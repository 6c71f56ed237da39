/** @file `minimize`: a traced function of any parameters to its minimum, by the drivers that ask for values and gradients. */

import type { TensorsOf } from '../autodiff/grad.ts';
import { vjp } from '../autodiff/grad.ts';
import type { Session } from '../backends/backend.ts';
import { type DeviceOptions, openSession } from '../backends/select.ts';
import { checkKnownOptions, checkName, must, SaddlepointError, show } from '../core/errors.ts';
import { sizeOf } from '../core/shape.ts';
import { leavesOf, mapTree, type Tree } from '../core/tree.ts';
import { stopError } from '../engine/stop-error.ts';
import { layoutGroup, ProgramBuilder } from '../graph/program.ts';
import { type Tensor, tensor, tensorsIn } from '../graph/tensor.ts';
import { add } from '../ops/elementwise.ts';
import { pack, segment } from '../ops/group.ts';
import { broadcastTo, reshape } from '../ops/movement.ts';
import { type ConjugateGradientsOptions, conjugateGradients } from '../optim/drivers/conjugate-gradients.ts';
import { type LbfgsOptions, type LbfgsResult, lbfgs } from '../optim/drivers/lbfgs.ts';
import { type LevenbergMarquardtOptions, levenbergMarquardt } from '../optim/drivers/levenberg-marquardt.ts';

const METHODS = ['lbfgs', 'conjugateGradients', 'levenbergMarquardt'] as const;

/** What `minimize` takes: a method, its own options, and where it runs. */
export type MinimizeOptions = Pick<DeviceOptions, 'device' | 'memoryLimit'> &
  (
    | ({ readonly method?: 'lbfgs' } & LbfgsOptions)
    | ({ readonly method: 'conjugateGradients' } & ConjugateGradientsOptions)
    | ({ readonly method: 'levenbergMarquardt' } & LevenbergMarquardtOptions)
  );

/** Where `minimize` ended, and why. */
export interface Minimum<P> {
  /** As the start, of tensors (f32); `point` has all of them one behind the other, in double precision. */
  readonly parameters: TensorsOf<P>;
  readonly point: Float64Array;
  readonly value: number;
  readonly iterations: number;
  /** Of the function with its gradient (of residuals, where those are minimized). */
  readonly evaluations: number;
  readonly ending: LbfgsResult['ending'] | 'stalled';
}

const [HIGH, LOW, VALUE, GRADIENT, COTANGENT] = ['high', 'low', 'value', 'gradient', 'cotangent'];

/**
 * Minimizes a function of parameters: L-BFGS (default) or conjugate gradients for a scalar, Levenberg–Marquardt for residuals,
 * whose half sum of squares is minimized. The function is traced once and runs on a device; vectors of the method are doubles
 * on the host. With `device: 'reference'` the function, too, is computed in double precision; elsewhere in f32, which ends
 * differences of the value at about 1e-7 of it.
 *
 * @param f of a tree of tensors: a scalar, or with 'levenbergMarquardt' a vector of residuals. What it closes over (data) is part
 *   of the plan. No random numbers.
 * @param start the parameters: tensors, numbers, nested arrays or typed arrays, in a tree.
 * @param options method, the options of `lbfgs`, `conjugateGradients` or `levenbergMarquardt`, device, memoryLimit.
 * @throws SaddlepointError `option` for another method, or options that it does not have; `shape` for a result of another form;
 *   `data` for a value at the start that is not finite.
 * @see `lbfgs`, `conjugateGradients`, `levenbergMarquardt` for the papers.
 * @example
 * const { parameters } = await minimize(({ w }) => add(square(sub(w, 3)), 1), { w: 0 }, { method: 'lbfgs' });
 */
export async function minimize<P>(
  f: (parameters: TensorsOf<P>) => Tensor,
  start: P,
  options: MinimizeOptions = {},
): Promise<Minimum<P>> {
  if (typeof f !== 'function' || options === null || typeof options !== 'object')
    throw new SaddlepointError('option', `minimize: expected a function and options, got ${show(f)}, ${show(options)}`);
  const { device, memoryLimit, method = 'lbfgs', ...own } = options;
  checkName('minimize: method', method, METHODS);
  const tree = tensorsIn(start) as Tree<Tensor>;
  const leaves = leavesOf(tree);
  if (leaves.length === 0) throw new SaddlepointError('option', 'minimize: the start has no parameters');
  const group = layoutGroup(
    'point',
    leaves.map(({ path, leaf: { shape } }) => ({ path, shape })),
  );
  const offsets = group.segments.map(({ offset }) => offset);
  const isResiduals = method === 'levenbergMarquardt';
  const { programs, residuals } = trace(f as never, tree, group, isResiduals);
  const { session } = await openSession(programs, { ...(device && { device }), memoryLimit });
  try {
    const gathered = Float64Array.from(leaves.flatMap(({ leaf }) => Array.from(leaf.data)));
    const places = leaves.flatMap(({ leaf }, i) =>
      Array.from({ length: sizeOf(leaf.shape) }, (_, k) => (offsets[i] as number) + k),
    );
    const spread = (point: ArrayLike<number>): Float64Array => {
      const block = new Float64Array(group.size);
      places.forEach((place, i) => {
        block[place] = point[i] as number;
      });
      return block;
    };
    const read = async (): Promise<Float64Array> => {
      const block = await session.read(GRADIENT as string);
      return Float64Array.from(places, (place) => block[place] as number);
    };
    const at = async (point: Float64Array): Promise<boolean> => {
      writeDouble(session, spread(point));
      return run(session, 'value');
    };
    const result = isResiduals
      ? await levenbergMarquardt(
          async (point) => {
            const isLegal = await at(point);
            const values = isLegal ? Array.from(await session.read(VALUE as string)) : [Number.POSITIVE_INFINITY];
            return {
              residuals: values,
              async jacobian() {
                await at(point);
                const rows: number[] = [];
                for (let i = 0; i < residuals; i++) {
                  session.write(
                    COTANGENT as string,
                    Array.from({ length: residuals }, (_, k) => Number(k === i)),
                  );
                  await run(session, 'gradient');
                  rows.push(...(await read()));
                }
                return rows;
              },
            };
          },
          gathered,
          checkOwn(own, 'levenbergMarquardt'),
        )
      : await (method === 'lbfgs' ? lbfgs : conjugateGradients)(
          async (point) => {
            if (!(await at(point)))
              return { value: Number.POSITIVE_INFINITY, gradient: new Float64Array(point.length) };
            return { value: must((await session.read(VALUE as string))[0], 'a value'), gradient: await read() };
          },
          gathered,
          own as LbfgsOptions,
        );
    const block = spread(result.point);
    let next = 0;
    const parameters = mapTree(tree, ({ shape }) => {
      const offset = offsets[next++] as number;
      return tensor(Float32Array.from(block.subarray(offset, offset + sizeOf(shape))), shape);
    }) as TensorsOf<P>;
    const { point, value, iterations, evaluations, ending } = result;
    return { parameters, point, value, iterations, evaluations, ending };
  } finally {
    session.dispose();
  }
}

function checkOwn(own: object, where: string): LevenbergMarquardtOptions {
  checkKnownOptions(`minimize: ${where}`, own, ['maximumIterations', 'gradientTolerance', 'damping', 'signal']);
  return own;
}

/** A vector of doubles as the sum of two of f32. */
function writeDouble(session: Session, block: Float64Array): void {
  const high = Float32Array.from(block);
  session.write(HIGH as string, high);
  session.write(
    LOW as string,
    block.map((value, i) => value - (high[i] as number)),
  );
}

/** Whether all values came out finite. */
async function run(session: Session, program: string): Promise<boolean> {
  const { stop } = await session.run(program, 1);
  if (stop !== undefined && stop.reason !== 'nonFinite') throw stopError(stop);
  return stop === undefined;
}

/** Blocks, not rows, take the results: those of the reference device keep double precision. */
function trace(
  f: (parameters: Tree<Tensor>) => Tensor,
  tree: Tree<Tensor>,
  group: ReturnType<typeof layoutGroup>,
  isResiduals: boolean,
) {
  const offsets = group.segments.map(({ offset }) => offset);
  const build = (name: 'value' | 'gradient') => {
    const builder = new ProgramBuilder();
    const spec = { shape: [group.size], dtype: 'f32' as const };
    const point = add(builder.block(HIGH as string, spec), builder.block(LOW as string, spec));
    const leaves: Tensor[] = [];
    const parameters = mapTree(tree, ({ shape }) => {
      const leaf = segment(point, offsets[leaves.length] as number, shape);
      leaves.push(leaf);
      return leaf;
    });
    const value = f(parameters);
    const size = sizeOf(value.shape);
    if (value.traced === undefined || (isResiduals ? value.shape.length !== 1 : size !== 1))
      throw new SaddlepointError(
        'shape',
        `minimize: expected ${isResiduals ? 'a vector of residuals' : 'a scalar'} of the parameters, got [${value.shape}]`,
      );
    if (name === 'value') builder.commit(VALUE as string, reshape(value, [size]));
    if ((name === 'gradient') === isResiduals) {
      const cotangent = isResiduals ? builder.block(COTANGENT as string, { shape: [size], dtype: 'f32' }) : tensor(1);
      const found = vjp(
        builder.trace,
        [value],
        [isResiduals ? cotangent : broadcastTo(cotangent, value.shape)],
        leaves,
      );
      builder.commit(
        GRADIENT as string,
        pack(
          leaves.map(({ shape }, i) => found[i] ?? broadcastTo(tensor(0), shape)),
          offsets,
          group.size,
        ),
      );
    }
    return { program: builder.finish(name, [group]), size };
  };
  const first = build('value');
  const programs = isResiduals ? [first.program, build('gradient').program] : [first.program];
  return { programs, residuals: first.size };
}
