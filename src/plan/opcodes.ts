/**
 * @file The instruction set of the machine: opcodes, operand layouts, and the small enumerations that operands hold.
 * TypeScript (lowering, validation, printing) and AssemblyScript (decoding) both import this one file, so that a layout is
 * written once; it may therefore use nothing that one of the two languages lacks, and imports nothing. The enumerations are
 * `const`: the build writes their values where they are used, which a page downloads instead of the tables.
 *
 * An instruction is a run of 32-bit words. Word 0 is `opcode | length in words << 16`; a field of the enumerations below
 * is the index of a word in its instruction. "Address" means bytes from the base of the run's memory; address 0 is the
 * status block, so it never names an operand and stands for "none". "Bits" means the bits of an f32.
 * All tensors are contiguous and row-major. Every block has at least `Constant.slackBytes` readable and writable bytes behind it.
 */

export const enum Opcode {
  stepLoad = 1,
  stepStore = 2,
  fill = 3,
  copy = 4,
  cast = 5,
  unary = 6,
  binary = 7,
  select = 8,
  reduce = 9,
  matmul = 10,
  gather = 11,
  softmax = 12,
  crossEntropy = 13,
  crossEntropyGradient = 14,
  argmax = 15,
  dropoutMask = 16,
  l2Norm = 17,
  guard = 18,
  adam = 19,
  sgd = 20,
  sumSquares = 21,
  // `Constant.firstExtended`: not in the core build.
  scatterAdd = 32,
  oneHot = 33,
  randomUniform = 34,
  randomNormal = 35,
  repeat = 36,
  loopLoad = 37,
  loopStore = 38,
  group = 39,
  cumulativeSum = 40,
  topK = 41,
  conv2d = 48,
  conv2dInputGradient = 49,
  conv2dFilterGradient = 50,
  maxPool = 56,
  maxPoolGradient = 57,
  maxPoolGather = 58,
  averagePool = 59,
  averagePoolGradient = 60,
  batchMatmul = 64,
  standardize = 65,
  standardizeGradient = 66,
  maskedSoftmax = 67,
  softmaxGradient = 68,
  panelMatmul = 69,
  rowOrder = 72,
  rowNorm = 73,
  rowUpdate = 74,
  gatherDot = 75,
  gatherSum = 76,
  weightedNorm = 77,
  gatherLogistic = 78,
  rowSgd = 79,
}

/** Sizes that both languages must agree on. */
export const enum Constant {
  /** Counts up with every change of opcodes, layouts or meanings; a machine of another version is refused. */
  abiVersion = 7,
  /** Bytes of the status block, at address 0. */
  statusBytes = 64,
  /** Readable and writable bytes behind every block. */
  slackBytes = 64,
  /** Bytes of a packed panel of B, 400 × 8 values; a `matmul`'s scratch area begins with two. */
  matmulPanelBytes = 12800,
  /** Bytes of its next part: a tile of 4 × 8 values, and slack. Packed rows of A follow. */
  matmulTileBytes = 512,
  /** A is packed where at least so many columns meet it … */
  matmulPackedColumns = 24,
  /** … at most so many rows at once … */
  matmulBlockRows = 256,
  /** … over chunks of k of at most this length. */
  matmulChunk = 400,
  /** The largest scratch area that any `matmul` needs. */
  matmulScratchBytes = 435712,
  /** The highest rank of a strided copy. */
  maxRank = 6,
  /** How deep `repeat` may nest. */
  maxLoops = 3,
  /** The most turns of one `repeat`: a damaged plan must not run for days. */
  maxTurns = 1048576,
  /** How many elements of its operands a `group` works on at once: they stay in the first cache from one function to the next. */
  groupBlock = 1024,
  /** Where in the memory (not: from the run's base) the counters of the loops lie, one i32 a level. */
  loopCounters = 160,
  /** Elements whose squares are summed as one; the sums are added in order, whoever computed them. */
  normChunk = 8192,
  /** In an instruction's first word: all threads meet before it. */
  meetFirst = 32768,
  /** Bytes of low memory and status that each thread but the first has of its own. */
  threadBytes = 320,
  /** Where in them the status lies; at this place in the memory itself begin the machine's constants. */
  threadStatus = 192,
  /** Bits of an index that one pass of `rowOrder` sorts by, at most. */
  rowOrderBits = 11,
  /** So many passes sort every index. */
  rowOrderPasses = 3,
  /** Pixels that a convolution packs at once. */
  convBlockPixels = 128,
  /** Opcodes from here on are in the builds that have every instruction, not in the core build. */
  firstExtended = 32,
  /** And so for the functions of `unary` … */
  firstExtendedUnary = 9,
  /** … of `binary` … */
  firstExtendedBinary = 8,
  /** … and of `reduce`. */
  firstExtendedReduce = 3,
  /** The word in which these three say their function. */
  functionField = 4,
}

