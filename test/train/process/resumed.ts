/** @file Goes on with a run from a checkpoint, in a process of its own: node … resumed.ts PATH. Prints the hash of its parameters. */
import { loadCheckpoint } from 'saddlepoint';
import { hashOf } from '../../browser/scenario.ts';
import { resumable } from '../resumable.ts';

console.log(await hashOf(await resumable({ epochs: 10, resume: await loadCheckpoint(process.argv[2] as string) })));
