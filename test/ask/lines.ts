/** @file Every line of what users ask for, and every public report that became a case: where it is tested. */

/** 'here': a test names it. Else which part of it waits for other work, in the words of docs/status.md. */
export interface Line {
  readonly id: string;
  readonly what: string;
  /** What of it is not tested here, and who does. */
  readonly elsewhere?: string;
  /** Nothing of it is tested here. */
  readonly whole?: true;
}

const line = (id: string, what: string, elsewhere?: string): Line => ({ id, what, ...(elsewhere && { elsewhere }) });
const other = (id: string, what: string, elsewhere: string): Line => ({ id, what, elsewhere, whole: true });

const ON_WEBGL = 'every op on WebGL in Chromium: `npm run test:full`';

export const LINES: readonly Line[] = [
  line('D1', 'a constant column'),
  line('D2', 'scaling is part of the model, applied once'),
  line('D3', 'tables are standardized by default'),
  line('D4', 'rows of unequal length'),
  line('D5', 'any string is a name'),
  line('D6', 'labels in every form'),
  line('D7', 'labels and ids outside the range'),
  line('D8', 'the split is shuffled and stratified'),
  line('D9', 'batchSize, and no rows'),
  line('D10', 'gaps in tables'),
  line('D11', 'sources that are read once'),
  line('D12', 'bytes stay bytes'),
  line('D13', 'types of elements'),
  line('M1', 'a stated shape that disagrees'),
  line('M2', 'every backend is complete', ON_WEBGL),
  line('M3', 'gradients to second order'),
  line('M4', 'modes of batch normalization'),
  line('M5', 'freezing'),
  line('M6', 'masks'),
  line('M7', 'embeddings cost what their rows cost'),
  line('M8', 'one seed fixes everything', 'every bundler and runtime: `npm run test:matrix`'),
  line('M9', 'losses of logits'),
  line('T1', 'divergence stops the run'),
  line('T2', 'NaN is not hidden', ON_WEBGL),
  line('T3', 'a page stays alive', 'no task over 50 ms: `npm run test:page`'),
  line('T4', 'the same parameters whichever way it is run'),
  line('T5', 'runs at once, and runs that failed'),
  line('T6', 'the best weights however a run ended'),
  line('T7', 'checkpoints'),
  line('T8', 'means over rows'),
  line('T9', 'the last, smaller batch'),
  line('T10', 'the rate may be changed'),
  line('T11', 'clipping by the global norm'),
  line('T12', 'weights of rows and classes'),
  line('T13', 'records of epochs are frozen'),
  line('T14', 'several callbacks together'),
  line('G1', 'nothing is allocated while a run is on'),
  line('G2', 'nothing to free by hand'),
  line('G3', 'dispose gives everything back'),
  line('G4', 'one model’s end is not another’s'),
  line('G5', 'the gradient of a product is a product'),
  line('G6', 'memory is stated before it is taken'),
  line('B1', 'a lost context'),
  line('B2', 'half precision'),
  line('B3', 'no GPU, or none in a worker'),
  line('B4', 'ready ahead of time'),
  line('B5', 'the same program, the same numbers'),
  line('B6', 'threads that cannot be had'),
  line('P1', 'the machine is found, unconfigured', 'every bundler: `npm run test:matrix`'),
  line('P2', 'nothing makes code of text'),
  line('P3', 'compiling from bytes at the edge'),
  line('P4', 'budgets and sizes at the edge'),
  other(
    'P5',
    'bundles',
    '`npm run size`, a step of `npm test`, holds them to their budgets; loading a model and predicting is over its aim',
  ),
  line('P6', 'neither native modules nor install scripts'),
  line('P7', 'two copies meet'),
  line('P8', 'an import touches nothing'),
  other('P9', 'a promise of support', 'it comes with version 1'),
  line('P10', 'relaxed SIMD is detected and tested'),
  line('S1', 'loading is exact, for every layer'),
  line('S2', 'binary files'),
  line('S3', 'tensors that do not fit'),
  line('S4', 'files of Keras 2 and 3'),
  line('S5', 'unsupported nodes are listed at once'),
  line('S6', 'hostile files'),
  line('E1', 'errors name op, shapes and layer'),
  line('E2', 'near names and the whole list'),
  line('E3', 'the likely mistake'),
  line('U1', 'progress is data'),
  line('U2', 'a bar with rate and time left'),
  line('U3', 'a profile by instruction'),
];

export const CASES: readonly Line[] = [
  ...['01', '03', '04'].map((id) => line(`case ${id}`, '')),
  ...['05', '07', '08'].map((id) => line(`case ${id}`, '')),
  ...['09', '10', '12', '14', '17', '18', '19', '20', '21', '22', '24', '25', '26', '29'].map((id) =>
    line(`case ${id}`, ''),
  ),
  ...['31', '32', '33', '35', '36'].map((id) => line(`case ${id}`, '')),
];
