/** @file Every layer of the library as a row of data: what `layers.test.ts` holds it to. A new layer needs a row here. */
import * as nn from '../../src/index.ts';
import type { Layer } from '../../src/nn/layer.ts';
import type { Named } from '../../src/nn/named.ts';

export interface LayerRow {
  /** Anew at each call: two of them must be equal. */
  readonly make: () => Layer<never, unknown>;
  /** Of one row, without the batch; by name where there are several. */
  readonly input: Named<readonly number[]>;
  readonly output: Named<readonly number[]>;
  /** The leaves by path, in the order in which they are asked for. */
  readonly parameters: Readonly<Record<string, readonly number[]>>;
  /** Whether training gives other numbers than prediction. */
  readonly trains: 'as it predicts' | 'otherwise';
  /** Whole numbers below this as input; default: numbers in (−1, 1). */
  readonly ids?: number;
  /** So many rows at most in a batch: it keeps a state for each, so that its graph depends on their number. */
  readonly rowsAtMost?: number;
  /** Why the gradient is not that of differences: what the layer holds constant. Its own tests check the gradient. */
  readonly holdsConstant?: string;
  /** Options that are refused, each with what the error says: name, value, range. */
  readonly refuses: readonly (readonly [make: () => unknown, message: RegExp])[];
}

const same = { trains: 'as it predicts' } as const;
const noisy = { input: [4, 3], output: [4, 3], parameters: {}, trains: 'otherwise' } as const;
const rate = (name: string, make: () => unknown): readonly [() => unknown, RegExp] => [
  make,
  new RegExp(`${name}.rate: expected a finite number ≥ 0 and < 1, got 1`),
];
const wrong = (value: unknown) => value as never;
const flat = { input: [4], ...same };
const images = { ...same, parameters: {} };
const series = { input: [4, 3], ...same };
const heads = (from: number, inner: number, to: number, prefix = '') =>
  Object.fromEntries(
    ['query', 'key', 'value', 'output'].flatMap((name) => [
      [`${prefix}${name}Kernel`, name === 'output' ? [inner, to] : [from, inner]],
      [`${prefix}${name}Bias`, [name === 'output' ? to : inner]],
    ]),
  );
const merging = (merge: nn.MergeLayer): Layer<never, unknown> => {
  const [a, b] = [nn.input('a'), nn.input('b')];
  return nn.graph({ inputs: [a, b], outputs: nn.apply(merge, [a, b]) }) as Layer<never, unknown>;
};
const pair = { ...same, input: { a: [3], b: [3] }, output: [3], parameters: {} };
const unknown = (make: (options: object) => unknown): readonly [() => unknown, RegExp] => [
  () => make({ nmae: 1 }),
  /unknown option 'nmae'\n.*did you mean 'name'/,
];

