/** @file Saddle points: what leaves them and how fast, and whether the loss of critical points grows with their index. */
import { landscapeFigure, pointsFigure } from 'saddlepoint/plot';
import type { Experiment, Finding } from '../experiment.ts';
import { againstDense, criticalPoints, type Found, rankCorrelation } from './critical-points.ts';
import { type Escape, leavePlateau, OPTIMIZERS, type OptimizerName } from './plateau-net.ts';
import { stepsToEscape } from './toy.ts';

const METHODS = {
  'gradient descent': [152, 12_243],
  momentum: [52, 1318],
  Nesterov: [47, 1310],
  RMSProp: [19, 2],
  Adam: [10, 2],
  'saddle-free Newton': [20, 18],
  Newton: [undefined, undefined],
} as const;
const SEEDS = [0, 1, 2];

const steps = (count: number | undefined): string => (count === undefined ? 'never' : count.toLocaleString('en'));

async function toyTable(epsilon: 1 | 0.01): Promise<Finding[]> {
  const findings: Finding[] = [];
  const found = new Map<string, number | undefined>();
  for (const [method, references] of Object.entries(METHODS)) {
    const reference = references[epsilon === 1 ? 0 : 1];
    const ours = await stepsToEscape(method, epsilon, 1e-6);
    found.set(method, ours);
    const isMet = reference === undefined ? ours === undefined : Math.abs((ours ?? Number.NaN) - reference) <= 1;
    findings.push({
      what: `ε = ${epsilon}, y₀ = 1e-6: ${method}`,
      ...{ reference: steps(reference), ours: steps(ours), target: '± 1 step', isMet },
      ...(!isMet && { cause: 'unknown' }),
    });
  }
  const random =
    epsilon === 1
      ? [['noisy SGD', '72']]
      : [
          ['perturbed GD', '2,362'],
          ['noisy SGD', '3,163'],
        ];
  for (const [method, reference] of random)
    findings.push({
      what: `ε = ${epsilon}, y₀ = 1e-6: ${method} (by chance)`,
      ...{ reference: reference as string, ours: steps(await stepsToEscape(method as string, epsilon, 1e-6)) },
    });
  if (epsilon === 0.01) {
    const ratio = (found.get('gradient descent') ?? 0) / (found.get('saddle-free Newton') ?? Number.POSITIVE_INFINITY);
    findings.push({
      what: 'ε = 0.01: gradient descent / saddle-free Newton',
      ...{ reference: '680 ×', ours: `${ratio.toFixed(0)} ×`, target: '≥ 500 ×', isMet: ratio >= 500 },
      ...(ratio < 500 && { cause: 'see the rows above' }),
    });
  }
  return findings;
}

/** From the saddle itself nothing may move but noise, and our saddle-free Newton. */
async function exactTable(): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const epsilon of [1, 0.01]) {
    for (const method of Object.keys(METHODS)) {
      const ours = await stepsToEscape(method, epsilon, 0);
      const leaves = method === 'saddle-free Newton';
      findings.push({
        what: `ε = ${epsilon}, on the saddle: ${method}`,
        ...{ ...(method === 'gradient descent' && { published: 'stays (Jin et al. 2017)' }), reference: 'never' },
        ...{ ours: steps(ours), target: leaves ? 'leaves, by its step along the bottom' : 'stays' },
        isMet: (ours !== undefined) === leaves,
        ...((ours !== undefined) !== leaves && { cause: 'unknown' }),
      });
    }
    for (const [method, reference] of [
      ['perturbed GD', epsilon === 1 ? '131' : '2,362'],
      ['noisy SGD', epsilon === 1 ? '72' : '3,163'],
    ] as const) {
      const ours = await stepsToEscape(method, epsilon, 0);
      findings.push({
        what: `ε = ${epsilon}, on the saddle: ${method} (by chance)`,
        ...{ reference, ours: steps(ours), target: 'leaves', isMet: ours !== undefined },
        ...(ours === undefined && { cause: 'unknown' }),
      });
    }
  }
  return findings;
}

const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

function plateauTable(all: ReadonlyMap<OptimizerName, readonly Escape[]>): Finding[] {
  const meanOf = (name: OptimizerName): number => mean((all.get(name) ?? []).map((one) => one.steps));
  const base = meanOf('SGD');
  const rows: [OptimizerName, string, number | undefined][] = [
    ['SGD', '2,100–2,150 (1,550–1,700 above 2.2)', undefined],
    ['momentum 0.9', '300', 5],
    ['Nesterov', '300', 5],
    ['Adam', '150', 10],
  ];
  return rows.map(([name, reference, factor]): Finding => {
    const runs = all.get(name) ?? [];
    const list = runs.map((run) => run.steps.toLocaleString('en')).join(', ');
    const above = name === 'SGD' ? `; above 2.2: ${runs.map((run) => run.high.toLocaleString('en')).join(', ')}` : '';
    const times = base / meanOf(name);
    return {
      what: `plateau net, ${name}: steps to loss < ½ ln 10`,
      reference,
      ours: `${list} (seeds 0–2)${above}${factor === undefined ? '' : `: ${times.toFixed(1)} × fewer`}`,
      ...(factor !== undefined && { target: `≥ ${factor} × fewer than SGD`, isMet: times >= factor }),
      ...(factor !== undefined && times < factor && { cause: 'steps are counted in fifties' }),
    };
  });
}

