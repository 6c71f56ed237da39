/**
 * @file Prints the largest error of each elementary function on WebAssembly: `npm run accuracy`, which takes every 61st of all
 * numbers (minutes), or `npm run accuracy -- 997 sin cos` for every 997th and some functions alone.
 */
import { ofOne, ofTwo } from './functions.ts';
import { measureOne, measureTwo } from './measure.ts';

const [first = '61', ...names] = process.argv.slice(2);
const step = Number(first);
if (!Number.isInteger(step) || step < 1) throw new Error(`expected a step ≥ 1 and names of functions, got ${first}`);
const isWanted = (name: string): boolean => names.length === 0 || names.includes(name);
const jobs = [
  ...Object.entries(ofOne).map(([name, row]) => [name, () => measureOne(row, step)] as const),
  ...Object.entries(ofTwo).map(([name, row]) => [name, () => measureTwo(row, 2 ** 32 / step)] as const),
].filter(([name]) => isWanted(name));
for (const [name, measure] of jobs) {
  const { ulp, at, inputs } = await measure();
  console.log(`${name.padEnd(8)} ${ulp.toFixed(3).padStart(8)} ulp at ${at.join(', ')} of ${inputs} inputs`);
}
