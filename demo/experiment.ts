/** @file What the experiment of a section is: rows with *published, reference, ours* side by side, and figures. */

/** The nine sections, in the order of the article. */
export const SECTIONS = [
  'distributed',
  'saddle-points',
  'initialization',
  'training',
  'multimodal',
  'minibatches',
  'adversarial-examples',
  'adversarial-networks',
  'gradient-updates',
] as const;
export type Section = (typeof SECTIONS)[number];

/** A line of an acceptance table. */
export interface Finding {
  readonly what: string;
  /** What the paper printed, if anything. */
  readonly published?: string;
  /** What the reference implementation measured, where there is one. */
  readonly reference?: string;
  /** What this run measured, with seeds and spread: '97.2 % (96.6–98.3, seeds 0–4)'. */
  readonly ours: string;
  /** What was to be reached; left out: no claim is made. */
  readonly target?: string;
  /** Whether it was; left out where there is no target. */
  readonly isMet?: boolean;
  /** Of a miss: its cause, as far as it is known. */
  readonly cause?: string;
}

export interface FindingTable {
  readonly title: string;
  readonly findings: readonly Finding[];
}

export interface Figure {
  /** A file name without its ending. */
  readonly name: string;
  /** What it shows, for those who cannot see it. */
  readonly alt: string;
  readonly svg: string;
}

export interface Outcome {
  readonly tables: readonly FindingTable[];
  readonly figures: readonly Figure[];
  /** What a reader must know besides: departures from the source, limits. */
  readonly notes?: readonly string[];
}

/** `demo/<section>/experiment.ts` exports one as `experiment`; `demo/<section>/page.md` is the template of its page. */
export interface Experiment {
  readonly section: Section;
  readonly title: string;
  /** About how long it takes on one core, for the plan of all nine. */
  readonly minutes: number;
  /** @param tell called with a line of progress. */
  run(tell: (line: string) => void): Promise<Outcome>;
}
