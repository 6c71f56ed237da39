import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layoutGroup } from '../../src/graph/program.ts';
import { adam } from '../../src/optim/adam.ts';
import { adamw } from '../../src/optim/adamw.ts';
import { weightEma } from '../../src/optim/average.ts';
import { clipByGlobalNorm } from '../../src/optim/clip.ts';
import { isMatrix } from '../../src/optim/leaf-match.ts';
import { frozen, masked, partition } from '../../src/optim/partition.ts';
import { perGroup } from '../../src/optim/per-group.ts';
import { sgd } from '../../src/optim/sgd.ts';
import { chain, type Transform } from '../../src/optim/transform.ts';
import { walk } from './walk.ts';

const LEAVES = [
  { path: '0/kernel', shape: [3, 4] },
  { path: '0/bias', shape: [4] },
  { path: '1/kernel', shape: [4, 5] },
  { path: '1/bias', shape: [5] },
];
const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Values of leaves in a block of its own layout. */
function blockOf(leaves: typeof LEAVES, valueAt: (path: string, i: number) => number) {
  const { segments, size } = layoutGroup('parameters', leaves);
  const block = new Array<number>(size).fill(0);
  for (const { path, shape, offset } of segments)
    for (let i = 0; i < sizeOf(shape); i++) block[offset + i] = valueAt(path, i);
  return { segments, block };
}

const value = (path: string, i: number): number => Math.sin(path.length * 5 + path.charCodeAt(0) + 3 * i);

/** Parameters, averages and slots after four steps, by leaf. */
function run(transform: Transform, leaves = LEAVES): Record<string, Record<string, number[]>> {
  const { segments, block } = blockOf(leaves, value);
  const last = walk(transform, block, 4, (w, step) => w.map((x) => x * (1 + step)), segments).at(-1);
  const blocks = { parameters: last?.parameters, evaluated: last?.evaluated, ...last?.slots };
  return Object.fromEntries(
    segments.map(({ path, shape, offset }) => [
      path,
      Object.fromEntries(
        Object.entries(blocks).map(([name, values]) => [name, (values ?? []).slice(offset, offset + sizeOf(shape))]),
      ),
    ]),
  );
}

