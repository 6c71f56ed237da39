// @ts-check
/** @file What docs/benchmarks.md says about how its numbers come about. */
import { COMPARED_STEPS, LEAST_STEPS, PATIENCE, SHORTEST_BLOCK, TOLERANCE } from './items.mjs';
import { number } from './part.mjs';
import { LONGEST } from './process.mjs';

/** @param {any[]} measured the items @param {string[]} blas processors whose kernels OpenBLAS took */
export const howItIsMeasured = (measured, blas) => `## How it is measured

\`npm run bench -- --json bench/results/run.json\` measures, \`node bench/report.mjs\` writes this page, \`node bench/profile.mjs MLP-32\`
shows where a step's time goes, and \`node bench/traffic.mjs MLP-32\` what two threads have to fetch
from each other. Let nothing else run meanwhile. \`--peers\` takes those that are named; PyTorch is measured where a Python
has it (Debian: \`python3-torch\`, with \`libopenblas0-pthread\`).

- Each library has a process of its own; they take turns. A round is all networks once, so that other work on the
  machine for some minutes falls on one round of each, not on all rounds of one.
- All start from the same weights (\`initialize\`) and see the same batches in the same order. The data are synthetic, but like data:
  images like handwritten digits, mostly 0, with noise and some wrong labels; a smooth function of two inputs with noise; words as
  frequent as in texts (Zipf), with neighbors and words that are none.
- First the losses of ${COMPARED_STEPS} steps on one batch must agree to ${TOLERANCE} of their size (${LEAST_STEPS.compared} steps where they take longer than ${PATIENCE / 1000} s); otherwise the peer's
  time is not taken, and the run fails. A peer that throws, or is not done within ${LONGEST} s, is listed with its own words.
- **saddlepoint** is measured through \`train()\`, as users call it, without a progress bar: the time of an epoch, divided by its steps.
  That counts the gathering of each batch from the data set, the record of the loss and the turns given to the event loop. Rows come in
  order, since all must see the same batches; "rows shuffled" is the default of \`train\`, a new order each epoch.
- **Peers** get their batches cut and where they want them before the clock starts, and their loss is never read: work that is counted
  for saddlepoint.
- **jax-js** runs on its \`wasm\` device (one thread: Node has no web workers), with the whole step, Adam included, under one \`jit\`; parameters
  and state are passed by its rule of ownership, so that their buffers are freed and used again. It waits for each step, as its
  documentation says; waiting less often was slower. Its package of optimizers could not be installed with it, so the bench writes Adam
  and momentum out as that package does. Of skip-grams only the update is under \`jit\`, which refuses the gradient of \`take\`.
- **TensorFlow.js** trains by its own losses and optimizers, its core and one backend bundled as for a page; \`wasm\` with SIMD, one thread.
- **brain.js** has no batches: each row changes the weights, and its last layer has the activation too. So its losses are not compared,
  only that its error falls; a step stands for as many rows as the others' batch.
- **PyTorch** runs eagerly on one thread, its own modules, losses and optimizers, images with channels last, tables with sparse gradients,
  denormals flushed to 0. Variables that tell OpenBLAS to take another processor's kernels are removed${blas.length === 0 ? '' : ` (it took those for ${blas.join(', ')})`}: with AVX-512 its
  vectors are four times as wide as WebAssembly's. "Memory kept" is the same with an allocator that gives nothing back to the system (two
  variables of the C library): where pages are dear, as on virtual machines, asking for them anew in each step costs more than computing.
- Times are wall time. The first steps do not count (at least ${warmSteps(measured)}),
  so that compilers are done and Adam's moments of dead units are as small as they get; then blocks of at least ${SHORTEST_BLOCK} ms are timed. A time is
  the median of the rounds' medians over blocks; "best block" is the best of all, "processor time" the same median for all threads of the
  process. Peers have ${PATIENCE / 1000} s for the steps that do not count (at least ${LEAST_STEPS.warm}) and ${PATIENCE / 1000} s for those that do (at least ${LEAST_STEPS.measured}), so slow ones take fewer.
- GFLOP/s count the necessary work: a product and a sum for each weight and row (and pixel), forward, for the gradient of the weights and,
  but for the first layer, of its input; of skip-grams the products and the gradients of the rows used. Biases, activations, pooling, loss
  and optimizer are left out, so 100 % of the peak is out of reach.
- "First step": from the imported library and arrays in JavaScript (PyTorch: in its memory) to the loss of the first step; compilation is in
  it, the import is not. "Process memory" is the most that the process ever held, data and Node or Python included; "memory of training" is
  what \`run.bytes\` says, the data set included.
`;

/** Steps before the first that counts. @param {any[]} measured */
const warmSteps = (measured) => measured.map(({ name, warmSteps }) => `${number(warmSteps)} of ${name}`).join(', ');

export const whatIsNot = `## What is not measured

Browsers and other runtimes; evaluation and prediction; data that are read while training; TensorFlow.js with WebGL, native bindings or
several threads; compiled PyTorch; energy. One kind of machine: ratios on others will differ.
`;