export const layerRows: Readonly<Record<string, LayerRow>> = {
  dense: {
    ...flat,
    make: () => nn.dense(3, { activation: 'tanh', biasInitializer: nn.constant(0.5) }),
    output: [3],
    parameters: { kernel: [4, 3], bias: [3] },
    refuses: [[() => nn.dense(0), /dense.units: expected an integer ≥ 1, got 0/], unknown((o) => nn.dense(1, o))],
  },
  'dense on sequences': {
    ...series,
    make: () => nn.dense(2, { activation: 'silu', bias: false }),
    output: [4, 2],
    parameters: { kernel: [3, 2] },
    refuses: [[() => nn.dense(1, { bias: wrong('no') }), /dense.bias: expected true or false, got 'no'/]],
  },
  conv1d: {
    ...series,
    make: () => nn.conv1d(2, 3, { padding: [2, 0], strides: 2 }),
    output: [2, 2],
    parameters: { kernel: [3, 3, 2], bias: [2] },
    refuses: [[() => nn.conv1d(2, 0), /conv1d.kernelSize: expected an integer ≥ 1, got 0/]],
  },
  conv2d: {
    ...images,
    make: () => nn.conv2d(4, [3, 2], { strides: 2, padding: 'same', activation: 'tanh', groups: 2 }),
    input: [5, 4, 2],
    output: [3, 2, 4],
    parameters: { kernel: [3, 2, 1, 4], bias: [4] },
    refuses: [[() => nn.conv2d(3, 2, { groups: 2 }), /conv2d.groups: 2 groups do not divide 3 filters/]],
  },
  conv2dTranspose: {
    ...images,
    make: () => nn.conv2dTranspose(2, 3, { strides: 2, padding: 'same', activation: 'tanh' }),
    input: [3, 2, 2],
    output: [6, 4, 2],
    parameters: { kernel: [3, 3, 2, 2], bias: [2] },
    refuses: [
      [() => nn.conv2dTranspose(1, 0), /conv2dTranspose.kernelSize: expected a whole number ≥ 1.*got 0/],
      [() => nn.conv2dTranspose(1, 2, { padding: wrong('sam') }), /padding.*'sam'\n.*did you mean 'same'/],
    ],
  },
  depthwiseConv2d: {
    ...images,
    make: () => nn.depthwiseConv2d(2, { multiplier: 2, padding: 'same' }),
    input: [3, 4, 2],
    output: [3, 4, 4],
    parameters: { kernel: [2, 2, 2, 2], bias: [4] },
    refuses: [
      [() => nn.depthwiseConv2d(2, { multiplier: 0 }), /depthwiseConv2d.multiplier: expected an integer ≥ 1, got 0/],
    ],
  },
  separableConv2d: {
    ...images,
    make: () => nn.separableConv2d(3, 2, { strides: 2, activation: 'tanh' }),
    input: [4, 4, 2],
    output: [2, 2, 3],
    parameters: { kernel: [2, 2, 2, 1], pointwiseKernel: [2, 3], bias: [3] },
    refuses: [[() => nn.separableConv2d(-1, 2), /separableConv2d.filters: expected an integer ≥ 1, got -1/]],
  },
  maxPool1d: {
    ...series,
    make: () => nn.maxPool1d(2, { strides: 1, padding: 'same' }),
    output: [4, 3],
    parameters: {},
    refuses: [[() => nn.maxPool1d(0), /maxPool1d.poolSize: expected an integer ≥ 1, got 0/]],
  },
  averagePool1d: {
    ...series,
    make: () => nn.averagePool1d(3, { strides: 2, padding: 1, ceilMode: true }),
    output: [3, 3],
    parameters: {},
    refuses: [[() => nn.averagePool1d(2, { strides: 0 }), /averagePool1d.strides: expected an integer ≥ 1, got 0/]],
  },
  globalAveragePool1d: {
    ...series,
    make: () => nn.globalAveragePool1d(),
    output: [3],
    parameters: {},
    refuses: [unknown(nn.globalAveragePool1d)],
  },
  globalMaxPool1d: {
    ...series,
    make: () => nn.globalMaxPool1d(),
    output: [3],
    parameters: {},
    refuses: [unknown(nn.globalMaxPool1d)],
  },
  maxPool2d: {
    ...images,
    make: () => nn.maxPool2d([2, 1], { padding: 'same' }),
    input: [5, 4, 2],
    output: [3, 4, 2],
    refuses: [[() => nn.maxPool2d(0), /maxPool2d.poolSize.*got 0/]],
  },
  averagePool2d: {
    ...images,
    make: () => nn.averagePool2d(3, { strides: 2, padding: 1, includePadding: true }),
    input: [5, 4, 2],
    output: [3, 2, 2],
    refuses: [
      [() => nn.averagePool2d(2, { ceilMode: wrong(1) }), /averagePool2d.ceilMode: expected true or false, got 1/],
    ],
  },
  globalAveragePool2d: {
    ...images,
    make: () => nn.globalAveragePool2d(),
    input: [3, 4, 2],
    output: [2],
    refuses: [unknown(nn.globalAveragePool2d)],
  },
  globalMaxPool2d: {
    ...images,
    make: () => nn.globalMaxPool2d(),
    input: [3, 4, 2],
    output: [2],
    refuses: [unknown(nn.globalMaxPool2d)],
  },
  upsampling2d: {
    ...images,
    make: () => nn.upsampling2d([2, 3], { method: 'bilinear' }),
    input: [2, 2, 2],
    output: [4, 6, 2],
    refuses: [[() => nn.upsampling2d(0), /upsampling2d.factor: expected a whole number ≥ 1.*got 0/]],
  },
  flatten: { ...images, make: () => nn.flatten(), input: [2, 3, 2], output: [12], refuses: [unknown(nn.flatten)] },
  reshapeTo: {
    ...images,
    make: () => nn.reshapeTo([3, -1]),
    input: [2, 6],
    output: [3, 4],
    refuses: [[() => nn.reshapeTo([-1, -1]), /reshapeTo.shape: expected whole numbers ≥ 1.*got \[-1, -1\]/]],
  },
  embedding: {
    ...same,
    make: () => nn.embedding(5, 3, { maskId: 0 }),
    input: [4],
    output: [4, 3],
    parameters: { table: [5, 3] },
    ids: 5,
    refuses: [[() => nn.embedding(5, 3, { maskId: 5 }), /embedding.maskId: expected an integer ≥ 0 and ≤ 4, got 5/]],
  },
  bagEmbedding: {
    ...same,
    make: () => nn.bagEmbedding(5, 3, { padding: 0 }),
    input: [4],
    output: [3],
    parameters: { table: [5, 3] },
    ids: 5,
    refuses: [
      [() => nn.bagEmbedding(5, 3, { mode: wrong('men') }), /bagEmbedding.mode.*'men'\n.*did you mean 'mean'/],
      [() => nn.bagEmbedding(['a', 'b', 'a'], 3), /bagEmbedding.vocabulary: 'a' comes twice/],
      [() => nn.bagEmbedding(wrong(['a', 2]), 3), /bagEmbedding.vocabulary: word 1 is 2/],
      [() => nn.bagEmbedding(wrong('ab'), 3), /bagEmbedding.vocabulary: expected a number or words, got 'ab'/],
    ],
  },
  masking: {
    ...series,
    make: () => nn.masking(-1),
    output: [4, 3],
    parameters: {},
    refuses: [[() => nn.masking(Number.NaN), /masking.value: expected a finite number, got NaN/]],
  },
  batchNorm: {
    ...series,
    make: () => nn.batchNorm({ keep: 0.8, runningVariance: 'unbiased' }),
    output: [4, 3],
    parameters: { gamma: [3], beta: [3], mean: [3], variance: [3] },
    trains: 'otherwise',
    refuses: [[() => nn.batchNorm({ keep: 1.5 }), /batchNorm.keep: expected a finite number ≥ 0 and ≤ 1, got 1.5/]],
  },
  ghostBatchNorm: {
    ...series,
    make: () => nn.ghostBatchNorm({ size: 2 }),
    output: [4, 3],
    parameters: { gamma: [3], beta: [3], mean: [3], variance: [3] },
    trains: 'otherwise',
    refuses: [[() => nn.ghostBatchNorm({ size: 1 }), /ghostBatchNorm.size: expected an integer ≥ 2, got 1/]],
  },
  layerNorm: {
    ...series,
    make: () => nn.layerNorm({ epsilon: 1e-3 }),
    output: [4, 3],
    parameters: { gamma: [3], beta: [3] },
    refuses: [[() => nn.layerNorm({ epsilon: -1 }), /layerNorm.epsilon: expected a finite number ≥ 0, got -1/]],
  },
  rmsNorm: {
    ...series,
    make: () => nn.rmsNorm(),
    output: [4, 3],
    parameters: { gamma: [3] },
    refuses: [[() => nn.rmsNorm(wrong({ center: true })), /rmsNorm: unknown option 'center'/]],
  },
  groupNorm: {
    ...images,
    make: () => nn.groupNorm(2, { epsilon: 1e-3 }),
    input: [2, 3, 4],
    output: [2, 3, 4],
    parameters: { gamma: [4], beta: [4] },
    refuses: [[() => nn.groupNorm(0), /groupNorm.groups: expected an integer ≥ 1, got 0/]],
  },
  instanceNorm: {
    ...images,
    make: () => nn.instanceNorm({ epsilon: 1e-3, scale: false }),
    input: [3, 3, 2],
    output: [3, 3, 2],
    parameters: { beta: [2] },
    refuses: [[() => nn.instanceNorm({ scale: wrong(1) }), /instanceNorm.scale: expected true or false, got 1/]],
  },
  weightNorm: {
    ...flat,
    make: () => nn.weightNorm(nn.dense(3, { activation: 'tanh' })),
    output: [3],
    parameters: { kernel: [4, 3], kernelGain: [3], bias: [3] },
    refuses: [[() => nn.weightNorm(wrong(nn.dense)), /weightNorm.layer: expected a layer, got function dense/]],
  },
  spectralNorm: {
    ...flat,
    make: () => nn.spectralNorm(nn.dense(3, { activation: 'tanh' }), { iterations: 2 }),
    output: [3],
    parameters: { kernel: [4, 3], kernelVector: [3], bias: [3] },
    holdsConstant: 'the singular vectors, as in the paper',
    trains: 'otherwise',
    refuses: [
      [
        () => nn.spectralNorm(nn.dense(1), { iterations: 0 }),
        /spectralNorm.iterations: expected an integer ≥ 1, got 0/,
      ],
    ],
  },
  dropout: { ...noisy, make: () => nn.dropout(0.4), refuses: [rate('dropout', () => nn.dropout(1))] },
  spatialDropout: {
    ...noisy,
    make: () => nn.spatialDropout(0.4),
    refuses: [rate('spatialDropout', () => nn.spatialDropout(1))],
  },
  stochasticDepth: {
    ...noisy,
    make: () => nn.stochasticDepth(0.4),
    refuses: [rate('stochasticDepth', () => nn.stochasticDepth(1))],
  },
  gaussianDropout: {
    ...noisy,
    make: () => nn.gaussianDropout(0.4),
    refuses: [rate('gaussianDropout', () => nn.gaussianDropout(1))],
  },
  alphaDropout: {
    ...noisy,
    make: () => nn.alphaDropout(0.4),
    refuses: [rate('alphaDropout', () => nn.alphaDropout(1))],
  },
  gaussianNoise: {
    ...noisy,
    make: () => nn.gaussianNoise(0.1),
    refuses: [[() => nn.gaussianNoise(-1), /gaussianNoise.deviation: expected a finite number ≥ 0, got -1/]],
  },
  augment: {
    ...{ input: [5, 4, 2], output: [5, 4, 2], parameters: {}, trains: 'otherwise' },
    make: () => nn.augment({ shift: [1, 0], flip: 'horizontal', rotate: 20, zoom: 0.2, noise: 0.1, cutout: 2 }),
    refuses: [
      [() => nn.augment({}), /augment: nothing to do/],
      [() => nn.augment({ rotate: 181 }), /augment.rotate: expected a finite number ≥ 0 and ≤ 180, got 181/],
      [() => nn.augment({ zoom: 1 }), /augment.zoom: expected a finite number ≥ 0 and < 1, got 1/],
      [() => nn.augment({ flip: wrong('left') }), /augment.flip: unknown value 'left'/],
      [() => nn.augment(wrong({ shifts: 1 })), /augment: unknown option 'shifts'\n.*did you mean 'shift'/],
    ],
  },
  autoencoder: {
    ...flat,
    make: () => nn.autoencoder([3, 2], { activation: 'tanh' }),
    output: [4],
    parameters: {
      ...{ encoder0Kernel: [4, 3], encoder1Kernel: [3, 2], encoder0Bias: [3], encoder1Bias: [2] },
      ...{ decoder1Kernel: [2, 3], decoder1Bias: [3], decoder0Kernel: [3, 4], decoder0Bias: [4] },
    },
    refuses: [
      [() => nn.autoencoder([]), /autoencoder.units: expected a list of widths, got \[\]/],
      [() => nn.autoencoder([0]), /autoencoder.units\[0\]: expected an integer ≥ 1, got 0/],
    ],
  },
  'autoencoder of images with tied weights': {
    ...same,
    make: () => nn.autoencoder([3], { activation: 'tanh', outputActivation: 'sigmoid', tied: true }),
    input: [2, 2, 1],
    output: [2, 2, 1],
    parameters: { encoder0Kernel: [4, 3], encoder0Bias: [3], decoder0Bias: [4] },
    refuses: [[() => nn.autoencoder([1], { tied: wrong(1) }), /autoencoder.tied: expected true or false, got 1/]],
  },
  colorJitter: {
    ...{ input: [3, 2, 3], output: [3, 2, 3], parameters: {}, trains: 'otherwise' },
    make: () => nn.colorJitter(0.5),
    refuses: [[() => nn.colorJitter(2), /colorJitter.strength: expected a finite number ≥ 0 and ≤ 1, got 2/]],
  },
  leakyRelu: {
    ...flat,
    make: () => nn.leakyRelu(0.3),
    output: [4],
    parameters: {},
    refuses: [[() => nn.leakyRelu(1), /leakyRelu.slope: expected a finite number ≥ 0 and < 1, got 1/]],
  },
  minibatchDeviation: {
    ...images,
    make: () => nn.minibatchDeviation({ group: 3 }),
    input: [2, 2, 2],
    output: [2, 2, 3],
    refuses: [[() => nn.minibatchDeviation({ group: 1 }), /minibatchDeviation.group: expected an integer ≥ 2, got 1/]],
  },
  instanceNoise: {
    ...noisy,
    make: () => nn.instanceNoise(0.2, { steps: 10 }),
    refuses: [
      [() => nn.instanceNoise(-1, { steps: 1 }), /instanceNoise.deviation: expected a finite number ≥ 0, got -1/],
      [() => nn.instanceNoise(1, wrong({})), /instanceNoise.steps: expected an integer ≥ 1, got undefined/],
    ],
  },
  projection: {
    ...flat,
    make: () => nn.projection(2, nn.dense(4, { activation: 'tanh' })),
    input: [5],
    output: [1],
    parameters: { 'body/kernel': [3, 4], 'body/bias': [4], kernel: [4, 1], bias: [1], classes: [2, 4] },
    refuses: [
      [() => nn.projection(0, nn.dense(1)), /projection.classes: expected an integer ≥ 1, got 0/],
      [() => nn.projection(2, wrong(nn.dense)), /projection.body: expected a layer, got function dense/],
    ],
  },
  activation: {
    ...flat,
    make: () => nn.activation('softplus'),
    output: [4],
    parameters: {},
    refuses: [[() => nn.activation(wrong('relo')), /unknown activation 'relo'\n.*did you mean 'relu'/]],
  },
  prelu: {
    ...flat,
    make: () => nn.prelu(),
    output: [4],
    parameters: { slope: [4] },
    refuses: [[() => nn.prelu({ perFeature: wrong('all') }), /prelu.perFeature: expected true or false, got 'all'/]],
  },
  glu: {
    ...flat,
    make: () => nn.glu(),
    output: [2],
    parameters: {},
    refuses: [[() => nn.glu({ axis: 0.5 }), /glu.axis: expected an integer, got 0.5/]],
  },
  swiglu: {
    ...flat,
    make: () => nn.swiglu(3, { bias: true }),
    output: [3],
    parameters: { gate: [4, 3], gateBias: [3], value: [4, 3], valueBias: [3] },
    refuses: [[() => nn.swiglu(0), /swiglu.units: expected an integer ≥ 1, got 0/]],
  },
  simpleRnn: {
    ...series,
    make: () => nn.simpleRnn(2, { reverse: true, returnSequences: true }),
    output: [4, 2],
    parameters: { kernel: [3, 2], recurrentKernel: [2, 2], bias: [2] },
    refuses: [
      [() => nn.simpleRnn(2, { activation: wrong('tan') }), /simpleRnn.activation.*'tan'\n.*did you mean 'tanh'/],
    ],
  },
  lstm: {
    ...series,
    make: () => nn.lstm(2, { forgetBias: 0.5 }),
    output: [2],
    parameters: { kernel: [3, 8], recurrentKernel: [2, 8], bias: [8] },
    refuses: [[() => nn.lstm(0), /lstm.units: expected an integer ≥ 1, got 0/]],
  },
  'lstm that goes on': {
    ...series,
    rowsAtMost: 4,
    make: () => nn.lstm(2, { stateful: 4, returnSequences: true }),
    output: [4, 2],
    parameters: { kernel: [3, 8], recurrentKernel: [2, 8], bias: [8], hState: [4, 2], cState: [4, 2] },
    refuses: [[() => nn.lstm(2, { stateful: 0 }), /lstm.stateful: expected an integer ≥ 1, got 0/]],
  },
  gru: {
    ...series,
    make: () => nn.gru(2),
    output: [2],
    parameters: { kernel: [3, 6], recurrentKernel: [2, 6], bias: [6], recurrentBias: [6] },
    refuses: [[() => nn.gru(2, { resetAfter: wrong(0) }), /gru.resetAfter: expected true or false, got 0/]],
  },
  bidirectional: {
    ...series,
    make: () => nn.bidirectional(nn.gru(2, { resetAfter: false, bias: false })),
    output: [4],
    parameters: {
      'forward/kernel': [3, 6],
      'forward/recurrentKernel': [2, 6],
      'backward/kernel': [3, 6],
      'backward/recurrentKernel': [2, 6],
    },
    refuses: [
      [() => nn.bidirectional(wrong(nn.dense(2))), /bidirectional.layer: expected a recurrent layer, got dense/],
    ],
  },
  multiHeadAttention: {
    ...same,
    make: () => nn.multiHeadAttention(2, { causal: true, keySize: 3, outputSize: 5 }),
    input: [3, 4],
    output: [3, 5],
    parameters: heads(4, 6, 5),
    refuses: [[() => nn.multiHeadAttention(0), /multiHeadAttention.heads: expected an integer ≥ 1, got 0/]],
  },
  transformerBlock: {
    ...same,
    make: () => nn.transformerBlock(2, { hidden: 5, dropout: 0.3, causal: true, epsilon: 1e-2 }),
    input: [3, 4],
    output: [3, 4],
    parameters: {
      'attentionNorm/gamma': [4],
      'attentionNorm/beta': [4],
      ...heads(4, 4, 4, 'attention/'),
      'feedForwardNorm/gamma': [4],
      'feedForwardNorm/beta': [4],
      'expand/kernel': [4, 5],
      'expand/bias': [5],
      'contract/kernel': [5, 4],
      'contract/bias': [4],
    },
    trains: 'otherwise',
    refuses: [
      [
        () => nn.transformerBlock(2, { dropout: 1 }),
        /transformerBlock.dropout: expected a finite number ≥ 0 and < 1, got 1/,
      ],
    ],
  },
  sinusoidalEncoding: {
    ...same,
    make: () => nn.sinusoidalEncoding({ base: 100 }),
    input: [3, 4],
    output: [3, 4],
    parameters: {},
    refuses: [
      [() => nn.sinusoidalEncoding({ base: 0 }), /sinusoidalEncoding.base: expected a finite number ≥ 1, got 0/],
    ],
  },
  positionEmbedding: {
    ...same,
    make: () => nn.positionEmbedding(5),
    input: [3, 4],
    output: [3, 4],
    parameters: { table: [5, 4] },
    refuses: [[() => nn.positionEmbedding(0), /positionEmbedding.length: expected an integer ≥ 1, got 0/]],
  },
  sequential: {
    ...same,
    make: () =>
      nn.sequential([
        nn.flatten(),
        nn.dense(5, { activation: 'tanh', name: 'encoder' }),
        nn.dropout(0.5),
        nn.sequential([nn.dense(2, { kernelInitializer: nn.lecunUniform() })]),
      ]),
    input: [2, 3],
    output: [2],
    parameters: { 'encoder/kernel': [6, 5], 'encoder/bias': [5], '3/0/kernel': [5, 2], '3/0/bias': [2] },
    trains: 'otherwise',
    refuses: [[() => nn.sequential([]), /sequential: expected at least one layer/]],
  },
  residual: {
    ...flat,
    make: () =>
      nn.residual([nn.layerNorm({ name: 'norm' }), nn.dense(3, { activation: 'tanh' })], { shortcut: nn.dense(3) }),
    output: [3],
    parameters: {
      'norm/gamma': [4],
      'norm/beta': [4],
      '1/kernel': [4, 3],
      '1/bias': [3],
      'shortcut/kernel': [4, 3],
      'shortcut/bias': [3],
    },
    refuses: [[() => nn.residual([]), /residual.layers: expected a list of layers, got \[\]/]],
  },
  parallel: {
    ...flat,
    make: () => nn.parallel([nn.dense(2), nn.dense(2, { activation: 'tanh' })], { merge: nn.mergeMultiply() }),
    output: [2],
    parameters: { '0/kernel': [4, 2], '0/bias': [2], '1/kernel': [4, 2], '1/bias': [2] },
    refuses: [[() => nn.parallel([wrong(nn.dense)]), /parallel.layers\[0\]: expected a layer, got function dense/]],
  },
  mergeAdd: { ...pair, make: () => merging(nn.mergeAdd()), refuses: [unknown(nn.mergeAdd)] },
  mergeMultiply: { ...pair, make: () => merging(nn.mergeMultiply()), refuses: [unknown(nn.mergeMultiply)] },
  mergeAverage: { ...pair, make: () => merging(nn.mergeAverage()), refuses: [unknown(nn.mergeAverage)] },
  mergeMaximum: { ...pair, make: () => merging(nn.mergeMaximum()), refuses: [unknown(nn.mergeMaximum)] },
  mergeConcat: {
    ...pair,
    make: () => merging(nn.mergeConcat({ axis: 1 })),
    output: [6],
    refuses: [[() => nn.mergeConcat({ axis: 0.5 }), /mergeConcat.axis: expected an integer, got 0.5/]],
  },
  graph: {
    ...same,
    make() {
      const [image, meta] = [nn.input('image', { shape: [2, 3] }), nn.input('meta')];
      const shared = nn.dense(3, { activation: 'tanh', name: 'shared' });
      const h = nn.apply(nn.mergeConcat(), [nn.apply(shared, nn.apply(nn.flatten(), image)), nn.apply(shared, meta)]);
      const outputs = { label: nn.apply(nn.dense(2), h), price: nn.apply(nn.dense(1, { name: 'price' }), h) };
      return nn.graph({ inputs: [image, meta], outputs }) as Layer<never, unknown>;
    },
    input: { image: [2, 3], meta: [6] },
    output: { label: [2], price: [1] },
    parameters: {
      'shared/kernel': [6, 3],
      'shared/bias': [3],
      '3/kernel': [6, 2],
      '3/bias': [2],
      'price/kernel': [6, 1],
      'price/bias': [1],
    },
    refuses: [[() => nn.apply(wrong(nn.dense), nn.input('x')), /apply.layer: expected a layer, got function dense/]],
  },
};
