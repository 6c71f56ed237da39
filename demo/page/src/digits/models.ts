/** @file The networks to choose from. Both take 784 bytes and give 10 logits. */
import { conv2d, dense, flatten, type Layer, maxPool2d, reshapeTo, sequential } from 'saddlepoint';

export type ModelName = 'mlp' | 'cnn';

interface Model {
  readonly layer: Layer;
  /** The path of the first layer's weights. */
  readonly kernel: string;
}

export const models: Readonly<Record<ModelName, Model>> = {
  mlp: { layer: sequential([dense(128, { activation: 'relu' }), dense(10)]), kernel: '0/kernel' },
  cnn: {
    layer: sequential([
      reshapeTo([28, 28, 1]),
      conv2d(8, 5, { activation: 'relu' }),
      maxPool2d(2),
      conv2d(16, 5, { activation: 'relu' }),
      maxPool2d(2),
      flatten(),
      dense(10),
    ]),
    kernel: '1/kernel',
  },
};