/** Storage types of elements. */
export const enum ElementType {
  f32 = 0,
  i32 = 1,
  u8 = 2,
}

/**
 * How an operand of an elementwise instruction with an output of [rows, columns] is read:
 * `same` [rows, columns], `scalar` [], `row` [columns] (one row for all rows), `column` [rows] (one value a row).
 */
export const enum Broadcast {
  same = 0,
  scalar = 1,
  row = 2,
  column = 3,
}

export const enum UnaryFunction {
  neg = 0,
  abs = 1,
  square = 2,
  exp = 3,
  log = 4,
  log1p = 5,
  tanh = 6,
  sigmoid = 7,
  relu = 8,
  // `Constant.firstExtendedUnary`: not in the core build.
  sign = 9,
  reciprocal = 10,
  sqrt = 11,
  expm1 = 12,
  floor = 13,
  /** To the nearest integer, halves to the even one. */
  round = 14,
  sin = 15,
  cos = 16,
  atan = 17,
  erf = 18,
  erfinv = 19,
}

/** Comparisons give 0 or 1; a comparison with NaN gives 0, but for `notEqual`, which gives 1. */
export const enum BinaryFunction {
  add = 0,
  sub = 1,
  mul = 2,
  div = 3,
  maximum = 4,
  equal = 5,
  greater = 6,
  /** lhs ≤ 0 ? 0 : rhs */
  reluGradient = 7,
  // `Constant.firstExtendedBinary`: not in the core build.
  minimum = 8,
  notEqual = 9,
  less = 10,
  lessEqual = 11,
  greaterEqual = 12,
  /** rhs · (1 − lhs²) */
  tanhGradient = 13,
  /** rhs · lhs · (1 − lhs) */
  sigmoidGradient = 14,
  pow = 15,
  atan2 = 16,
}

export const enum ReduceFunction {
  sum = 0,
  mean = 1,
  max = 2,
  // `Constant.firstExtendedReduce`: not in the core build.
  min = 3,
  prod = 4,
}

/** How `rowUpdate` changes the rows that occur. */
export const enum RowMethod {
  adagrad = 0,
  lazyAdam = 1,
}

export const enum Activation {
  none = 0,
  relu = 1,
  tanh = 2,
  sigmoid = 3,
}

/** What the status block (4 words at address 0) holds after an instruction stopped the run. */
export const enum Status {
  /** Nothing stopped. */
  ok = 0,
  /** `guard` met a value that is NaN or infinite. */
  nonFinite = 1,
  /** An index was outside 0 … rows − 1: `detail` is its position, `value` the index. */
  indexOutOfRange = 2,
  /** A word 0 that is no instruction. */
  illegalInstruction = 3,
}

/** Word indices in the status block: `status`, the stopping instruction's word offset in the code, and two details. */
export const enum StatusField {
  status = 0,
  at = 1,
  detail = 2,
  value = 3,
}

/** Why a team of threads works no more. */
export const enum Halt {
  none = 0,
  /** A thread failed. */
  failed = 1,
  /** The others did not come to a barrier within the first thread's patience. */
  stalled = 2,
}

/**
 * Words of the block by which threads work together (assembly/threads.ts). What one thread writes often and another waits for
 * has a cache line of its own.
 */
export const enum TeamField {
  /** Counts barriers, and halts. */
  generation = 0,
  /** Threads that have come to the barrier. */
  arrived = 1,
  /** Threads that sleep. */
  sleeping = 2,
  /** `Halt`. */
  halted = 3,
  /** The number of the call that an instruction has stopped; its thread's status says why. */
  stopped = 4,
  /** Whether that was the call at whose barrier threads met last: then all leave it. */
  leaving = 5,
  /** The number of the last call. */
  doorbell = 16,
  /** Threads that wait for calls. */
  ready = 17,
  quit = 18,
  /** The call: where the first thread's words lie, bytes from a thread's to the next's, and what `execute` gets. */
  code = 32,
  codeBytes = 33,
  words = 34,
  base = 35,
  firstRow = 36,
  lastRow = 37,
  /** Seconds that the first thread sleeps at a barrier before it gives the others up. */
  patience = 38,
  length = 48,
}

