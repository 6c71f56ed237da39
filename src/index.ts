/**
 * @file The public surface, listed by hand.
 * @module saddlepoint
 */

export * as attacks from './attacks/attacks.ts';
export { checkGradient, type GradientCheck, type GradientCheckOptions } from './autodiff/check.ts';
export { type CustomResult, type CustomVjp, customGradient } from './autodiff/custom-gradient.ts';
export { grad, valueAndGrad } from './autodiff/grad.ts';
export { hvp } from './autodiff/hvp.ts';
// Functions of tensors.
export type { Device, DeviceEvent, DeviceOptions, DeviceRecord } from './backends/select.ts';
export type { WasmBuilds, WasmOption, WasmSource } from './backends/wasm/sources.ts';
export type { DType } from './core/dtype.ts';
// Errors.
export { type ErrorCode, SaddlepointError } from './core/errors.ts';
export { streamOf } from './core/philox.ts';
export type { Shape } from './core/shape.ts';
export type { ClassPrediction, Prediction } from './data/answers.ts';
// Word vectors.
export * as embeddings from './embeddings/index.ts';
export { type CompileOptions, compile } from './engine/compile.ts';
export { criticBlock, type GeneratorBlockOptions, generatorBlock } from './gan/dcgan.ts';
// Adversarial networks.
export { type DiffAugmentOptions, diffAugment } from './gan/diff-augment.ts';
export * as ganLosses from './gan/index.ts';
export { type GanMonitor, type GanMonitorOptions, type GanReading, type GanView, ganMonitor } from './gan/monitor.ts';
export { wassersteinCritic } from './gan/wasserstein-critic.ts';
export { type TapListener, tap } from './graph/tap.ts';
export { type Tensor, type TensorLike, tensor } from './graph/tensor.ts';
// Advice and ablation: see docs/advice.md.
export { type AblateOptions, type AblationMode, ablate } from './inspect/ablate.ts';
export { Ablation, type AblationData, type ArmRun, type ArmSummary } from './inspect/ablation.ts';
export { type AdviseOptions, advise } from './inspect/advice/advise.ts';
export { type Advisor, type AdvisorOptions, advisor } from './inspect/advice/advisor.ts';
export { type ContrastiveRecordOptions, contrastiveRecord } from './inspect/advice/contrastive-record.ts';
export { diagnose } from './inspect/advice/diagnose.ts';
export { type EmbeddingTable, embeddingRecord } from './inspect/advice/embedding-record.ts';
export type { Evidence } from './inspect/advice/evidence.ts';
export { Advice, type Rule, type Severity, type Sighting } from './inspect/advice/rule.ts';
export { ADVICE_RULES } from './inspect/advice/rules.ts';
// Look inside.
export {
  type BackendCandidate,
  type BackendReport,
  type BackendReportOptions,
  type BuildFacts,
  backendReport,
} from './inspect/backend-report.ts';
// Saddle points, initialization.
export * as curvature from './inspect/curvature.ts';
export {
  type HessianSpectrum,
  type HessianSpectrumOptions,
  hessianSpectrum,
  type Sharpness,
  type SharpnessOptions,
  sharpness,
} from './inspect/hessian-spectrum.ts';
export * as explain from './inspect/input-gradient.ts';
export {
  type GridOptions,
  type Landscape,
  type LandscapeOptions,
  type LandscapeTools,
  type LineOptions,
  landscape,
  type PathPoint,
  type SliceCallback,
  type SliceOptions,
} from './inspect/landscape/index.ts';
export { type Profile, type ProfileOptions, type ProfileRow, profile } from './inspect/profile.ts';
export { type ReportOptions, report } from './inspect/report.ts';
export type { CalibrationBin, ClassBaseline, ClassReport } from './inspect/report-classes.ts';
export type { Measured } from './inspect/report-intervals.ts';
export type { ValueBaseline, ValueErrors, ValueReport } from './inspect/report-values.ts';
// Tricks.
// Pairs of two kinds in one space.
export * as retrieval from './inspect/retrieval/index.ts';
export { type Robustness, type RobustnessOptions, robustness } from './inspect/robustness.ts';
export {
  type Histogram,
  type SignalReport,
  type SignalReportOptions,
  type SignalRow,
  signalReport,
} from './inspect/signal-report.ts';
export { type LayerSummary, type ModelSummary, summary } from './inspect/summary.ts';
export { activation } from './nn/activations.ts';
export {
  type AttentionLayer,
  type MultiHeadAttentionOptions,
  multiHeadAttention,
  positionEmbedding,
  sinusoidalEncoding,
  type TransformerBlockOptions,
  transformerBlock,
} from './nn/attention.ts';
export { type AutoencoderOptions, autoencoder } from './nn/autoencoder.ts';
export { type BagEmbeddingOptions, bagEmbedding } from './nn/bag-embedding.ts';
export { type BatchNormOptions, batchNorm } from './nn/batch-norm.ts';
export { colorJitter } from './nn/color-jitter.ts';
export {
  bidirectional,
  type MergeOption,
  parallel,
  type ResidualOptions,
  residual,
} from './nn/combined.ts';
export { type Conv1dOptions, type Conv2dOptions, conv1d, conv2d } from './nn/conv.ts';
export {
  type DepthwiseConv2dOptions,
  depthwiseConv2d,
  type SeparableConv2dOptions,
  separableConv2d,
} from './nn/conv-depthwise.ts';
export { type Conv2dTransposeOptions, conv2dTranspose } from './nn/conv-transpose.ts';
export { dense } from './nn/dense.ts';
export { dropout } from './nn/dropout.ts';
export { type EmbeddingOptions, embedding } from './nn/embedding.ts';
export { flatten } from './nn/flatten.ts';
export { glu, type PreluOptions, prelu, type SwigluOptions, swiglu } from './nn/gated.ts';
// Minibatches and gradient updates.
export { type GhostBatchNormOptions, ghostBatchNorm } from './nn/ghost-batch-norm.ts';
export { apply, type GraphArguments, type GraphNode, graph, input, outputOf } from './nn/graph.ts';
export {
  constant,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  type Initializer,
  lecunNormal,
  lecunUniform,
  ones,
  randomNormal,
  randomUniform,
  truncatedNormal,
  varianceScaling,
  zeros,
} from './nn/initializers.ts';
export {
  deltaOrthogonal,
  type GainOptions,
  gain,
  identity,
  orthogonal,
} from './nn/initializers-orthogonal.ts';
export { sparse } from './nn/initializers-sparse.ts';
export { instanceNoise } from './nn/instance-noise.ts';
export { projection, withLabels } from './nn/labels.ts';
// Layers.
export {
  applyModel,
  type Context,
  initialize,
  type Layer,
  type LeafKind,
  layer,
  maskOf,
  type ParameterLeaf,
  type Tensors,
  withMask,
} from './nn/layer.ts';
export { groupNorm, instanceNorm, layerNorm, type NormOptions, rmsNorm } from './nn/layer-norm.ts';
export { leakyRelu } from './nn/leaky-relu.ts';
// Losses and metrics.
export { binaryCrossEntropy } from './nn/losses/binary-cross-entropy.ts';
export {
  type InfoNceOptions,
  infoNce,
  type Learned,
  learned,
  type PairwiseRankingOptions,
  pairwiseRanking,
  type SigmoidContrastiveOptions,
  sigmoidContrastive,
} from './nn/losses/contrastive.ts';
export { crossEntropy } from './nn/losses/cross-entropy.ts';
export { type CtcOptions, ctc } from './nn/losses/ctc.ts';
export { klDivergence } from './nn/losses/divergence.ts';
export { type BinaryFocalOptions, binaryFocal, focal } from './nn/losses/focal.ts';
export { gaussianNegativeLogLikelihood } from './nn/losses/gaussian.ts';
export { hinge, multiClassHinge, squaredHinge } from './nn/losses/hinge.ts';
export type { Loss } from './nn/losses/loss.ts';
export { huber, meanAbsoluteError, meanSquaredError } from './nn/losses/regression.ts';
export { logCosh, poissonNegativeLogLikelihood, quantileLoss, smoothL1 } from './nn/losses/robust.ts';
export { cosineEmbedding, marginRanking, tripletMargin } from './nn/losses/similarity.ts';
export { ignoring, maskedMean, withClassWeights } from './nn/losses/weighted.ts';
export { masking } from './nn/masks.ts';
export {
  type MergeLayer,
  mergeAdd,
  mergeAverage,
  mergeConcat,
  mergeMaximum,
  mergeMultiply,
} from './nn/merge.ts';
export {
  brierScore,
  type CalibrationOptions,
  expectedCalibrationError,
  maximumCalibrationError,
  negativeLogLikelihood,
  type ProbabilityOptions,
  topKAccuracy,
} from './nn/metrics/calibration.ts';
export {
  type Average,
  balancedAccuracy,
  type ClassScores,
  type ConfusionMatrix,
  classScores,
  cohenKappa,
  confusionMatrix,
  f1,
  matthewsCorrelation,
  precision,
  recall,
} from './nn/metrics/confusion.ts';
export { pearson, spearman } from './nn/metrics/correlation.ts';
export { averagePrecision, rocAuc } from './nn/metrics/ranking.ts';
export { MetricAccumulator, type MetricTotals, measure, type StreamingMetric } from './nn/metrics/streaming.ts';
export { type TemperatureScaling, temperatureScaling } from './nn/metrics/temperature.ts';
export { meanAbsolutePercentageError, r2, rootMeanSquaredError } from './nn/metrics/values.ts';
export { accuracy, type Metric } from './nn/metrics.ts';
export { minibatchDeviation } from './nn/minibatch-deviation.ts';
export { initializeNamed, type Named } from './nn/named.ts';
export { alphaDropout, gaussianDropout, gaussianNoise, spatialDropout, stochasticDepth } from './nn/noise.ts';
export { averagePool2d, globalAveragePool2d, globalMaxPool2d, maxPool2d } from './nn/pool.ts';
export {
  averagePool1d,
  globalAveragePool1d,
  globalMaxPool1d,
  maxPool1d,
  type Pool1dOptions,
} from './nn/pool-1d.ts';
export {
  type GruLayerOptions,
  gru,
  type LstmOptions,
  lstm,
  type RecurrentLayer,
  type RecurrentOptions,
  type SimpleRnnOptions,
  simpleRnn,
} from './nn/recurrent.ts';
export { spectralNorm, weightNorm } from './nn/rewritten.ts';
export { sequential } from './nn/sequential.ts';
export { reshapeTo, upsampling2d } from './nn/shape-layers.ts';
// Ops.
export { cast } from './ops/cast.ts';
export { concat } from './ops/concat.ts';
export {
  type ConvOptions,
  type ConvTransposeOptions,
  convolve1d,
  convolve2d,
  convolveTranspose2d,
  depthwiseConvolve2d,
} from './ops/convolutions.ts';
export { cumulativeSum } from './ops/cumulative.ts';
export {
  bernoulliWithKey,
  gumbelWithKey,
  permutation,
  randomKey,
  truncatedNormalWithKey,
} from './ops/distributions.ts';
export {
  abs,
  add,
  clip,
  div,
  equal,
  exp,
  expm1,
  floor,
  greater,
  greaterEqual,
  less,
  lessEqual,
  log,
  log1p,
  maximum,
  minimum,
  mul,
  neg,
  notEqual,
  pow,
  reciprocal,
  relu,
  sigmoid,
  sign,
  sqrt,
  square,
  stopGradient,
  sub,
  tanh,
  where,
} from './ops/elementwise.ts';
export { type EmbeddingBagOptions, embeddingBag } from './ops/embedding-bag.ts';
export { erf, erfinv } from './ops/erf.ts';
export { gatherDot, gatherSum } from './ops/gather-product.ts';
export { acosh, asinh, atanh, cosh, sinh } from './ops/hyperbolic.ts';
export { gather, oneHot, scatterAdd } from './ops/indexing.ts';
export { keysOf } from './ops/keys.ts';
export { repeat, type ScanOptions, scan } from './ops/loops.ts';
export { matmul } from './ops/matmul.ts';
export { betaWithKey } from './ops/mixing.ts';
export { broadcastTo, reshape, slice, transpose } from './ops/movement.ts';
export { type PadOptions, pad } from './ops/pad.ts';
export {
  type AveragePoolOptions,
  adaptiveAveragePool,
  averagePool,
  type MaxPoolOptions,
  maxPool,
} from './ops/pooling.ts';
export { log2, log10, rsqrt } from './ops/powers.ts';
export { normalWithKey, uniformWithKey } from './ops/random.ts';
export { argmax, l2Norm, max, mean, min, prod, sum } from './ops/reduce.ts';
export { pixelShuffle, type ResizeOptions, resize2d, upsample2d } from './ops/resize.ts';
export { ceil, round } from './ops/rounding.ts';
export { sigmoidCrossEntropy } from './ops/sigmoid-cross-entropy.ts';
export { logSoftmax, logSumExp, softmax, softmaxCrossEntropy } from './ops/softmax.ts';
export { type SpectralNormalized, type SpectralNormalizeOptions, spectralNormalize } from './ops/spectral-normalize.ts';
export { standardDeviation, type VarianceOptions, variance } from './ops/statistics.ts';
export { topK } from './ops/top-k.ts';
export { acos, asin, atan, atan2, cos, sin, tan } from './ops/trigonometric.ts';
export type { Padding, Pair } from './ops/window.ts';
// Optimizers.
export { type AdabeliefOptions, adabelief } from './optim/adabelief.ts';
export { type AdadeltaOptions, adadelta } from './optim/adadelta.ts';
export { type AdafactorOptions, adafactor } from './optim/adafactor.ts';
export { type AdagradOptions, adagrad } from './optim/adagrad.ts';
export { type AdamOptions, adam } from './optim/adam.ts';
export { adamax } from './optim/adamax.ts';
export { type AdamwOptions, adamw } from './optim/adamw.ts';
export { type AdaptiveClipOptions, adaptiveGradientClip } from './optim/adaptive-clip.ts';
export { amsgrad } from './optim/amsgrad.ts';
export { type AsgdOptions, asgd } from './optim/asgd.ts';
export { type WeightAverageOptions, type WeightEmaOptions, weightAverage, weightEma } from './optim/average.ts';
export { clipByGlobalNorm, clipByValue, type GlobalNormOptions } from './optim/clip.ts';
export { clipWeights } from './optim/clip-weights.ts';
export type { DecayOf } from './optim/decay.ts';
export { type ConjugateGradientsOptions, conjugateGradients } from './optim/drivers/conjugate-gradients.ts';
export {
  type LbfgsEnding,
  type LbfgsOptions,
  type LbfgsResult,
  lbfgs,
  type ValueAndGradient,
} from './optim/drivers/lbfgs.ts';
export {
  type LearningRateRange,
  type LearningRateRangeOptions,
  type LearningRateRangeTest,
  learningRateRangeTest,
} from './optim/drivers/learning-rate-range.ts';
export {
  type LevenbergMarquardtOptions,
  type LevenbergMarquardtResult,
  levenbergMarquardt,
  type Residuals,
} from './optim/drivers/levenberg-marquardt.ts';
export { lamb } from './optim/lamb.ts';
export { type LarsOptions, lars } from './optim/lars.ts';
export { lazyAdam } from './optim/lazy-adam.ts';
export { isMatrix, type LeafMatch } from './optim/leaf-match.ts';
export { type LionOptions, lion } from './optim/lion.ts';
export type { LookaheadOptions } from './optim/lookahead.ts';
export { type MuonOptions, muon } from './optim/muon.ts';
export { type NadamOptions, nadam } from './optim/nadam.ts';
export { frozen, masked, type Part, partition } from './optim/partition.ts';
export { type GroupSettings, perGroup } from './optim/per-group.ts';
export { type PerturbedOptions, perturbed } from './optim/perturbed.ts';
export { radam } from './optim/radam.ts';
export { type RmspropOptions, rmsprop } from './optim/rmsprop.ts';
export { type RpropOptions, rprop } from './optim/rprop.ts';
export {
  type ScheduleFreeAdamwOptions,
  type ScheduleFreeSgdOptions,
  scheduleFreeAdamw,
  scheduleFreeSgd,
} from './optim/schedule-free.ts';
// Learning rates.
export { joinSchedules, multiplySchedules, type SchedulePart } from './optim/schedules/compose.ts';
export { cosineDecay } from './optim/schedules/cosine-decay.ts';
export { cosineRestarts } from './optim/schedules/cosine-restarts.ts';
export { type CyclicOptions, cyclic } from './optim/schedules/cyclic.ts';
export { exponentialDecay, geometricRamp } from './optim/schedules/exponential.ts';
export { inverseTimeDecay } from './optim/schedules/inverse-time-decay.ts';
export { constantRate, linearRamp, word2vecDecay } from './optim/schedules/linear-ramp.ts';
export { type OneCycleOptions, oneCycle, oneCycleMomentum } from './optim/schedules/one-cycle.ts';
export {
  type AdjustableSchedule,
  adjustableRate,
  type HostSchedule,
  type PlateauOptions,
  type PlateauSchedule,
  plateauRate,
} from './optim/schedules/plateau.ts';
export { polynomialDecay } from './optim/schedules/polynomial-decay.ts';
export { type ScaledRateOptions, scaledRate, scaledWarmUp } from './optim/schedules/scaled-rate.ts';
export { type Schedule, schedule } from './optim/schedules/schedule.ts';
export { multiStepDecay, stepDecay } from './optim/schedules/step-decay.ts';
export { inverseSqrtDecay, noam, warmUp, warmUpStableDecay } from './optim/schedules/warm-up.ts';
export { type SgdOptions, sgd } from './optim/sgd.ts';
export {
  chain,
  type EvaluationInput,
  type Transform,
  type UpdateInput,
} from './optim/transform.ts';
export * as quality from './quality/index.ts';
export { type AdaptiveOptions, type BatchSchedule, batchSchedule, type GrowOptions } from './train/batch-schedule.ts';
export type { ArrivalEnding } from './train/batch-size/arrival.ts';
export { findBatchSize } from './train/batch-size/find-batch-size.ts';
export type { BatchSizeTarget, FindBatchSizeOptions } from './train/batch-size/options.ts';
export type {
  BatchSizeReport,
  BatchSizeRow,
} from './train/batch-size/report.ts';
// Train, predict, keep.
export type { Callback, Control, EpochCallback, StepRecord } from './train/callback.ts';
export { type CheckpointEveryOptions, checkpointEvery } from './train/callbacks/checkpoint-every.ts';
export { type EarlyStoppingOptions, earlyStopping } from './train/callbacks/early-stopping.ts';
export { type LoggerOptions, logger } from './train/callbacks/logger.ts';
export { type NoiseMeasurement, type NoiseScaleOptions, noiseScale } from './train/callbacks/noise-scale.ts';
export {
  type PlateauKind,
  type PlateauRecord,
  type PlateauSurface,
  type PlateauWatchOptions,
  plateau,
} from './train/callbacks/plateau.ts';
export { type ReduceOnPlateauOptions, reduceOnPlateau } from './train/callbacks/reduce-on-plateau.ts';
// Adversarial examples.
export { type StopOnReading, type StopOnReadingOptions, stopOnReading } from './train/callbacks/stop-on-reading.ts';
export {
  TIMELINE_AXES,
  type Timeline,
  type TimelineAxis,
  type TimelineOptions,
  type TimelineRecord,
  timeline,
} from './train/callbacks/timeline.ts';
export type { Checkpoint } from './train/checkpoint.ts';
export {
  type CrossValidateOptions,
  type CrossValidateRecordOptions,
  crossValidate,
  type FoldingOptions,
} from './train/cross-validate.ts';
export type { CrossValidation, Fold } from './train/cross-validation.ts';
export type { CurveFigure } from './train/curve-figure.ts';
export {
  type CurveDevice,
  type DeviceCurve,
  type DeviceCurves,
  type DeviceCurvesOptions,
  deviceCurves,
} from './train/device-curves.ts';
export { DivergenceError } from './train/divergence.ts';
export { type FindLearningRateOptions, findLearningRate } from './train/find-learning-rate.ts';
export { fit, train } from './train/fit.ts';
export { type FitLbfgsOptions, fitLbfgs } from './train/fit-lbfgs.ts';
export { type FitSaddleFreeOptions, fitSaddleFree } from './train/fit-saddle-free.ts';
export { type FitSagaOptions, fitSaga } from './train/fit-saga.ts';
export type { FitWholeOptions } from './train/fit-whole.ts';
export type { GradientNoise } from './train/gradient-noise.ts';
export { type GradientVariance, type GradientVarianceOptions, gradientVariance } from './train/gradient-variance.ts';
export type { EpochRecord, Measures } from './train/history.ts';
export type { ImageShapeOption } from './train/image-rows.ts';
export type { LearningRateCurve } from './train/learning-rate-curve.ts';
export { LoadedModel, loadModel } from './train/load.ts';
export { loadCheckpoint } from './train/load-checkpoint.ts';
export { loadModels } from './train/load-models.ts';
export type { Plane } from './train/loss-plane.ts';
export { type LossSurface, type LossSurfaceOptions, lossSurface } from './train/loss-surface.ts';
export { type MinimizeOptions, type Minimum, minimize } from './train/minimize.ts';
export type { Evaluation, TrainedModel } from './train/model.ts';
export type { LossInputs, ModelCalls } from './train/model-calls.ts';
export type { LoadOptions } from './train/model-file.ts';
export * as multimodal from './train/multimodal/index.ts';
export { type Noise, normal, uniform } from './train/noise.ts';
export type { Data, FitOptions } from './train/options.ts';
// Several players.
export { type Players, players, type Role } from './train/players.ts';
export type { PlayersCallback, PlayersControl, PlayersStep } from './train/players-callback.ts';
export type { PlayersData } from './train/players-data.ts';
export type { PlayersOptions } from './train/players-options.ts';
export type { PlayersRecord, PlayersRun } from './train/players-run.ts';
export { forPlayer, type PlayersTrick } from './train/players-tricks.ts';
export { type CompileTimes, precompile } from './train/precompile.ts';
export type { PredictOptions } from './train/predict.ts';
export type { RecordOptions, Records } from './train/records.ts';
// General training tricks.
export { reestimateStatistics, type StatisticsOptions } from './train/reestimate-statistics.ts';
export { type ReplaceHeadOptions, replaceHead } from './train/replace-head.ts';
export type { Ending, Run, RunRecord } from './train/run.ts';
export {
  makePlan,
  type PlanSummary,
  type PlanTrainOptions,
  type SavePlanOptions,
  savePlan,
} from './train/save-plan.ts';
export type { ScalingName } from './train/scaling-option.ts';
export type { Parameter } from './train/state.ts';
export type { StreamBatch, StreamData } from './train/stream.ts';
export type {
  Augmentation,
  Augmented,
  GradientAt,
  GradientFunction,
  GradientTrick,
  LossContext,
  LossFunction,
  LossTrick,
  ModelTrick,
  Point,
  Regularizer,
  SampledRows,
  Sampler,
  TransformTrick,
  Trick,
  TrickContext,
} from './train/trick.ts';
export type { PenaltyOptions } from './train/weight-penalty.ts';
export { accumulate } from './tricks/accumulate.ts';
// Adversarial examples.
export { type AdversarialTrainingOptions, adversarialTraining } from './tricks/adversarial-training.ts';
export { type AsamOptions, asam } from './tricks/asam.ts';
// Tricks.
export { type AugmentOptions, augment } from './tricks/augment.ts';
export { type BucketOptions, bucketByLength } from './tricks/bucket-by-length.ts';
export { classBalanced } from './tricks/class-balanced.ts';
export { type CorruptOptions, corrupt } from './tricks/corrupt.ts';
export { type CurriculumOptions, curriculum } from './tricks/curriculum.ts';
export { cutmix } from './tricks/cutmix.ts';
export { cutout } from './tricks/cutout.ts';
export { distinctBatches } from './tricks/distinct-batches.ts';
export { ema } from './tricks/ema.ts';
export { type FastAdversarialOptions, fastAdversarial } from './tricks/fast-adversarial.ts';
export { fixup } from './tricks/fixup.ts';
export { type FreeAdversarialOptions, freeAdversarial } from './tricks/free-adversarial.ts';
// Pairs of two kinds in one space.
export { gradientCache } from './tricks/gradient-cache.ts';
export { type GradientNoiseOptions, gradientNoise } from './tricks/gradient-noise.ts';
export { inputNoise } from './tricks/input-noise.ts';
export { l1 } from './tricks/l1.ts';
export { l2 } from './tricks/l2.ts';
export { labelSmoothing } from './tricks/label-smoothing.ts';
export { lookahead } from './tricks/lookahead.ts';
// Initialization.
export { type LsuvModelOptions, type LsuvOptions, lsuv } from './tricks/lsuv.ts';
export { type MaxNormOptions, maxNorm } from './tricks/max-norm.ts';
// Minibatches.
export { microBatches } from './tricks/micro-batches.ts';
export { type MixupOptions, mixup } from './tricks/mixup.ts';
export { perturb } from './tricks/perturb.ts';
export { sam } from './tricks/sam.ts';
export { stratified } from './tricks/stratified.ts';
export { svrg } from './tricks/svrg.ts';
export { swa } from './tricks/swa.ts';
export { type TradesOptions, trades } from './tricks/trades.ts';
export { type VirtualAdversarialOptions, virtualAdversarial } from './tricks/virtual-adversarial.ts';
export { weightedRows } from './tricks/weighted-rows.ts';
export { withReplacement } from './tricks/with-replacement.ts';
export { zeroGamma } from './tricks/zero-gamma.ts';
