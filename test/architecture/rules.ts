/**
 * @file The import rules of ARCHITECTURE.md as data; `check.ts` reads them. To change the house, change this table.
 *
 * A *place* is a folder of src/ (`core`, `nn`, ...), `entry` for the files of src/ itself, or one of the outer folders.
 */

export interface Place {
  /** What files here may import, besides their own place: places, or single files written `place/file.ts`. */
  readonly imports: readonly string[];
  /** Files here do not import each other; only the place's index.ts does. */
  readonly separate?: boolean;
}

export interface Exception {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
  readonly reason: string;
}

export interface Rules {
  readonly places: Readonly<Record<string, Place>>;
  /** Who may import a name that is not a relative path: places or single files. Any other such name is forbidden. */
  readonly names: Readonly<Record<string, readonly string[]>>;
  /** Who may import `node:*`; everyone else asks `process.getBuiltinModule`. */
  readonly nodeModules: readonly string[];
  /** Single imports against the table, each with its reason. */
  readonly exceptions: readonly Exception[];
  readonly maxLines: number;
  /** Files that may be longer, with the reason. */
  readonly longFiles: Readonly<Record<string, string>>;
}

/** The floors, lowest first: each may import all that stand before it. */
const core = ['core'];
const graph = [...core, 'graph'];
const ops = [...graph, 'ops'];
const autodiff = [...ops, 'autodiff'];
const passes = [...autodiff, 'passes'];
const plan = [...passes, 'plan'];
const backends = [...plan, 'backends'];
const engine = [...backends, 'engine'];
const train = [...engine, 'nn', 'optim', 'data', 'io', 'edge', 'train'];

export const rules: Rules = {
  places: {
    core: { imports: [] },
    graph: { imports: core },
    ops: { imports: graph },
    autodiff: { imports: ops },
    passes: { imports: autodiff },
    plan: { imports: passes },
    // No backend knows what a gradient is.
    backends: { imports: plan.filter((place) => place !== 'autodiff') },
    engine: { imports: backends },
    nn: { imports: ops },
    optim: { imports: ops },
    data: { imports: ['core', 'plan/format.ts'] },
    io: { imports: ['core', 'plan/format.ts'] },
    // Small, and without a tracer.
    edge: { imports: [...core, 'plan', 'backends/wasm/machine.ts', 'data/answers.ts'] },
    progress: { imports: core },
    train: { imports: train },
    // Below tricks, of which several train on attacks, and inspect, which measures by them.
    attacks: { imports: train },
    tricks: { imports: [...train, 'attacks'], separate: true },
    inspect: { imports: [...train, 'attacks'] },
    // Learning word vectors, and what is asked of them: many files, none of which `fit` needs.
    embeddings: { imports: train },
    onnx: { imports: train },
    // DiffAugment is the layer that augments, in front of a critic.
    gan: { imports: [...train, 'tricks/augment.ts'] },
    quality: { imports: train },
    plot: { imports: [...train, 'inspect'] },
    entry: { imports: [...train, 'attacks', 'embeddings', 'tricks', 'inspect', 'onnx', 'plot', 'gan', 'quality'] },
    // What users get, and the words for a name that is misspelt.
    cli: { imports: ['entry', 'core/errors.ts'] },
    assembly: { imports: ['plan/opcodes.ts'] },
  },
  names: {
    '#wasm': ['backends', 'edge'],
    '#worker': ['backends'],
    '#progress': ['train'],
    'cli-progress': ['progress/terminal.ts'],
    '@observablehq/plot': ['plot'],
    linkedom: ['plot'],
    commander: ['cli'],
    'csv-parse': ['data'],
    'fast-png': ['data'],
    'jpeg-js': ['data'],
    fflate: ['data'],
    pbf: ['io', 'onnx'],
    '@tensorflow/tfjs-core': ['backends'],
    '@tensorflow/tfjs-backend-webgl': ['backends'],
    '@tensorflow/tfjs-backend-webgpu': ['backends'],
  },
  nodeModules: ['entry/node.ts', 'progress/terminal.ts', 'cli'],
  exceptions: [
    {
      from: 'src/nn/kinds/images.ts',
      to: 'src/tricks/augment.ts',
      typeOnly: false,
      reason: 'a saved model that augments must load without being told how; the list is loaded for that alone',
    },
  ],
  maxLines: 300,
  longFiles: {
    'src/index.ts': 'one list: the public surface',
    'src/plan/opcodes.ts': 'one table: every instruction and its operand layout, for two languages',
  },
};
