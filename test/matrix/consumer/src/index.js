/** @file Runs the programs and prints one line with the answer: on a page's console as in a terminal. */
import { runPrograms } from './programs.js';

const answer = await runPrograms().catch((error) => ({ error: String(error?.stack ?? error) }));
console.log(`ANSWER ${JSON.stringify(answer)}`);
