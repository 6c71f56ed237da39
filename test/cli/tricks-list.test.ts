import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { labelSmoothing, mixup, sam, trades } from 'saddlepoint';
import { describe, expect, it } from 'vitest';
import { ELSEWHERE, TRICKS } from '../../src/cli/trick-names.ts';
import { readTricksList } from '../../src/cli/tricks-list.ts';

const read = (text: string) => readTricksList(text).map(({ name, options }) => ({ name, options }));
const said = (text: string): string => {
  try {
    readTricksList(text);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error(`'${text}' was read`);
};

describe('the list of --tricks', () => {
  it('is what stands in code: numbers, options, nested calls, and names alone', () => {
    const list = "mixup(0.2, { perRow: true }), sam ,labelSmoothing(1e-1),trades({'epsilon': .1, steps: 3})";
    const made = [mixup(0.2, { perRow: true }), sam(), labelSmoothing(0.1), trades({ epsilon: 0.1, steps: 3 })];
    expect(read(list)).toEqual(made.map(({ name, options }) => ({ name, options })));
    const [attacked] = readTricksList('adversarialTraining(attacks.fgsm({ epsilon: 0.05, clip: [0, 1] }))');
    expect(attacked?.options).toMatchObject({ attack: { name: 'fgsm', epsilon: 0.05, clip: [0, 1] } });
  });

  it('knows every trick there is, or says why not', () => {
    const files = readdirSync(join(import.meta.dirname, '../../src/tricks')).map((name) =>
      name.replace('.ts', '').replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()),
    );
    expect([...TRICKS.keys(), ...ELSEWHERE.keys()].sort()).toEqual(files.sort());
    for (const [name, why] of ELSEWHERE) expect(said(name)).toContain(`'${name}' cannot be given here: ${why}`);
  });

  it.each([
    ['mixp(0.2)', "there is no 'mixp'\n  help: did you mean 'mixup'?"],
    ['mixup(0.2', "expected ',' at character 10 of 'mixup(0.2', got the end"],
    ['mixup(0.2) sam', "expected ',' or the end at character 12"],
    ['mixup(,)', "expected a value at character 7 of 'mixup(,)', got ','"],
    ['', 'expected a name at character 1'],
    ['sam;', "expected names, numbers, texts in quotes, ( ) [ ] { } , : at character 4 of 'sam;', got ';'"],
    ['mixup(-1)', 'mixup.alpha'],
    ['mixup(0.2, { perrow: true })', "unknown option 'perrow'"],
    ['mixup(0.2, { __proto__: 1 })', "unknown option '__proto__'"],
    ['sam(0.1, 0.2)', 'sam takes at most 1, got 2'],
    ['stratified(1)', 'stratified takes no value'],
    ['adversarialTraining(attacks.fsgm({ epsilon: 0.1 }))', "did you mean 'attacks.fgsm'?"],
    ['constructor(1)', "there is no 'constructor'"],
    ['process.exit(3)', "there is no 'process.exit'"],
    [`sam(${'['.repeat(100)}`, 'values at most 20 deep'],
  ])('refuses %s by its place or its name', (text, words) => {
    expect(said(text)).toContain(words);
  });

  it('ends with tricks or with an error of its own for any text', () => {
    const words = [
      'mixup',
      'sam',
      '(',
      ')',
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '0.2',
      "'a'",
      'perRow',
      'true',
      ' ',
      '-',
      '\\',
    ];
    const text = fc.oneof(
      fc.string(),
      fc.array(fc.constantFrom(...words), { maxLength: 20 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (given) => {
        try {
          expect(readTricksList(given).length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toMatchObject({ name: 'SaddlepointError', code: 'option' });
        }
      }),
    );
  });
});
