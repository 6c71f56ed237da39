/** Training over tfjs, on its backend for Node; test/webgl/full/training.test.ts does the same on WebGL. */
import { describe, vi } from 'vitest';
import { trainingOnWebgl } from './training.ts';

vi.mock('../../src/backends/webgl/index.ts', async (original) => (await import('./mocked.ts')).onCpu(original));

describe('on tfjs', trainingOnWebgl);
