/** @file Metrics that are no means over rows, by the names that files know them by; see losses/table.ts. */
export { expectedCalibrationError, maximumCalibrationError, topKAccuracy } from './calibration.ts';
export { balancedAccuracy, cohenKappa, f1, matthewsCorrelation, precision, recall } from './confusion.ts';
export { averagePrecision, rocAuc } from './ranking.ts';
export { r2, rootMeanSquaredError } from './values.ts';
