/**
 * @file The curve of accuracy over ε, and what tells a masked gradient from robustness: the five signs of Athalye et al. 2018, §3.1
 * ('iterations', 'transfer', 'unbounded', 'random', 'monotone'), more steps that do less (Carlini et al. 2019; 'steps') and one
 * step that is far from many at the ε of training (Wong et al. 2020; 'gap').
 */
import { accuracyUnder } from '../attacks/accuracy.ts';
import { type Attack, isAttack } from '../attacks/attack.ts';
import { pgd } from '../attacks/iterated.ts';
import type { Norm } from '../attacks/norms.ts';
import type { AttackRunOptions } from '../attacks/run-rows.ts';
import { checkKnownOptions, checkNumber, SaddlepointError } from '../core/errors.ts';
import type { TrainedModel } from '../train/model.ts';
import type { Data } from '../train/options.ts';

export interface RobustnessOptions extends AttackRunOptions {
  /** With any radius: it is set. One of one step and one of many make the checks possible. */
  readonly attacks: readonly Attack[];
  /** Radii, ≥ 0, in the units of the data; of bytes in [0, 1]. 0 is the model as it is. */
  readonly epsilons: readonly number[];
  /** A radius at which any row can become any other; default 1, for data in [0, 1]. */
  readonly unbounded?: number;
  /** The ε that the model was trained with: there one step and many must agree. */
  readonly trainedAt?: number;
  /** Another model of the same task, to attack through. */
  readonly surrogate?: TrainedModel;
}

export interface RobustnessCheck {
  readonly name: 'unbounded' | 'iterations' | 'steps' | 'transfer' | 'random' | 'monotone' | 'gap';
  /** Undefined: it could not be run. */
  readonly passed: boolean | undefined;
  /** What was seen, in numbers, or what is missing. */
  readonly detail: string;
}

export interface RobustnessCurve {
  readonly attack: string;
  /** Gradients a row. */
  readonly steps: number;
  /** In the order of ε. */
  readonly points: readonly { readonly epsilon: number; readonly accuracy: number }[];
}

/** Plain data, but for `toString`. */
export interface Robustness {
  readonly rows: number;
  readonly chance: number;
  readonly curves: readonly RobustnessCurve[];
  readonly checks: readonly RobustnessCheck[];
  readonly trainedAt: number | undefined;
  /** Whether a check failed: the robustness that the curve shows is then not real. */
  readonly isMasked: boolean;
  toString(): string;
  toJSON(): object;
}

/** One step and many may differ by this much at the ε of training: sound networks by 0.01 to 0.03, overfitted by 0.46 and more. */
const GAP = 0.2;
/** Random points of the ball that a row is tried at. */
const DRAWS = 10;

/**
 * Measures a classifier under attacks, and says whether the numbers can be believed.
 *
 * @param test rows that it was not trained on.
 * @throws SaddlepointError `option` for attacks without a radius, an empty list, radii below 0; as attacks do for rows.
 * @example
 * const curve = await robustness(run, test, { attacks: [attacks.fgsm({ epsilon: 0.1 }), attacks.pgd({ epsilon: 0.1, steps: 20 })],
 *   epsilons: [0, 0.05, 0.1, 0.2] });
 * console.log(String(curve));
 */
export async function robustness(
  model: TrainedModel,
  test: Pick<Data, 'x' | 'y'>,
  options: RobustnessOptions,
): Promise<Robustness> {
  const { attacks, epsilons, unbounded: far = 1, trainedAt, surrogate, ...run } = options;
  const known = ['attacks', 'epsilons', 'unbounded', 'trainedAt', 'surrogate', 'seed', 'device', 'batchSize'];
  checkKnownOptions('robustness', options, known);
  if (!Array.isArray(attacks) || attacks.length === 0 || !attacks.every(isAttack))
    throw new SaddlepointError(
      'option',
      'robustness.attacks: expected a list of attacks',
      'attacks: [attacks.pgd({ epsilon: 0.1 })]',
    );
  if (!Array.isArray(epsilons) || epsilons.length === 0)
    throw new SaddlepointError('option', 'robustness.epsilons: expected a list of radii', 'epsilons: [0, 0.05, 0.1]');
  const radii = [...new Set(epsilons.map((each) => checkNumber('robustness.epsilons', each, { min: 0 })))].sort(
    (a, b) => a - b,
  );
  const clean = await accuracyUnder(undefined, model, test, run);
  const curves: RobustnessCurve[] = [];
  for (const attack of attacks) {
    const points: { epsilon: number; accuracy: number }[] = [];
    for (const epsilon of radii)
      points.push({
        epsilon,
        accuracy: epsilon === 0 ? clean : await accuracyUnder(attack.at(epsilon), model, test, run),
      });
    curves.push({ attack: attack.name, steps: attack.steps, points });
  }
  const ordered = [...attacks].sort((a, b) => a.steps - b.steps);
  const strongest = ordered.at(-1) as Attack;
  const chance = 1 / (model.state.outputShape.at(-1) ?? 1);
  const farAccuracy = await accuracyUnder(strongest.at(far), model, test, run);
  const widest = radii.at(-1) as number;
  const through = surrogate && (await strongest.at(widest)(surrogate, test.x, test.y, run));
  const transferred = through && (await accuracyUnder(undefined, model, { x: through, y: test.y }, run));
  const { norm } = strongest.options as { readonly norm?: Norm };
  const blind = pgd({
    epsilon: widest,
    clip: strongest.clip,
    steps: 1,
    stepSize: 0,
    restarts: DRAWS,
    ...(norm && { norm }),
  });
  const sampled = await accuracyUnder(blind, model, test, run);
  const checks = checksOf(curves, { clean, chance, farAccuracy, far, transferred, sampled, widest, trainedAt });
  const count = (test.y as { readonly length?: number }).length ?? 0;
  const report = {
    rows: count,
    chance,
    curves,
    checks,
    trainedAt,
    isMasked: checks.some(({ passed }) => passed === false),
  };
  return { ...report, toString: () => textOf(report), toJSON: () => report };
}