describe('partition', () => {
  it('updates the leaves of each part as if they were the whole model, whichever parts they are in', () => {
    const transforms = [chain(clipByGlobalNorm(1), adam(), weightEma(0.5)), sgd({ learningRate: 0.1, momentum: 0.9 })];
    fc.assert(
      fc.property(fc.array(fc.nat(1), { minLength: 4, maxLength: 4 }), (partOf) => {
        const inPart = (part: number) => LEAVES.filter((_, i) => partOf[i] === part);
        const first = new Set(inPart(0).map(({ path }) => path));
        const whole = run(
          partition([
            { match: (path) => first.has(path), transform: transforms[0] as Transform },
            { transform: transforms[1] as Transform },
          ]),
        );
        for (const part of [0, 1]) {
          if (inPart(part).length === 0) continue;
          const alone = run(transforms[part] as Transform, inPart(part));
          for (const [path, blocks] of Object.entries(alone))
            for (const [name, values] of Object.entries(blocks))
              expect(whole[path]?.[name], `${path} ${name}`).toEqual(values);
        }
      }),
    );
  });

  it('M5: leaves frozen parameters as they are, byte for byte, whatever the others do', () => {
    const after = run(partition([{ match: /^0\//, transform: frozen() }, { transform: adamw({ weightDecay: 0.1 }) }]));
    for (const { path, shape } of LEAVES) {
      const before = Array.from({ length: sizeOf(shape) }, (_, i) => value(path, i));
      if (path.startsWith('0/')) expect(after[path]?.parameters).toEqual(before);
      else expect(after[path]?.parameters).not.toEqual(before);
    }
  });

  it('names a leaf that no part is for, and what is no match', () => {
    expect(() => run(partition([{ match: /kernel/, transform: sgd() }]))).toThrow(/no part is for '0\/bias'/);
    expect(() => partition([])).toThrow(/at least one part/);
    expect(() => partition([{ match: 'bias' as never, transform: sgd() }])).toThrow(
      /match of part 0: expected a regular expression or a function.*got 'bias'/,
    );
  });

  it('is not fooled by a regular expression that remembers where it stopped', () => {
    const sticky = partition([{ match: /kernel/g, transform: frozen() }, { transform: sgd() }]);
    expect(run(sticky)).toEqual(run(partition([{ match: /kernel/, transform: frozen() }, { transform: sgd() }])));
  });
});

describe('masked', () => {
  it('passes the gradient of other leaves on as it is', () => {
    const after = run(chain(masked(clipByGlobalNorm(1e-6), isMatrix), sgd({ learningRate: 0.1 })));
    const plain = run(sgd({ learningRate: 0.1 }));
    expect(after['1/bias']).toEqual(plain['1/bias']);
    // Four steps of 0.1 · 1e-6 move no element further than that.
    const moved = after['1/kernel']?.parameters?.map((w, i) => Math.abs(w - value('1/kernel', i))) ?? [];
    expect(Math.max(...moved)).toBeLessThanOrEqual(4e-7 * (1 + 1e-9));
  });
});

describe('settings by group', () => {
  it('are those of the first group that matches, and of all where none does', () => {
    const groups = [
      { match: /^0\//, learningRate: 1e-4 },
      { match: /bias$/, weightDecay: 0 },
    ];
    const after = run(adamw({ learningRate: 1e-2, weightDecay: 0.1, groups }));
    const settings: Record<string, object> = {
      '0/kernel': { learningRate: 1e-4, weightDecay: 0.1 },
      '0/bias': { learningRate: 1e-4, weightDecay: 0.1 },
      '1/kernel': { learningRate: 1e-2, weightDecay: 0.1 },
      '1/bias': { learningRate: 1e-2, weightDecay: 0 },
    };
    for (const [path, options] of Object.entries(settings)) expect(after[path]).toEqual(run(adamw(options))[path]);
  });

  it('work for every optimizer, name the optimizer, and are saved', () => {
    const transform = perGroup(adam, { learningRate: 1e-2 }, [{ match: /bias$/, learningRate: 1e-3 }]);
    expect(transform.name).toBe('adam');
    expect(run(transform)['1/bias']).toEqual(run(adam({ learningRate: 1e-3 }))['1/bias']);
    expect(JSON.parse(JSON.stringify(transform.options))).toEqual(transform.options);
    expect(transform.options.parts).toMatchObject([{ match: { pattern: 'bias$' } }, { match: null }]);
  });

  it('refuse what is no group, and options that the optimizer does not have', () => {
    expect(() => adamw({ groups: [{ learningRate: 1 } as never] })).toThrow(/adamw.groups\[0\].match: expected/);
    expect(() => adamw({ groups: [{ match: /./, rate: 1 } as never] })).toThrow(/adamw: unknown option 'rate'/);
    expect(() => adamw({ groups: {} as never })).toThrow(/groups: expected a list/);
  });
});

describe('decayOf', () => {
  it("'matrices' leaves biases and scales of normalizations alone; a match takes what it matches", () => {
    const plain = run(adamw({ weightDecay: 0 }));
    const all = run(adamw({ weightDecay: 0.5 }));
    for (const decayOf of ['matrices', /kernel$/] as const) {
      const after = run(adamw({ weightDecay: 0.5, decayOf }));
      for (const { path, shape } of LEAVES) {
        const expected = shape.length > 1 ? all : plain;
        after[path]?.parameters?.forEach((w, i) => {
          expect(w).toBeCloseTo(expected[path]?.parameters?.[i] as number, 14);
        });
      }
      expect(after['0/kernel']).not.toEqual(plain['0/kernel']);
    }
    expect(() => adamw({ decayOf: 'kernels' as never })).toThrow(/adamw.decayOf: unknown value 'kernels'/);
  });
});
