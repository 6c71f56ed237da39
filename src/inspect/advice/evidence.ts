/** @file What rules of the advisor look at: numbers that a run shows, and records that other tools make. All of it is plain JSON. */
import type { BatchSizeRow } from '../../train/batch-size/report.ts';
import type { GradientNoise } from '../../train/gradient-noise.ts';
import type { EpochRecord } from '../../train/history.ts';
import type { Robustness } from '../robustness.ts';

/** What the run is, as far as rules ask. */
export interface RunEvidence {
  /** Of a classifier by cross-entropy. */
  readonly classes?: number | undefined;
  readonly batchSize: number;
  readonly stepsPerEpoch: number;
  /** Rows that are trained on. */
  readonly rows: number;
  /** Whether training sees other inputs or another model than evaluation: dropout, noise, augmentation. */
  readonly isNoisy: boolean;
}

/** All steps so far, and the window that has just ended. */
export interface StepEvidence {
  readonly losses: ArrayLike<number>;
  readonly gradientNorms: ArrayLike<number>;
  /** By window. */
  readonly learningRates: readonly number[];
  /** Steps of a window: max(50, a quarter of an epoch). */
  readonly window: number;
}

/** What a layer does with rows of the training data. */
export interface LayerReading {
  readonly path: string;
  readonly activation: 'relu' | 'tanh' | 'sigmoid' | 'other' | 'none';
  /** Of its outputs, over rows and units. */
  readonly deviation: number;
  /** Of the loss' gradient by its outputs; measured for the first and the last hidden layer, else 0. */
  readonly gradientDeviation: number;
  /** The share of units that are 0 for each of the rows. */
  readonly dead: number;
  /** The share of outputs with |tanh| > 0.97, or a sigmoid outside [0.03, 0.97]. */
  readonly saturated: number;
}

/** What is seen before the first step. */
export interface BeforeEvidence {
  /** Of the columns as the model takes them; left out for bytes and for inputs that are no columns. */
  readonly columns?: { readonly means: readonly number[]; readonly deviations: readonly number[] } | undefined;
  /** Of the untrained model over some 1,000 rows. */
  readonly loss: number;
  /** The loss of the best constant answer: the mean's for values. */
  readonly guess?: number | undefined;
  /** Rows of each class. */
  readonly classCounts?: readonly number[] | undefined;
  /** By class, for messages. */
  readonly classNames?: readonly string[] | undefined;
  /** Layers that have two units with equal weights, and how many units are like another. */
  readonly twins: readonly { readonly path: string; readonly units: number; readonly of: number }[];
  /** Losses of one batch of 32 rows before and after 200 steps of Adam. */
  readonly overfit?: { readonly first: number; readonly last: number } | undefined;
  /** Rows that training and held-out rows share. */
  readonly shared?: { readonly rows: number; readonly of: number } | undefined;
}

/** A noise scale that was measured, in rows: `noiseScale().measurements` are such. */
export type NoiseEvidence = Pick<GradientNoise, 'noiseScale'>;

/** What the gradients' spread says of a batch: ‖Var‖₁ / B against ‖g‖². */
export interface NormTestEvidence {
  readonly variance: number;
  readonly batchSize: number;
  readonly squaredNorm: number;
}

/** Seconds an example at some batch sizes that fit memory: what `findBatchSize(…)` returns is such. */
export interface ThroughputEvidence {
  readonly table: readonly Pick<BatchSizeRow, 'batchSize' | 'secondsPerExample'>[];
}

/** How sure a classifier is, and how often right, over held-out rows. */
export interface CalibrationEvidence {
  readonly confidence: number;
  readonly accuracy: number;
  /** Expected calibration error, over 15 bins. */
  readonly error: number;
}

/** Accuracies under attack: what `robustness(…)` returns is such. Radius 0 is the model as it is. */
export interface RobustnessEvidence extends Pick<Robustness, 'chance' | 'curves' | 'trainedAt'> {
  /** The ε that people do not see: 2 / 255 of colors, 0.1 of digits (default). */
  readonly smallEpsilon?: number | undefined;
}

/** A game of generator and critic at a step: `ganMonitor().readings` are such. */
export interface GanEvidence {
  /** Steps taken. Where it is left out, readings count as a window each. */
  readonly step?: number | undefined;
  /** The share of real and fake rows that the critic tells apart. */
  readonly criticAccuracy?: number | undefined;
  readonly generatorGradientNorm: number;
  /** Mean distances of pairs. */
  readonly fakeDistance: number;
  readonly realDistance: number;
  /** Where modes are known. */
  readonly modes?: { readonly found: number; readonly of: number } | undefined;
}

/** An embedding after an epoch. */
export interface EmbeddingEvidence {
  readonly rows: number;
  /** Rows that no step has changed; left out where the first rows are not known. */
  readonly untouched?: number | undefined;
  /** Pearson's correlation of norms with log frequency; left out where frequencies are not known. */
  readonly normFrequencyCorrelation?: number | undefined;
}

/** A contrastive loss after an epoch: `contrastiveRecord(run, pairs)` is such. */
export interface ContrastiveEvidence {
  readonly loss: number;
  /** The loss of vectors that are all alike; default ln(batchSize), which is InfoNCE's where no two pairs are the same. */
  readonly guess?: number | undefined;
  readonly batchSize: number;
  /** Of an image and a text that do not belong together. */
  readonly meanCosine: number;
  /** Of two images, or two texts, of different pairs: the larger. Each side may collapse to a vector of its own. */
  readonly sideCosine?: number | undefined;
}

/** All that may be known; a rule whose needs are not met is not evaluated. */
export interface Evidence {
  readonly run?: RunEvidence | undefined;
  readonly before?: BeforeEvidence | undefined;
  readonly steps?: StepEvidence | undefined;
  readonly layers?: readonly LayerReading[] | undefined;
  /** ‖update‖ / ‖weights‖ of one step, by kernel. */
  readonly updates?: Readonly<Record<string, number>> | undefined;
  /** The L2 norm of the first kernel's gradient. */
  readonly firstGradientNorm?: number | undefined;
  /** Extreme eigenvalues of the Hessian. */
  readonly curvature?: { readonly top: number; readonly bottom: number } | undefined;
  readonly epochs?: readonly EpochRecord[] | undefined;
  /** Whether the run is over. */
  readonly isEnd?: boolean | undefined;
  /** The accuracy that is wanted, in (0, 1]. */
  readonly target?: number | undefined;
  readonly divergence?: { readonly op: string; readonly path: string; readonly step: number } | undefined;
  readonly noise?: readonly NoiseEvidence[] | undefined;
  readonly normTest?: NormTestEvidence | undefined;
  readonly throughput?: ThroughputEvidence | undefined;
  readonly calibration?: CalibrationEvidence | undefined;
  readonly robustness?: RobustnessEvidence | undefined;
  readonly gan?: readonly GanEvidence[] | undefined;
  readonly embedding?: EmbeddingEvidence | undefined;
  readonly contrastive?: readonly ContrastiveEvidence[] | undefined;
}