/** Copies `bytes` bytes from row r of a table into a fixed place, r being the row that `execute` is in; `stride` is in bytes. */
export const enum StepLoadField {
  destination = 1,
  table = 2,
  stride = 3,
  bytes = 4,
  words = 5,
}

/** Copies `bytes` bytes from a fixed place into row r of a table. */
export const enum StepStoreField {
  table = 1,
  source = 2,
  stride = 3,
  bytes = 4,
  words = 5,
}

/**
 * Runs the `bodyWords` words of instructions behind it `count` times. `level` is how many repeats it stands in; its counter,
 * 0 … count − 1, is what the `loopLoad` and `loopStore` of that level read.
 */
export const enum RepeatField {
  count = 1,
  bodyWords = 2,
  level = 3,
  words = 4,
}

/**
 * Copies `bytes` bytes from `source` + i · `stride` to a fixed place, i being the counter of the repeat of level `level`;
 * the stride, in bytes, may be negative (then `source` is the last one). `count` is that repeat's.
 */
export const enum LoopLoadField {
  destination = 1,
  source = 2,
  stride = 3,
  bytes = 4,
  level = 5,
  count = 6,
  words = 7,
}

/** Copies `bytes` bytes from a fixed place to `destination` + i · `stride`; see `LoopLoadField`. */
export const enum LoopStoreField {
  destination = 1,
  source = 2,
  stride = 3,
  bytes = 4,
  level = 5,
  count = 6,
  words = 7,
}

/**
 * Runs the `unary`, `binary` and `select` instructions behind its header, which are words of its own, block by block: each on
 * `Constant.groupBlock` elements, then each on the next. All have `count` elements and operands that are read as `same` or
 * `scalar`; the counts in their own words are not looked at. An address within the `scratchBytes` bytes at `scratch` is a block
 * that is used again and again; all others advance.
 */
export const enum GroupField {
  count = 1,
  scratch = 2,
  scratchBytes = 3,
  words = 4,
}

/** Writes `value` (32 bits) `count` times. */
export const enum FillField {
  destination = 1,
  count = 2,
  value = 3,
  words = 4,
}

/**
 * Copies a box of `rank` dimensions: element [i0 … ir] from source + Σ i·sourceStride to destination + Σ i·destinationStride.
 * Strides count elements of `elementBytes` (1 or 4) bytes and may be 0 in the source (broadcast). Word `dimensions` begins
 * `Constant.maxRank` dimensions, then as many destination strides, then source strides; only the first `rank` of each are read.
 */
export const enum CopyField {
  destination = 1,
  source = 2,
  rank = 3,
  elementBytes = 4,
  dimensions = 5,
  destinationStrides = 11,
  sourceStrides = 17,
  words = 23,
}

/** Converts `count` elements. f32 → i32 truncates and saturates, NaN → 0; f32 → u8 likewise to 0 … 255. */
export const enum CastField {
  destination = 1,
  source = 2,
  count = 3,
  sourceType = 4,
  destinationType = 5,
  words = 6,
}

/** destination[i] = operation(source[i]), f32; destination may be source. */
export const enum UnaryField {
  destination = 1,
  source = 2,
  count = 3,
  operation = 4,
  words = 5,
}

/** f32 [rows, columns]; modes are `Broadcast`. The destination may be an operand that is read as `same`. */
export const enum BinaryField {
  destination = 1,
  lhs = 2,
  rhs = 3,
  operation = 4,
  rows = 5,
  columns = 6,
  lhsMode = 7,
  rhsMode = 8,
  words = 9,
}

/** destination = condition ≠ 0 ? onTrue : onFalse (NaN counts as true), f32 [rows, columns]; aliasing as in `binary`. */
export const enum SelectField {
  destination = 1,
  condition = 2,
  onTrue = 3,
  onFalse = 4,
  rows = 5,
  columns = 6,
  conditionMode = 7,
  trueMode = 8,
  falseMode = 9,
  words = 10,
}

/**
 * f32 [outer, k, inner] → [outer, inner], `step` elements from k to k + 1 (inner, or more: some columns of a wider box); no
 * aliasing. max and min give NaN where any element is NaN.
 */
