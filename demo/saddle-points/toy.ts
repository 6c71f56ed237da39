/** @file The escape toy: f = x²/2 + y⁴/4 − ε y²/2 from (1, y₀), and how many steps methods take until |y| > 0.9 √ε. */
import {
  adam,
  add,
  constant,
  curvature,
  fit,
  type Loss,
  layer,
  mean,
  mul,
  normalWithKey,
  perturbed,
  reshape,
  rmsprop,
  sgd,
  square,
  sub,
  type Tensor,
  type Transform,
} from 'saddlepoint';

/** Who has not left the saddle by then stays. */
const MOST_STEPS = 20_000;
/** Rows of an epoch: each is a step, and none is looked at. */
const ROWS = 1000;

const f = (x: Tensor, y: Tensor, epsilon: number): Tensor =>
  add(mul(square(x), 0.5), sub(mul(square(square(y)), 0.25), mul(square(y), epsilon / 2)));

/** What the model gives is what is minimized. */
const itself: Loss = { name: 'itself', options: {}, target: 'value', call: (given) => reshape(given, [1]) };

/** The function as a model whose parameters are the point; with σ > 0 its gradient has normal noise of that deviation. */
const toy = (epsilon: number, start: number, sigma: number) =>
  layer('toy', { epsilon, start, sigma }, (_, context) => {
    const point = [context.parameter('x', [1], constant(1)), context.parameter('y', [1], constant(start))];
    let value = f(point[0] as Tensor, point[1] as Tensor, epsilon);
    // σ n p has the gradient σ n.
    if (sigma > 0 && context.mode === 'train')
      for (const p of point) {
        const { key, stream } = context.random();
        value = add(value, mul(mul(normalWithKey(key, [1], stream), sigma), p));
      }
    return reshape(value, [1, 1]);
  });

const learningRate = 0.1;

/** How a method escapes: by an optimizer of `fit`, in double precision. */
const METHODS: Readonly<Record<string, { optimizer: Transform; sigma?: number }>> = {
  'gradient descent': { optimizer: sgd({ learningRate }) },
  momentum: { optimizer: sgd({ learningRate, momentum: 0.9 }) },
  Nesterov: { optimizer: sgd({ learningRate, momentum: 0.9, nesterov: true }) },
  RMSProp: { optimizer: rmsprop({ learningRate: 0.01, decay: 0.99 }) },
  Adam: { optimizer: adam({ learningRate }) },
  'perturbed GD': { optimizer: perturbed(sgd({ learningRate }), { radius: 0.01, threshold: 1e-3, every: 50 }) },
  'noisy SGD': { optimizer: sgd({ learningRate }), sigma: 0.01 },
};

async function byFit(name: string, epsilon: number, start: number): Promise<number | undefined> {
  const { optimizer, sigma = 0 } = METHODS[name] as (typeof METHODS)[string];
  let escaped: number | undefined;
  await fit(
    toy(epsilon, start, sigma),
    { x: new Float32Array(ROWS), y: new Float32Array(ROWS) },
    {
      ...{ loss: itself, optimizer, batchSize: 1, epochs: MOST_STEPS / ROWS, standardize: false, device: 'reference' },
      progress: false,
      callbacks: [
        {
          every: 1,
          async onStep({ step }, control) {
            const y = (await control.parameters()).get('y')?.data[0] as number;
            if (Math.abs(y) <= 0.9 * Math.sqrt(epsilon)) return;
            escaped = step + 1;
            control.stop('it has left the saddle');
          },
        },
      ],
    },
  );
  return escaped;
}

/** The same function as an objective, compiled with its Hessian. */
const objectiveOf = (epsilon: number) =>
  curvature.objectiveOf(
    ({ x, y }: { x: Tensor; y: Tensor }) => mean(f(x, y, epsilon)),
    { x: [1], y: [0] },
    {},
    { device: 'reference' },
  );

/** Newton's method as it is: H⁻¹ g, to whatever critical point is near. */
async function byNewton(epsilon: number, start: number): Promise<number | undefined> {
  const objective = objectiveOf(epsilon);
  const point = Float64Array.of(1, start);
  for (let step = 1; step <= 200; step++) {
    const { gradient } = await objective.at(point);
    const matrix = await curvature.matrixOf(objective.hessian(point));
    // The function has no mixed derivatives.
    point.forEach((value, i) => {
      point[i] = value - (gradient[i] as number) / (matrix[3 * i] as number);
    });
    if (Math.abs(point[1] as number) > 0.9 * Math.sqrt(epsilon)) return step;
  }
  return undefined;
}

async function bySaddleFree(epsilon: number, start: number): Promise<number | undefined> {
  const objective = objectiveOf(epsilon);
  let escaped: number | undefined;
  const stop = new AbortController();
  await curvature.saddleFreeNewton(objective, [1, start], {
    // The paper's step. Only on the saddle itself is the gradient small enough for the step along the bottom.
    ...{ damping: 1e-3, adaptive: false, gradientTolerance: 1e-12, maximumIterations: 200, signal: stop.signal },
    onIteration({ iteration, point }) {
      if (Math.abs(point[1] as number) <= 0.9 * Math.sqrt(epsilon)) return;
      escaped = iteration;
      stop.abort();
    },
  });
  return escaped;
}

/** Steps until the saddle is left; undefined: it is not. */
export function stepsToEscape(method: string, epsilon: number, start: number): Promise<number | undefined> {
  if (method === 'Newton') return byNewton(epsilon, start);
  if (method === 'saddle-free Newton') return bySaddleFree(epsilon, start);
  return byFit(method, epsilon, start);
}
