/** Training on WebGL itself. */
import { describe } from 'vitest';
import { trainingOnWebgl } from '../webgl/training.ts';

describe('on WebGL', trainingOnWebgl);