export const enum ReduceField {
  destination = 1,
  source = 2,
  outer = 3,
  operation = 4,
  k = 5,
  inner = 6,
  step = 7,
  words = 8,
}

/**
 * C [m, n] = activation(op(A) · op(B) + bias). A is [m, k] (transposed: stored [k, m]), B [k, n] (transposed: stored
 * [n, k]); the leading dimensions lda, ldb, ldc count elements from row to row as stored. `bias` [n] or 0; `scratch`
 * is as large as `matmulScratchBytes` of operands.ts says. No aliasing. Sums run over k in order, in chunks fixed by k alone.
 */
export const enum MatmulField {
  destination = 1,
  lhs = 2,
  rhs = 3,
  bias = 4,
  m = 5,
  n = 6,
  k = 7,
  lda = 8,
  ldb = 9,
  ldc = 10,
  transposeLhs = 11,
  transposeRhs = 12,
  activation = 13,
  scratch = 14,
  words = 15,
}

/**
 * As `matmul`, whose words come first, with B or C in panels: 8 columns at a time, the rows of which lie one behind another. Only
 * in the builds with threads. `panels` says which: bit 0 is B as stored (transposed: panels of 8 values of k), bit 1 C. Their
 * leading dimension counts elements from panel to panel. Panels are whole; where C lies so, there is no activation.
 */
export const enum PanelMatmulField {
  panels = 15,
  words = 16,
}

/**
 * `outer` × `inner` products, each as `matmul` has it, whose words come first (`bias` and `activation` are 0): the operands
 * of product [i, j] lie i · …Outer + j · …Inner elements behind the first's. Factors may have steps of 0 (one for all);
 * products do not overlap.
 */
export const enum BatchMatmulField {
  destination = 1,
  lhs = 2,
  rhs = 3,
  bias = 4,
  m = 5,
  n = 6,
  k = 7,
  lda = 8,
  ldb = 9,
  ldc = 10,
  transposeLhs = 11,
  transposeRhs = 12,
  activation = 13,
  scratch = 14,
  outer = 15,
  inner = 16,
  destinationOuter = 17,
  destinationInner = 18,
  lhsOuter = 19,
  lhsInner = 20,
  rhsOuter = 21,
  rhsInner = 22,
  words = 23,
}

/**
 * Row `indices[i]` (i32) of a source [rows, rowElements] to row i of the destination [count, rowElements]. The same type is
 * copied; u8 → f32 converts. For f32 results, `shift` and `scale` (addresses, both or neither 0) give
 * (x − shift) × scale; `mode` is `scalar` or `row` ([rowElements]). Stops with `indexOutOfRange` on a bad index.
 */
export const enum GatherField {
  destination = 1,
  source = 2,
  indices = 3,
  count = 4,
  rowElements = 5,
  rows = 6,
  sourceType = 7,
  destinationType = 8,
  shift = 9,
  scale = 10,
  mode = 11,
  words = 12,
}

/** Destination [rows, rowElements] = 0, then row indices[i] += updates[i] for i = 0 … count − 1 in order; f32. Stops on a bad index. */
export const enum ScatterAddField {
  destination = 1,
  indices = 2,
  updates = 3,
  count = 4,
  rowElements = 5,
  rows = 6,
  words = 7,
}

/** Softmax (or, with `log` 1, its logarithm) of each row of f32 [rows, columns]; destination may be source. */
export const enum SoftmaxField {
  destination = 1,
  source = 2,
  rows = 3,
  columns = 4,
  log = 5,
  words = 6,
}

/**
 * For logits f32 [rows, columns] and class numbers labels i32 [rows]: losses [rows] = −log softmax(logits)[label], and
 * probabilities [rows, columns] = softmax(logits). Stops on a label outside 0 … columns − 1.
 */
export const enum CrossEntropyField {
  losses = 1,
  probabilities = 2,
  logits = 3,
  labels = 4,
  rows = 5,
  columns = 6,
  words = 7,
}

/** destination [rows, columns] = (probabilities − onehot(labels)) × cotangent; `mode` is `scalar` or `column`. May alias probabilities. Stops on a bad label. */
export const enum CrossEntropyGradientField {
  destination = 1,
  probabilities = 2,
  labels = 3,
  cotangent = 4,
  mode = 5,
  rows = 6,
  columns = 7,
  words = 8,
}

