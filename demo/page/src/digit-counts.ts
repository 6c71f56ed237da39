/** @file How many digits of MNIST the page has: known to its build and to its scripts. */

/** Digits to train on; every tenth of them is held out for validation. */
export const TRAINING_DIGITS = 15_000;
/** Digits of the official test set, which no training sees. */
export const TEST_DIGITS = 2000;
