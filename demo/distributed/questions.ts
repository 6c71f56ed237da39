/**
 * @file The questions on the King James Bible: all ordered couples of the pairs of a relation. Every word occurs at least five times.
 */
import type { embeddings } from '../../src/index.ts';

type Pairs = readonly embeddings.WordPair[];

const pairs = (text: string): Pairs =>
  text.split(',').map((pair) => {
    const [a = '', b = ''] = pair.trim().split(' ');
    return [a, b];
  });

/** 238 questions: `his : her` and `him : her` ask nothing of each other. */
const gender = pairs(
  `man woman, men women, king queen, father mother, fathers mothers, son daughter, sons daughters, brother sister, husband wife,
  husbands wives, he she, his her, him her, himself herself, bridegroom bride, menservants maidservants`,
);

/** 756 questions. */
const plural = pairs(
  `day days, year years, son sons, daughter daughters, king kings, city cities, house houses, man men, woman women, priest priests,
  servant servants, word words, hand hands, eye eyes, nation nations, tribe tribes, wall walls, sin sins, sacrifice sacrifices,
  prophet prophets, garment garments, vessel vessels, mountain mountains, river rivers, tree trees, horse horses, tent tents,
  child children`,
);

/** 342 questions. */
const past = pairs(
  `say said, come came, go went, see saw, hear heard, give gave, take took, know knew, speak spake, bring brought, make made,
  find found, fall fell, send sent, call called, die died, sit sat, rise rose, do did`,
);

export const RELATIONS = { gender, plural, past } as const;