/** Index (i32) of the largest value of each row, the first on ties; the first NaN wins over all numbers. */
export const enum ArgmaxField {
  destination = 1,
  source = 2,
  rows = 3,
  columns = 4,
  words = 5,
}

/**
 * Running sums of f32 [outer, k, inner] along k, in order; with `reverse` 1 from the end. Summed in double precision. The
 * destination may be the source.
 */
export const enum CumulativeSumField {
  destination = 1,
  source = 2,
  outer = 3,
  k = 4,
  inner = 5,
  reverse = 6,
  words = 7,
}

/**
 * For each row of f32 [rows, columns] the k largest in descending order, of equals the first, NaN before all numbers: their
 * `indices` (i32 [rows, k]) in the row, and their `places` (i32 [rows, k]) in the whole.
 */
export const enum TopKField {
  indices = 1,
  places = 2,
  source = 3,
  rows = 4,
  columns = 5,
  k = 6,
  words = 7,
}

/** f32 [rows, depth] with 1 at [i, indices[i]], else 0. Stops on an index outside 0 … depth − 1. */
export const enum OneHotField {
  destination = 1,
  indices = 2,
  rows = 3,
  depth = 4,
  words = 5,
}

/**
 * Philox 4x32-10 with key (seed, stream) and counter (block, step, iteration, 0), where the i32 words at `key` are
 * seed, step, iteration; element i is word i mod 4 of block i div 4. `first`, a multiple of 16, is the element to begin with.
 * Used by the three random instructions.
 * Uniform: (word >>> 8) × 2⁻²⁴, so 0 ≤ u < 1. Normal: see src/core/philox.ts. Mask: u < rate ? 0 : scale (bits both).
 */
export const enum RandomField {
  destination = 1,
  key = 2,
  stream = 3,
  count = 4,
  first = 5,
  words = 6,
}

export const enum DropoutMaskField {
  destination = 1,
  key = 2,
  stream = 3,
  count = 4,
  first = 5,
  rate = 6,
  scale = 7,
  words = 8,
}

/** Σ x² of each `Constant.normChunk` of `count` f32, and of the rest, as f64. */
export const enum SumSquaresField {
  destination = 1,
  source = 2,
  count = 3,
  words = 4,
}

/**
 * destination [] = √Σ x² by `sums`, what `sumSquares` has of the source, which is finite (or overflows to
 * Infinity by its own size) if and only if every x is finite or so.
 */
export const enum L2NormField {
  destination = 1,
  sums = 2,
  source = 3,
  count = 4,
  words = 5,
}

/** Stops with `nonFinite` (`detail` 0 or 1 says which) if the f32 at `first` or `second` (an address or 0) is NaN or infinite. */
export const enum GuardField {
  first = 1,
  second = 2,
  words = 3,
}

/**
 * Adam, in place over `count` f32: m = β₁m + (1 − β₁)g, v = β₂v + (1 − β₂)g², p −= stepSize · m / (√v + ε); then m below
 * 1e-25 and v below 1e-30 are flushed to 0. `scalars` is the address of the step's [stepSize, ε], computed by the host in
 * double with both bias corrections in; the four betas are bits.
 */
export const enum AdamField {
  parameters = 1,
  firstMoment = 2,
  secondMoment = 3,
  gradient = 4,
  scalars = 5,
  count = 6,
  beta1 = 7,
  oneMinusBeta1 = 8,
  beta2 = 9,
  oneMinusBeta2 = 10,
  words = 11,
}

/**
 * SGD, in place: with `velocity` 0, p −= learningRate · g; else b = momentum·b + gradientFactor·g (flushed below 1e-25)
 * and p −= learningRate · (nesterov ? g + momentum·b : b). `scalars` is the address of the step's [learningRate,
 * gradientFactor]; momentum is bits.
 */
export const enum SgdField {
  parameters = 1,
  velocity = 2,
  gradient = 3,
  scalars = 4,
  count = 5,
  momentum = 6,
  nesterov = 7,
  words = 8,
}

