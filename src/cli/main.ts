#!/usr/bin/env node
/** @file The command `saddlepoint`. */
import { runProgram } from './program.ts';

process.exitCode = await runProgram(process.argv.slice(2));
