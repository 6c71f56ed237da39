/** @file `saddlepoint/edge`: runs plan files where there is no tracer, no eval and little room. */
export { SaddlepointError } from './core/errors.ts';
export type { ClassPrediction, Prediction } from './data/answers.ts';
export type { Budget } from './edge/budget.ts';
export { type LoadPlanOptions, load, type PlanSource } from './edge/load.ts';
export type { EdgePlan } from './edge/plan.ts';
export type { EdgeBatch, EdgeTraining, EdgeTrainOptions } from './edge/training.ts';