/**
 * The three convolutions over images x [n, h, w, c], a filter [kh, kw, c / groups, o] and results y [n, oh, ow, o], f32.
 * Pixel (i, j) of y meets pixel (i · strideH − top + p · dilationH, j · strideW − left + q · dilationW) of x at tap (p, q);
 * pixels outside x count as 0. `conv2d`: destination y = activation(x ∗ filter + bias), `first` x, `second` the filter.
 * `conv2dInputGradient`: destination x, `first` the filter as [kh, o, kw, c / groups], `second` y. `conv2dFilterGradient`:
 * destination the filter, `first` x, `second` y. Sums run in an order fixed by the sizes. Of each row
 * of the filter, [kw, c / groups] values for each o, the gradient writes those from `runFrom`, a multiple of 4, to `runTo` − 1.
 * `scratch` is as large as `convScratchBytes` of sizes.ts says; `bias` is [o] or 0, for conv2d alone.
 */
export const enum ConvField {
  destination = 1,
  first = 2,
  second = 3,
  bias = 4,
  activation = 5,
  scratch = 6,
  runFrom = 7,
  n = 8,
  h = 9,
  w = 10,
  c = 11,
  kh = 12,
  kw = 13,
  o = 14,
  oh = 15,
  ow = 16,
  strideH = 17,
  strideW = 18,
  top = 19,
  left = 20,
  dilationH = 21,
  dilationW = 22,
  groups = 23,
  runTo = 24,
  words = 25,
}

/**
 * Pooling of images [n, h, w, c] by windows of kh × kw cells to [n, oh, ow, c], f32; window o of an axis has the cells
 * o · stride − before + k · dilation, of which those outside the image are left out. Places are i32 row · w + column.
 * `maxPool`: destination values, `index` their places: the first of the largest, the first NaN if there is one.
 * `maxPoolGradient`: destination images = 0, then each pooled `source` is added at its place, which lies in its own window. `maxPoolGather`: destination
 * pooled = `source` images at each place. Both stop on a place outside 0 … `cells` − 1 = h · w − 1. `averagePool` and its
 * gradient divide by the cells of the window inside the image, or with `includePadding` 1 by those inside its padding too.
 */
export const enum PoolField {
  destination = 1,
  source = 2,
  index = 3,
  n = 4,
  h = 5,
  w = 6,
  c = 7,
  oh = 8,
  ow = 9,
  kh = 10,
  kw = 11,
  strideH = 12,
  strideW = 13,
  dilationH = 14,
  dilationW = 15,
  top = 16,
  left = 17,
  bottom = 18,
  right = 19,
  includePadding = 20,
  cells = 21,
  words = 22,
}

/**
 * f32 [outer, k, inner] freed of the mean over k (unless `mean` is 0) and divided by √(variance + ε); variance, and mean, are
 * [outer, inner]. Epsilon is bits, `scratch` as large as `standardizeScratchBytes` of sizes.ts says. May be in place.
 */
export const enum StandardizeField {
  destination = 1,
  variance = 2,
  mean = 3,
  source = 4,
  outer = 5,
  k = 6,
  inner = 7,
  epsilon = 8,
  scratch = 9,
  words = 10,
}

/**
 * (g − mean g − y · mean (g · y)) / √(variance + ε) over k of [outer, k, inner], without mean g if `center` is 0; y is
 * `normalized`, g `cotangent`. The destination may be either.
 */
export const enum StandardizeGradientField {
  destination = 1,
  normalized = 2,
  variance = 3,
  cotangent = 4,
  outer = 5,
  k = 6,
  inner = 7,
  epsilon = 8,
  center = 9,
  scratch = 10,
  words = 11,
}

/**
 * Softmax of scale · each row of f32 [outer · inner, columns], over the columns that are seen; zeros for the others, and for
 * rows that see none or −∞ alone. With `queries` > 0, row r sees the first r mod queries + `offset` + 1 columns. `mask` (an
 * address or 0) is not 0 where row [i, j] may see a column: f32 [columns] at i · maskOuter + j · maskInner elements. The
 * destination may be the source; scale is bits.
 */
export const enum MaskedSoftmaxField {
  destination = 1,
  source = 2,
  mask = 3,
  outer = 4,
  inner = 5,
  columns = 6,
  maskOuter = 7,
  maskInner = 8,
  queries = 9,
  offset = 10,
  scale = 11,
  words = 12,
}

/** scale · y · (g − Σ g · y) for each row of f32 [rows, columns], over the columns that are seen as above; y is `weights`. May be in place. */
export const enum SoftmaxGradientField {
  destination = 1,
  weights = 2,
  cotangent = 3,
  rows = 4,
  columns = 5,
  queries = 6,
  offset = 7,
  scale = 8,
  words = 9,
}

