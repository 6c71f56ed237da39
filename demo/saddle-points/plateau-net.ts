/** @file The plateau net: 64-32-32-32-10 tanh on digits, weights N(0, 0.03²), and how many steps optimizers take to leave it. */
import {
  adam,
  crossEntropy,
  dense,
  fit,
  type Landscape,
  landscape,
  lossSurface,
  type PlateauRecord,
  plateau,
  randomNormal,
  sequential,
  sgd,
  type Transform,
  tensor,
} from 'saddlepoint';
import { digits8, pick } from '../experiment-data.ts';

/** Steps between two looks at the loss over all rows. */
const EVERY = 50;
const EPOCHS = 200;
const END = Math.log(10) / 2;
/** Where the plateau counts as left. */
const HIGH = 2.2;

export const OPTIMIZERS = {
  SGD: () => sgd({ learningRate: 0.05 }),
  'momentum 0.9': () => sgd({ learningRate: 0.05, momentum: 0.9 }),
  Nesterov: () => sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true }),
  Adam: () => adam({ learningRate: 1e-3 }),
} satisfies Record<string, () => Transform>;
export type OptimizerName = keyof typeof OPTIMIZERS;

export interface Escape {
  /** Steps until the loss over all rows is below ½ ln 10. */
  readonly steps: number;
  /** Of these with a loss above 2.2. */
  readonly high: number;
  readonly curve: readonly (readonly [step: number, loss: number])[];
  /** What the plateau callback said. */
  readonly plateaus: readonly PlateauRecord[];
  /** The loss in the plane of the run's way. */
  readonly around: Landscape | undefined;
}

const rows = digits8();
const data = {
  x: tensor(
    rows.x.map((value) => value / 16),
    [rows.y.length, rows.width],
  ),
  y: rows.y,
};
const some = pick(
  rows,
  Array.from({ length: 400 }, (_, i) => i),
);

export async function leavePlateau(name: OptimizerName, seed: number): Promise<Escape> {
  const kernelInitializer = randomNormal(0.03);
  const hidden = () => dense(32, { activation: 'tanh', kernelInitializer });
  const model = sequential([hidden(), hidden(), hidden(), dense(10, { kernelInitializer })]);
  const options = { loss: crossEntropy(), standardize: false, seed } as const;
  const surface = await lossSurface(model, data, options);
  const few = {
    x: tensor(
      some.x.map((value) => value / 16),
      [some.y.length, some.width],
    ),
    y: some.y,
  };
  const small = await lossSurface(model, few, options);
  const curve: [number, number][] = [[0, await surface.value(surface.start)]];
  const plateaus: PlateauRecord[] = [];
  const slice = landscape.slice();
  await fit(model, data, {
    ...{ ...options, optimizer: OPTIMIZERS[name](), batchSize: 64, epochs: EPOCHS, progress: false },
    callbacks: [
      {
        every: EVERY,
        async onStep({ step }, control) {
          if ((step + 1) % EVERY !== 0) return;
          const loss = await surface.value(surface.pointOf(await control.parameters()));
          curve.push([step + 1, loss]);
          if (loss < END) control.stop('the plateau is behind');
        },
      },
      plateau({ window: 50, surface: small, onEnter: (record) => plateaus.push(record) }),
      slice,
    ],
  });
  const last = curve.at(-1) as [number, number];
  return {
    steps: last[1] < END ? last[0] : Number.POSITIVE_INFINITY,
    high: EVERY * curve.filter(([, loss]) => loss > HIGH).length,
    ...{ curve, plateaus, around: slice.result },
  };
}
