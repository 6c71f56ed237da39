/** @file curvature.json: Hessians, Gauss–Newton matrices, saddles and the noise of gradients, by `grad`, `hvp` and eigenvalues. */
import { grad, valueAndGrad } from '../../../src/autodiff/grad.ts';
import { hvp } from '../../../src/autodiff/hvp.ts';
import { symmetricEigen } from '../../../src/core/linear-algebra.ts';
import { type Tensor, tensor } from '../../../src/graph/tensor.ts';
import { add, div, mul, square, sub, tanh } from '../../../src/ops/elementwise.ts';
import { segment } from '../../../src/ops/group.ts';
import { repeat } from '../../../src/ops/loops.ts';
import { linear } from '../../../src/ops/matmul.ts';
import { slice, transpose } from '../../../src/ops/movement.ts';
import { mean, sum } from '../../../src/ops/reduce.ts';
import { softmax, softmaxCrossEntropy } from '../../../src/ops/softmax.ts';
import { type Check, type GoldenCase, type GoldenTensor, hostTensorOf, numbersOf } from '../format.ts';
import type { Adapter, Expression, Session, Tensors } from '../session.ts';

const IN = 3;
const HIDDEN = 4;
const OUT = 2;
const SIZE = (IN + 1) * HIDDEN + (HIDDEN + 1) * OUT;

