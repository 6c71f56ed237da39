/**
 * @file The table of ablations: each trick that needs nothing but rows and classes, added alone to a plain run, five paired seeds.
 * `npm run ablation` prints it, draws it and writes docs/ablation.md. Settings were fixed before the first run; nothing is tuned.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ablate,
  accumulate,
  accuracy,
  adversarialTraining,
  asam,
  attacks,
  classBalanced,
  corrupt,
  crossEntropy,
  curriculum,
  dense,
  ema,
  gradientNoise,
  inputNoise,
  l1,
  l2,
  labelSmoothing,
  lookahead,
  maxNorm,
  mixup,
  perturb,
  sam,
  sequential,
  sgd,
  stratified,
  swa,
  tensor,
  weightedRows,
  withReplacement,
} from 'saddlepoint';
import { ablationFigure } from 'saddlepoint/plot';
import { digits8, pick } from '../experiment-data.ts';
import { measuredLine } from '../experiment-text.ts';

const SEEDS = 5;
const [EPOCHS, BATCH] = [20, 32];
const began = performance.now();
const digits = digits8();
const rows = digits.y.map((_, row) => row);
const [train, held] = [rows.filter((row) => row % 5 !== 4), rows.filter((row) => row % 5 === 4)].map((list) => {
  const { x, y, width } = pick(digits, list);
  // Pixels from 0 to 1.
  return {
    x: tensor(
      x.map((value) => value / 16),
      [list.length, width],
    ),
    y,
  };
}) as [{ x: ReturnType<typeof tensor>; y: Int32Array }, { x: ReturnType<typeof tensor>; y: Int32Array }];

/** Ink of each row: what a curriculum of digits may begin with. */
const ink = rows
  .filter((row) => row % 5 !== 4)
  .map((row) => digits.x.subarray(row * digits.width, (row + 1) * digits.width).reduce((sum, value) => sum + value, 0));
const tricks = [
  ...[stratified(), withReplacement(), classBalanced(), weightedRows(ink), curriculum({ difficulty: ink, epochs: 5 })],
  ...[mixup(0.2), inputNoise(0.1), corrupt({ masking: 0.1 }), labelSmoothing(0.1), l1(1e-5), l2(1e-4)],
  ...[sam(0.05), asam(0.5), gradientNoise(0.01), adversarialTraining(attacks.fgsm({ epsilon: 0.05 }))],
  ...[ema(0.99), swa({ from: 600, every: 45 }), lookahead(), accumulate(2), maxNorm(3), perturb()],
];
const result = await ablate(
  sequential([dense(32, { activation: 'relu' }), dense(10)]),
  train,
  {
    ...{ loss: crossEntropy(), metrics: [accuracy()], optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }) },
    ...{ epochs: EPOCHS, batchSize: BATCH, standardize: false, tricks },
  },
  { seeds: SEEDS, mode: 'add-one-in', held },
);
console.log(String(result));
const docs = join(import.meta.dirname, '../../docs');
const page = join(docs, 'ablation.md');
const text = `# Which trick helped: the table of ablations

Written by \`npm run ablation\`. ${measuredLine((performance.now() - began) / 1000)}

Each trick that needs nothing but rows and classes, added alone to a plain run: digits of 8 × 8 (every fifth held out), 64-32-10 ReLU, SGD 0.1 with momentum 0.9, batches of ${BATCH}, ${EPOCHS} epochs, ${SEEDS} seeds, the same for every arm. A sign stands only where the paired difference is more than two standard errors. The network is small and the data clean: what has no effect here may have one elsewhere. With ${tricks.length} arms, about one is marked by chance. \`ablate\` makes such a table of your model and data, see [advice.md](advice.md).

![Differences to the plain run](ablation.svg)

\`\`\`text
${String(result)}
\`\`\`
`;
for (const [path, content] of [
  [join(docs, 'ablation.svg'), ablationFigure(result, 'Tricks, each added alone: digits of 8 × 8')],
  [page, text],
] as const) {
  writeFileSync(`${path}.part`, content);
  renameSync(`${path}.part`, path);
}
