/** Training on WebGL itself. */
import { describe } from 'vitest';
import { trainingOnWebgl } from '../training.ts';

describe('on WebGL', trainingOnWebgl);
