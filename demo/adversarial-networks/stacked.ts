/** @file Stacked denoising: layers that each learn to clean what the one below gives, then a classifier that begins with them. */
import {
  accuracy,
  adam,
  add,
  autoencoder,
  binaryCrossEntropy,
  compile,
  corrupt,
  crossEntropy,
  dense,
  fit,
  type Initializer,
  matmul,
  sequential,
  sigmoid,
  type Tensor,
  tensor,
} from 'saddlepoint';
import { digits28 } from '../experiment-data.ts';

const WIDTHS = [256, 256, 256];
/** Of the numbers that a layer is given, set to 0. */
const MASKED = 0.25;
/** Of each layer's pre-training, and of the classifier. */
const EPOCHS = { layer: 5, classifier: 10 };

interface Weights {
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
}

/** What a classifier got wrong of held-out digits, by how its layers began. */
export interface Stacked {
  readonly pretrained: number;
  /** The same network and epochs from Glorot's start. */
  readonly plain: number;
}

/** A leaf that begins with these numbers. */
const given = (values: Float32Array): Initializer => ({
  name: 'given',
  options: {},
  spread: () => 0,
  draw: () => values.slice(),
});

const encode = compile(({ x, kernel, bias }: Readonly<Record<'x' | 'kernel' | 'bias', Tensor>>) =>
  sigmoid(add(matmul(x, kernel), bias)),
);

const usual = { batchSize: 64, standardize: false, progress: false, optimizer: adam({ learningRate: 1e-3 }) } as const;

/** Vincent et al. 2008, section 4: each layer is the encoder of an autoencoder with tied weights, of the codes below it. */
async function pretrained(rows: Tensor, seed: number): Promise<Weights[]> {
  const layers: Weights[] = [];
  let codes = rows;
  for (const units of WIDTHS) {
    const model = autoencoder([units], { tied: true, activation: 'sigmoid' });
    using run = await fit(
      model,
      { x: codes, y: codes },
      {
        ...usual,
        ...{ loss: binaryCrossEntropy(), epochs: EPOCHS.layer, seed, tricks: [corrupt({ masking: MASKED })] },
      },
    );
    const of = (name: string): Float32Array => run.parameters.get(name)?.data as Float32Array;
    const weights = { kernel: of('encoder0Kernel').slice(), bias: of('encoder0Bias').slice() };
    layers.push(weights);
    const width = codes.shape[1] as number;
    codes = await encode({ x: codes, kernel: tensor(weights.kernel, [width, units]), bias: tensor(weights.bias) });
  }
  return layers;
}

/** The share of held-out digits that a classifier gets wrong. */
async function errorOf(start: readonly Weights[] | undefined, seed: number): Promise<number> {
  const { train, test } = digits28();
  const model = sequential([
    ...WIDTHS.map((units, i) => {
      const from = start?.[i];
      return dense(units, {
        activation: 'sigmoid',
        ...(from && { kernelInitializer: given(from.kernel), biasInitializer: given(from.bias) }),
      });
    }),
    dense(10),
  ]);
  const data = ({ x, y, width }: typeof train) => ({ x: tensor(x, [y.length, width]), y });
  const options = { loss: crossEntropy(), metrics: [accuracy()], epochs: EPOCHS.classifier, seed };
  using run = await fit(model, data(train), { ...usual, ...options });
  return 1 - ((await run.evaluate(data(test))).accuracy as number);
}

/** @param seed of both starts, and of the order of rows. */
export async function stacked(seed: number, tell: (line: string) => void): Promise<Stacked> {
  const { train } = digits28();
  const layers = await pretrained(tensor(train.x, [train.y.length, train.width]), seed);
  const found = { pretrained: await errorOf(layers, seed), plain: await errorOf(undefined, seed) };
  tell(`stacked denoising, seed ${seed}: ${JSON.stringify(found)}`);
  return found;
}