/**
 * destination i32 [count]: the places of indices i32 [count] by ascending index, of equals in order of place. Stops on an index
 * outside 0 … rows − 1. `scratch` is as large as `rowOrderScratchBytes` of sizes.ts says.
 */
export const enum RowOrderField {
  destination = 1,
  scratch = 2,
  indices = 3,
  count = 4,
  rows = 5,
  words = 6,
}

/**
 * A gradient by rows: for each place i of indices i32 [count], weights[i] · vectors[i div group] (weights [count] or 0: then
 * group is 1), where vectors are f32 [count / group, rowElements]; `order` is what `rowOrder` gives. What one row gets more than
 * once is summed, in order of place. destination [] = the L2 norm of it all. Stops on an index outside 0 … rows − 1. `scratch`
 * is as large as `rowGradientScratchBytes` of sizes.ts says.
 */
export const enum RowNormField {
  destination = 1,
  scratch = 2,
  indices = 3,
  order = 4,
  vectors = 5,
  weights = 6,
  count = 7,
  group = 8,
  rowElements = 9,
  rows = 10,
  words = 11,
}

/**
 * Updates in place the rows of a table f32 [rows, rowElements] that occur in a gradient by rows; its words are those of
 * `rowNorm`. `method` adagrad: s += g² in `first`, p −= scalars[0] · g / (√(s + second factor) +
 * first factor). lazyAdam: as `adam`, with `first` and `second` its moments and the factors β₁, 1 − β₁, β₂, 1 − β₂. Factors are
 * bits. Of `order`, the rows that begin at its places `from` … `to` − 1. All indices are checked before anything is written.
 */
export const enum RowUpdateField {
  table = 1,
  scratch = 2,
  indices = 3,
  order = 4,
  vectors = 5,
  weights = 6,
  count = 7,
  group = 8,
  rowElements = 9,
  rows = 10,
  first = 11,
  second = 12,
  scalars = 13,
  method = 14,
  factors = 15,
  from = 19,
  to = 20,
  words = 21,
}

/**
 * p −= scalars[0] · g in place for the rows of a table f32 [rows, rowElements] that occur in a gradient by rows as `rowNorm` has
 * it, but for its order: what one row gets is added from the last place to the first. Of the columns `from` … `to` − 1. Stops on an
 * index outside 0 … rows − 1, before anything is written.
 */
export const enum RowSgdField {
  table = 1,
  indices = 2,
  vectors = 3,
  weights = 4,
  count = 5,
  group = 6,
  rowElements = 7,
  rows = 8,
  scalars = 9,
  from = 10,
  to = 11,
  words = 12,
}

/** destination [] = the L2 norm of weights[i] · vectors[i div group], f32 [count · group] and [count, rowElements]. */
export const enum WeightedNormField {
  destination = 1,
  vectors = 2,
  weights = 3,
  count = 4,
  group = 5,
  rowElements = 6,
  words = 7,
}

/**
 * Products with rows of a table f32 [rows, rowElements], at indices i32 [count, group]. `gatherDot`: destination [count, group]
 * = table[index] · factors[i], factors [count, rowElements]. `gatherSum`: destination [count, rowElements] = Σ over the group of
 * factors[i, j] · table[index], factors [count, group]. Stop on an index outside 0 … rows − 1, before anything is written.
 */
export const enum GatherProductField {
  destination = 1,
  table = 2,
  indices = 3,
  factors = 4,
  count = 5,
  group = 6,
  rowElements = 7,
  rows = 8,
  words = 9,
}

/**
 * `gatherDot`, the logistic loss of its dots, the loss's gradient, and `gatherSum` with that, group by group, so that rows are
 * read from far once. Begins as `GatherProductField`: destination are the dots. losses [count, group] = max(x, 0) − x · t + log(1
 * + e^−|x|) of the dots x and the targets t [count, group]; weights [count, group] = scale[0] · (sigmoid(x) − t); sums [count,
 * rowElements]: the rows weighted so.
 */
export const enum GatherLogisticField {
  destination = 1,
  table = 2,
  indices = 3,
  factors = 4,
  count = 5,
  group = 6,
  rowElements = 7,
  rows = 8,
  targets = 9,
  scale = 10,
  losses = 11,
  weights = 12,
  sums = 13,
  words = 14,
}
