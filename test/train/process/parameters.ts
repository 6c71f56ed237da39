/** @file Prints the hash of the scenario's parameters for the seed given, and its first weights. */
import { hashOf, scenario } from '../../browser/scenario.ts';

console.log(await hashOf(await scenario(Number(process.argv[2]))));