interface Seen {
  readonly clean: number;
  readonly chance: number;
  readonly farAccuracy: number;
  readonly far: number;
  readonly transferred: number | undefined;
  readonly sampled: number;
  readonly widest: number;
  readonly trainedAt: number | undefined;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** What two equal accuracies differ by, by chance, of a few rows. */
const SLACK = 0.005;

function checksOf(curves: readonly RobustnessCurve[], seen: Seen): RobustnessCheck[] {
  const single = curves.find(({ steps }) => steps === 1);
  const many = curves.filter(({ steps }) => steps > 1).sort((a, b) => a.steps - b.steps);
  const most = many.at(-1);
  /** Where the weaker curve lies below the stronger attack's. */
  const worse = (weak: RobustnessCurve, strong: RobustnessCurve) =>
    strong.points.find(({ accuracy }, i) => accuracy > (weak.points[i]?.accuracy ?? 1) + SLACK);
  const compare = (
    name: 'iterations' | 'steps',
    weak: RobustnessCurve | undefined,
    strong: RobustnessCurve | undefined,
  ): RobustnessCheck => {
    if (weak === undefined || strong === undefined || weak === strong)
      return {
        name,
        passed: undefined,
        detail: name === 'steps' ? 'give two attacks of several steps' : 'give fgsm and pgd',
      };
    const found = worse(weak, strong);
    const detail = found
      ? `${strong.steps} steps leave ${percent(found.accuracy)} at ε ${found.epsilon}, more than ${weak.steps}`
      : `${strong.steps} steps leave no more than ${weak.steps}`;
    return { name, passed: found === undefined, detail };
  };
  const rising = curves.find(({ points }) =>
    points.some(({ accuracy }, i) => i > 0 && accuracy > (points[i - 1]?.accuracy ?? 1) + SLACK),
  );
  const at = (curve: RobustnessCurve | undefined) =>
    curve?.points.find(({ epsilon }) => epsilon === seen.trainedAt)?.accuracy;
  const [one, all] = [at(single), at(most)];
  const last = (most ?? single)?.points.at(-1)?.accuracy ?? 0;
  return [
    {
      name: 'unbounded',
      passed: seen.farAccuracy <= seen.chance,
      detail: `${percent(seen.farAccuracy)} at ε ${seen.far}; chance is ${percent(seen.chance)}`,
    },
    compare('iterations', single, most),
    compare('steps', many.length > 1 ? many[0] : undefined, most),
    {
      name: 'transfer',
      passed: seen.transferred === undefined ? undefined : last <= seen.transferred + SLACK,
      detail:
        seen.transferred === undefined
          ? 'give a surrogate model'
          : `${percent(last)} under attack, ${percent(seen.transferred)} through the surrogate, at ε ${seen.widest}`,
    },
    {
      name: 'random',
      passed: last <= seen.sampled + SLACK,
      detail: `${percent(last)} under attack, ${percent(seen.sampled)} under the worst of ${DRAWS} random changes, at ε ${seen.widest}`,
    },
    {
      name: 'monotone',
      passed: rising === undefined,
      detail: rising ? `accuracy under ${rising.attack} rises with ε` : 'accuracy falls as ε grows',
    },
    {
      name: 'gap',
      passed: one === undefined || all === undefined ? undefined : one - all <= GAP,
      detail:
        one === undefined || all === undefined
          ? 'give trainedAt, one of the epsilons'
          : `${percent(one)} under one step, ${percent(all)} under ${most?.steps}, at ε ${seen.trainedAt}`,
    },
  ];
}

function textOf({ curves, checks, isMasked }: Pick<Robustness, 'curves' | 'checks' | 'isMasked'>): string {
  const lines = curves.map(
    ({ attack, steps, points }) =>
      `${attack} (${steps} ${steps === 1 ? 'step' : 'steps'}): ${points.map(({ epsilon, accuracy }) => `ε ${epsilon} ${percent(accuracy)}`).join(', ')}`,
  );
  const marks = checks.map(
    ({ name, passed, detail }) => `${passed === undefined ? 'not run' : passed ? 'ok' : 'FAILED'} ${name}: ${detail}`,
  );
  const end = isMasked ? ['The gradient is masked: this robustness is not real. Train with pgd or trades.'] : [];
  return [...lines, ...marks, ...end].join('\n');
}
