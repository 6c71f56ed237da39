/** @file Sums of words as people write them: king − man + woman. */
import { SaddlepointError, show } from '../core/errors.ts';

/** 'king - man + woman', signs between spaces; or weights by word. */
export type WordSum = string | Readonly<Record<string, number>>;

export interface WordTerm {
  readonly word: string;
  readonly weight: number;
}

const EXPECTED =
  "write words with + and - between spaces, such as 'king - man + woman', or weights: { king: 1, man: -1 }";

/** @throws SaddlepointError `data`: nothing, two signs or two words in a row, a weight that is no finite number */
export function parseSum(sum: WordSum): WordTerm[] {
  const refused = (what: string) => new SaddlepointError('data', `sum of words: ${what}`, EXPECTED);
  if (typeof sum !== 'string') {
    const terms = Object.entries(sum ?? {}).map(([word, weight]) => ({ word, weight }));
    if (terms.length === 0) throw refused(`expected words, got ${show(sum)}`);
    const odd = terms.find(({ weight }) => typeof weight !== 'number' || !Number.isFinite(weight));
    if (odd !== undefined) throw refused(`the weight of '${odd.word}' is ${show(odd.weight)}`);
    return terms;
  }
  const terms: WordTerm[] = [];
  let sign: number | undefined = 1;
  for (const part of sum.trim().split(/\s+/)) {
    if (part === '+' || part === '-' || part === '−') {
      if (sign !== undefined && terms.length > 0) throw refused(`'${sum}' has two signs in a row`);
      sign = part === '+' ? 1 : -1;
    } else if (part === '' || sign === undefined)
      throw refused(part === '' ? 'it is empty' : `'${sum}' has no sign before '${part}'`);
    else {
      terms.push({ word: part, weight: sign });
      sign = undefined;
    }
  }
  if (sign !== undefined) throw refused(`'${sum}' ends with a sign`);
  return terms;
}
