/** @file What a rule of the advisor is: data, and a test of evidence that says what it saw. And what becomes of one that fires. */
import type { Json } from '../../core/json.ts';
import type { Evidence } from './evidence.ts';

/** 'stop': the run is of no use as it is; 'warn': something costs much; 'hint': something may be had for little. */
export type Severity = 'stop' | 'warn' | 'hint';

/** What a rule saw, in words with numbers, and the threshold they crossed. */
export interface Sighting {
  /** Of a rule that looks at layers. */
  readonly layer?: string;
  readonly saw: string;
  readonly limit: string;
  /** In place of the rule's own. */
  readonly remedy?: string;
}

export type Need = Exclude<keyof Evidence, 'isEnd' | 'curvature'>;

/** What the advisor may do by itself, where it is told to: `advisor({ act: ['B2'] })`. */
export type Action = { readonly divideLearningRate: number } | { readonly stop: true };

/** A rule of the advisor, as data. */
export interface Rule {
  readonly id: string;
  /** The symptom's name. */
  readonly title: string;
  readonly severity: Severity;
  /** It is evaluated only where all of these are known. */
  readonly needs: readonly Need[];
  /** Windows in a row in which it must hold: 2, or 1 for what is seen once. */
  readonly windows: 1 | 2;
  /** What it sees; nothing where all is well. Pure. */
  test(evidence: Evidence): readonly Sighting[];
  /** What to do, as a line of code where there is one. */
  readonly remedy: string;
  /** The page of docs/tricks about it, if there is one. */
  readonly trick?: string;
  readonly source: string;
  readonly action?: Action;
}

/** A rule that fired. */
export class Advice {
  readonly rule: string;
  readonly title: string;
  readonly severity: Severity;
  /** The step after which it fired; undefined before and after a run. */
  readonly step: number | undefined;
  readonly layer: string | undefined;
  readonly saw: string;
  readonly limit: string;
  readonly remedy: string;
  readonly trick: string | undefined;
  readonly source: string;
  /** What the advisor has done about it. */
  readonly done: string | undefined;

  /** @internal */
  constructor(rule: Rule, { layer, saw, limit, remedy }: Sighting, step?: number, done?: string) {
    this.rule = rule.id;
    this.title = rule.title;
    this.severity = rule.severity;
    this.step = step;
    this.layer = layer;
    this.saw = saw;
    this.limit = limit;
    this.remedy = remedy ?? rule.remedy;
    this.trick = rule.trick;
    this.source = rule.source;
    this.done = done;
  }

  /** One line: `step 1,250 · D1 saddle plateau: loss 2.29 …. Try momentum(…); see docs/tricks/saddle-points.md` */
  toString(): string {
    const when = this.step === undefined ? '' : `step ${this.step.toLocaleString('en-US')} · `;
    const where = this.layer === undefined ? '' : ` in layer '${this.layer}'`;
    const page = this.trick === undefined ? '' : `; see docs/tricks/${this.trick}.md`;
    const done = this.done === undefined ? '' : ` (${this.done})`;
    return `${when}${this.rule} ${this.title}${where}: ${this.saw} (limit: ${this.limit}). ${this.remedy}${page} [${this.source}]${done}`;
  }

  /** All fields; what is undefined is null. */
  toJSON(): { readonly [key: string]: Json } {
    const { rule, title, severity, saw, limit, remedy, source } = this;
    const { step = null, layer = null, trick = null, done = null } = this;
    return { rule, title, severity, step, layer, saw, limit, remedy, trick, source, done };
  }
}

/** Evaluates rules window by window: each fires once a run and layer, when it has held long enough. */
export class Judge {
  readonly #rules: readonly Rule[];
  readonly #streaks = new Map<string, number>();
  readonly #fired = new Set<string>();

  constructor(rules: readonly Rule[]) {
    this.#rules = rules;
  }

  /**
   * The rules that fire now.
   * @param windows in place of the rules' own: 1 where evidence is the sum of a whole run.
   */
  look(evidence: Evidence, windows?: 1): { readonly rule: Rule; readonly sighting: Sighting }[] {
    const firing: { rule: Rule; sighting: Sighting }[] = [];
    for (const rule of this.#rules) {
      if (!rule.needs.every((need) => evidence[need] !== undefined)) continue;
      const seen = new Set<string>();
      for (const sighting of rule.test(evidence)) {
        const key = `${rule.id} ${sighting.layer ?? ''}`;
        seen.add(key);
        const streak = (this.#streaks.get(key) ?? 0) + 1;
        this.#streaks.set(key, streak);
        if (streak < (windows ?? rule.windows) || this.#fired.has(key)) continue;
        this.#fired.add(key);
        firing.push({ rule, sighting });
      }
      for (const key of this.#streaks.keys())
        if (key.startsWith(`${rule.id} `) && !seen.has(key)) this.#streaks.delete(key);
    }
    return firing;
  }
}