function criticalFindings(found: readonly Found[]): Finding[] {
  const good = found.filter(({ gradientNorm }) => gradientNorm < 1e-3);
  const correlation = rankCorrelation(
    good.map(({ index }) => index),
    good.map(({ loss }) => loss),
  );
  const isMet = good.length >= 20 && correlation >= 0.75;
  return [
    {
      what: 'critical points of 64-8-10 tanh (610 parameters): Spearman(index, loss)',
      ...{
        published: 'a monotone cloud (Dauphin et al. 2014, figure 1)',
        reference: '0.96 over 11 points, 0.89 over 14',
      },
      ours: `${correlation.toFixed(2)} over ${good.length} of ${found.length} points with ‖g‖ < 1e-3`,
      ...{ target: '≥ 0.75 over ≥ 20 points', isMet },
      ...(!isMet && {
        cause: good.length < 20 ? 'searches that end where H g = 0 but g is not' : 'low losses share an index near 0',
      }),
    },
  ];
}

async function lanczosFindings(): Promise<Finding[]> {
  const { top, bottom, exact, quadrature, near } = await againstDense();
  const off = Math.abs(quadrature.fraction - exact);
  const ends = Math.max(top, bottom);
  return [
    {
      what: 'Lanczos, 80 steps, against all 610 eigenvalues: top and bottom, relative error',
      ...{ ours: `${top.toExponential(1)} and ${bottom.toExponential(1)}`, target: '≤ 1e-4', isMet: ends <= 1e-4 },
      ...(ends > 1e-4 && { cause: 'not converged' }),
    },
    {
      what: 'the same: index by quadrature, asked for ± 0.02, tolerance 1e-5',
      ours: `${quadrature.fraction.toFixed(3)} ± ${quadrature.error.toFixed(3)} by ${quadrature.probes} probes and ${quadrature.products.toLocaleString('en')} products, exact ${exact.toFixed(3)}`,
      ...{ target: 'within 0.02', isMet: off <= 0.02 },
      ...(off > 0.02 && {
        cause: `${(100 * near).toFixed(0)} % of the eigenvalues lie within ±1e-3, and the probes spread; the error bound says how far`,
      }),
    },
  ];
}

export const experiment: Experiment = {
  section: 'saddle-points',
  title: 'Saddle points',
  minutes: 6,
  async run(tell) {
    const [wide, narrow, exact] = [await toyTable(1), await toyTable(0.01), await exactTable()];
    tell('the toy is done');
    const escapes = new Map<OptimizerName, Escape[]>();
    for (const name of Object.keys(OPTIMIZERS) as OptimizerName[]) {
      const runs: Escape[] = [];
      for (const seed of SEEDS) runs.push(await leavePlateau(name, seed));
      escapes.set(name, runs);
      tell(`${name}: ${runs.map((run) => run.steps).join(', ')} steps`);
    }
    const said = escapes.get('SGD')?.[0]?.plateaus[0]?.message;
    const around = escapes.get('SGD')?.[0]?.around;
    const found = await criticalPoints(tell);
    const title = 'Critical points: index against loss';
    return {
      tables: [
        { title: 'The escape toy, f = x²/2 + y⁴/4 − ε y²/2', findings: [...wide, ...narrow] },
        { title: 'From the saddle itself', findings: exact },
        { title: 'A plateau of a network', findings: plateauTable(escapes) },
        { title: 'Critical points and spectra', findings: [...criticalFindings(found), ...(await lanczosFindings())] },
      ],
      figures: [
        {
          name: 'plateau',
          alt: 'Loss over steps of the plateau net: SGD stays near 2.3 for some 1,600 steps, momentum and Adam fall at once.',
          svg: pointsFigure(
            [...escapes].map(([name, runs]) => ({ name, points: runs[0]?.curve ?? [] })),
            { title: 'The plateau net: loss over all rows, seed 0', x: 'step', y: 'loss', line: true },
          ),
        },
        ...(around === undefined
          ? []
          : [
              {
                name: 'way',
                alt: 'The loss in the plane in which SGD moved most on the plateau net: flat around the start, then a valley down which the way turns.',
                svg: landscapeFigure(around, 'The plateau net: the way of SGD, seed 0'),
              },
            ]),
        {
          name: 'index',
          alt: `${title}: points of low loss have a low index.`,
          svg: pointsFigure(
            [...new Set(found.map(({ seed }) => seed))].map((seed) => ({
              name: `seed ${seed}`,
              points: found
                .filter((one) => one.seed === seed && one.gradientNorm < 1e-3)
                .map(({ index, loss }) => [index, loss] as const),
            })),
            { title, x: 'index: share of directions that bend down', y: 'loss' },
          ),
        },
      ],
      notes: [
        'Methods that act by chance (perturbed, noisy) draw other numbers than the reference: their steps are shown without a claim.',
        'Critical points: gradients of the search are in double precision; Hessians, which say where to step and which eigenvalues are below −1e-5, in single.',
        ...(around === undefined
          ? []
          : [`\`landscape.slice()\` on SGD, seed 0: ${String(around).replaceAll(/\n\s*/g, '; ')}.`]),
        ...(said === undefined ? [] : [`The callback \`plateau\` on SGD, seed 0: “${said}”.`]),
      ],
    };
  },
};