/** The network on its flat parameters [W1, b1, W2, b2]; weights are (out, in). */
function logits(theta: Tensor, x: Tensor): Tensor {
  const first = transpose(segment(theta, 0, [HIDDEN, IN]));
  const second = transpose(segment(theta, (IN + 1) * HIDDEN, [OUT, HIDDEN]));
  const hidden = tanh(linear(x, first, segment(theta, IN * HIDDEN, [HIDDEN])));
  return linear(hidden, second, segment(theta, SIZE - OUT, [OUT]));
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((total, x, i) => total + x * (b[i] as number), 0);
const times = (matrix: readonly number[], vector: ArrayLike<number>): number[] =>
  Array.from(vector, (_, i) => dot(matrix.slice(i * vector.length, (i + 1) * vector.length), vector));
const one = (got: number, what: string, expected: unknown): Check => ({
  what,
  got: [got],
  expected: numbersOf((expected as GoldenTensor).d),
});

/** Σ f(λ) · ⟨v, g⟩ · v over the eigenvectors v. */
function applied(matrix: readonly number[], g: ArrayLike<number>, f: (eigenvalue: number) => number): number[] {
  const n = g.length;
  const { values, vectors } = symmetricEigen(matrix, n);
  const result = new Array<number>(n).fill(0);
  values.forEach((value, k) => {
    const vector = vectors.subarray(k * n, (k + 1) * n);
    const factor = f(value) * dot(vector, g);
    vector.forEach((component, i) => {
      result[i] = (result[i] as number) + factor * component;
    });
  });
  return result;
}

/** A point of the network with everything that the cases ask of it. */
interface Point {
  readonly theta: Tensor;
  readonly x: Tensor;
  readonly y: Tensor;
}

const pointOf = (data: GoldenCase): Point => ({
  theta: hostTensorOf(data.theta),
  x: hostTensorOf(data.x),
  y: hostTensorOf(data.y, 'i32'),
});

const lossAt =
  ({ x, y }: Tensors) =>
  (theta: Tensor): Tensor =>
    mean(softmaxCrossEntropy(logits(theta, x as Tensor), y as Tensor));

/** Loss and gradient, and the product of the Hessian with any vector. */
function prepared(session: Session, point: Point) {
  const given = { ...point } as Tensors;
  const product = session.prepare(({ theta, v, ...rest }) => ({
    hv: hvp(lossAt(rest), theta as Tensor, v as Tensor) as Tensor,
  }));
  return {
    async gradient(rows: Partial<Point> = {}): Promise<{ loss: number; gradient: ArrayLike<number> }> {
      const run = session.prepare(({ theta, ...rest }) => {
        const [loss, gradient] = valueAndGrad(lossAt(rest), theta as Tensor);
        return { loss, gradient: gradient as Tensor };
      });
      const { loss, gradient } = await run({ ...given, ...rows });
      return { loss: (loss as Tensor).item(), gradient: (gradient as Tensor).data };
    },
    hv: async (v: Tensor): Promise<ArrayLike<number>> => ((await product({ ...given, v })).hv as Tensor).data,
  };
}

async function hessianOf(hv: (v: Tensor) => Promise<ArrayLike<number>>): Promise<number[]> {
  const rows: number[] = [];
  for (let i = 0; i < SIZE; i++) rows.push(...Array.from(await hv(tensor(unit(i)))));
  return rows;
}
const unit = (i: number): Float64Array => Float64Array.from({ length: SIZE }, (_, k) => Number(k === i));

/** The mean over rows of Jᵀ (diag p − p pᵀ) J, J being the slopes of a row's logits. */
async function gaussNewton(session: Session, { theta, x }: Point): Promise<number[]> {
  const [rows] = x.shape as [number];
  const slopes = session.prepare((given) => {
    const row = given.row as Tensor;
    const at = (k: number) => grad((t: Tensor) => sum(slice(logits(t, row), [0, k], [1, 1])), given.theta as Tensor);
    return { p: softmax(logits(given.theta as Tensor, row)), j0: at(0) as Tensor, j1: at(1) as Tensor };
  });
  const total = new Array<number>(SIZE * SIZE).fill(0);
  for (let r = 0; r < rows; r++) {
    const { p, j0, j1 } = (await slopes({ theta, row: slice(x, [r, 0], [1, IN]) })) as Record<string, Tensor>;
    const [p0, p1] = Array.from((p as Tensor).data) as [number, number];
    const difference = Array.from((j0 as Tensor).data, (slope, i) => slope - ((j1 as Tensor).data[i] as number));
    // Of two classes: diag p − p pᵀ = p₀ p₁ (1, −1)(1, −1)ᵀ.
    difference.forEach((a, i) => {
      difference.forEach((b, k) => {
        total[i * SIZE + k] = (total[i * SIZE + k] as number) + (p0 * p1 * a * b) / rows;
      });
    });
  }
  return total;
}

const network = (data: GoldenCase): Expression => {
  const point = pointOf(data);
  const flat = (key: string): number[] => numbersOf((data[key] as GoldenTensor).d);
  return async (session) => {
    const { gradient, hv } = prepared(session, point);
    const at = await gradient();
    const hessian = await hessianOf(hv);
    const { values } = symmetricEigen(hessian, SIZE);
    const newton = applied(hessian, at.gradient, (value) => -1 / (value + (data.newton_damping as number)));
    const saddleFree = applied(hessian, at.gradient, (value) => -1 / (Math.abs(value) + (data.damping as number)));
    const curvature = await gaussNewton(session, point);
    return [
      one(at.loss, 'loss', data.loss),
      { what: 'grad', got: at.gradient, expected: flat('grad') },
      { what: 'hv', got: await hv(hostTensorOf(data.v)), expected: flat('hv') },
      { what: 'hessian', got: hessian, expected: flat('hessian') },
      { what: 'eigenvalues', got: values, expected: flat('eigenvalues') },
      { what: 'newton_step', got: newton, expected: flat('newton_step') },
      { what: 'saddle_free_newton_step', got: saddleFree, expected: flat('saddle_free_newton_step') },
      { what: 'gauss_newton', got: curvature, expected: flat('gauss_newton') },
      { what: 'gnv', got: times(curvature, flat('v')), expected: flat('gnv') },
      one(
        Array.from({ length: SIZE }, (_, i) => hessian[i * (SIZE + 1)] as number).reduce((a, b) => a + b),
        'trace',
        data.trace,
      ),
      one(Math.hypot(...hessian), 'frobenius', data.frobenius),
      one(values.filter((value) => value < -1e-6).length / SIZE, 'index', data.index),
    ];
  };
};

/** McCandlish et al. 2018 and its kin: what the gradients of single rows and of batches tell about each other. */
const noise = (data: GoldenCase, all: Readonly<Record<string, GoldenCase>>): Expression => {
  const problem = all.mlp_3_4_2 as GoldenCase;
  const point = pointOf(problem);
  const rows = point.x.shape[0] as number;
  return async (session) => {
    const { gradient, hv } = prepared(session, point);
    const ofRows = async (from: number, count: number) =>
      Array.from(
        (
          await gradient({
            x: slice(point.x, [from, 0], [count, IN]),
            y: slice(point.y, [from], [count]),
          })
        ).gradient,
      );
    const each: number[][] = [];
    for (let i = 0; i < rows; i++) each.push(await ofRows(i, 1));
    const { loss, gradient: whole } = await gradient();
    const square = dot(whole, whole);
    const deviations = each.map((row) => row.map((value, i) => value - (whole[i] as number)));
    const biased = deviations.reduce((total, row) => total + dot(row, row), 0) / rows;
    const unbiased = (biased * rows) / (rows - 1);
    const hessian = await hessianOf(hv);
    const traceOfProduct = deviations.reduce((total, row) => total + dot(row, times(hessian, row)), 0) / (rows - 1);
    const two = data.two_batch as Record<string, unknown>;
    const [small, big] = [two.b_small as number, two.b_big as number];
    let smallSquare = 0;
    for (let from = 0; from < rows; from += small) {
      const mine = await ofRows(from, small);
      smallSquare += (dot(mine, mine) * small) / rows;
    }
    const g2 = (big * square - small * smallSquare) / (big - small);
    const s = (smallSquare - square) / (1 / small - 1 / big);
    return [
      { what: 'per_example_grads', got: each.flat(), expected: numbersOf((data.per_example_grads as GoldenTensor).d) },
      { what: 'mean_grad', got: whole, expected: numbersOf((data.mean_grad as GoldenTensor).d) },
      one(square, 'grad_sq_norm', data.grad_sq_norm),
      one(biased, 'trace_cov_biased', data.trace_cov_biased),
      one(unbiased, 'trace_cov_unbiased', data.trace_cov_unbiased),
      one(unbiased / square, 'b_simple_plugin', data.b_simple_plugin),
      one(traceOfProduct / dot(whole, times(hessian, whole)), 'b_noise_full', data.b_noise_full),
      one((0.1 * biased) / loss, 'cabs_batch_lr_0p1', data.cabs_batch_lr_0p1),
      one(unbiased / (0.25 * square), 'norm_test_batch_theta_0p5', data.norm_test_batch_theta_0p5),
      one(square, 'big_sq', two.big_sq),
      one(smallSquare, 'small_sq', two.small_sq),
      one(g2, 'G2', two.G2),
      one(s, 'S', two.S),
      one(s / g2, 'b_simple', two.b_simple),
    ];
  };
};

/** Newton's step goes to the saddle, the saddle-free one leaves it (Dauphin et al. 2014, figure 2). */
const saddles = (data: GoldenCase): Expression => {
  const coordinates = (at: Tensor): [Tensor, Tensor] => [segment(at, 0, []), segment(at, 1, [])];
  const functions: Readonly<Record<string, (at: Tensor) => Tensor>> = {
    '5x^2 - y^2': (at) => {
      const [x, y] = coordinates(at);
      return sub(mul(square(x), 5), square(y));
    },
    'x^3 - 3xy^2': (at) => {
      const [x, y] = coordinates(at);
      return sub(mul(x, square(x)), mul(mul(x, square(y)), 3));
    },
  };
  const look = (session: Session, formula: unknown) =>
    session.prepare(({ at }) => {
      const f = functions[formula as string] as (at: Tensor) => Tensor;
      return {
        g: grad(f, at as Tensor) as Tensor,
        h0: hvp(f, at as Tensor, tensor([1, 0])) as Tensor,
        h1: hvp(f, at as Tensor, tensor([0, 1])) as Tensor,
      };
    });
  return async (session) => {
    const classic = (await look(session, data.classic)({ at: tensor(data.classic_at as number[]) })) as Record<
      'g' | 'h0' | 'h1',
      Tensor
    >;
    const hessian = [...classic.h0.data, ...classic.h1.data];
    const monkey = await look(session, data.monkey)({ at: tensor([0, 0]) });
    return [
      {
        what: 'classic_newton',
        got: applied(hessian, classic.g.data, (value) => -1 / value),
        expected: data.classic_newton as number[],
      },
      {
        what: 'classic_sfn',
        got: applied(hessian, classic.g.data, (value) => -1 / Math.abs(value)),
        expected: data.classic_sfn as number[],
      },
      // Where the saddle's Hessian vanishes there is no Newton step at all.
      {
        what: 'monkey',
        got: Object.values(monkey).flatMap((t) => Array.from((t as Tensor).data)),
        expected: new Array<number>(6).fill(0),
      },
    ];
  };
};

/** Steps of Runge and Kutta a unit of time. */
const STEPS = 100;

/** Gradient flow of a deep linear network's mode (Saxe et al. 2014): two weights, the loss (s − a·b)² / 2. */
const modes = (data: GoldenCase): Expression => {
  const [s, tau, a0] = [data.s, data.tau, data.a0] as [number, number, number];
  const times = data.t as number[];
  return async (session) => {
    const flow = (w: Tensor): Tensor =>
      div(
        grad((at: Tensor) => {
          const product = mul(segment(at, 0, []), segment(at, 1, []));
          return mul(square(sub(s, product)), -0.5);
        }, w) as Tensor,
        tau,
      );
    const step = (w: Tensor): Tensor => {
      const k1 = flow(w);
      const k2 = flow(add(w, mul(k1, 0.5 / STEPS)));
      const k3 = flow(add(w, mul(k2, 0.5 / STEPS)));
      const k4 = flow(add(w, mul(k3, 1 / STEPS)));
      return add(w, mul(add(add(k1, mul(add(k2, k3), 2)), k4), 1 / (6 * STEPS)));
    };
    let w: Tensor = tensor([Math.sqrt(a0), Math.sqrt(a0)]);
    const got = [(w.data[0] as number) * (w.data[1] as number)];
    for (let i = 1; i < times.length; i++) {
      const count = Math.round(((times[i] as number) - (times[i - 1] as number)) * STEPS);
      w = (await session.prepare((given) => ({ w: repeat(count, step, given.w as Tensor) as Tensor }))({ w }))
        .w as Tensor;
      got.push((w.data[0] as number) * (w.data[1] as number));
    }
    return [{ what: 'a', got, expected: data.a as number[] }];
  };
};

export const curvature: Adapter = (name, data, all) => {
  if (name === 'mlp_3_4_2') return network(data);
  if (name === 'gradient_noise') return noise(data, all);
  if (name === 'monkey_and_classic_saddles') return saddles(data);
  return name === 'saxe_mode_time_course' ? modes(data) : undefined;
};
