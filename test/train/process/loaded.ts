/** @file Takes a first step and prints, as JSON, the parts of Node that were loaded by then. */
import { dense, fit } from 'saddlepoint';
import { classes, clouds } from '../examples.ts';

await fit(dense(3), clouds(9), { ...classes, epochs: 1 });
console.log(JSON.stringify((process as unknown as { moduleLoadList: string[] }).moduleLoadList));
