/** @file The option `scaling`: another way to scale columns than `fit` takes by itself; loaded when it is given. */
import { checkName, SaddlepointError } from '../core/errors.ts';
import { showShape } from '../core/shape.ts';
import { maxAbsScaler, minMaxScaler, robustScaler, type Scaler, standardizeScaler } from '../data/scale/scalers.ts';
import type { Source } from '../data/source.ts';
import type { Layer } from '../nn/layer.ts';
import { isTrainedModel, type TrainedModel } from './model.ts';
import type { FitOptions } from './options.ts';
import type { Prepared } from './prepare.ts';

/** How columns are scaled: by a scaler of `saddlepoint/data`, or not at all. */
export type ScalingName = Scaler['kind'] | 'none';

const SCALERS: Readonly<Record<Scaler['kind'], () => Scaler>> = {
  standardize: standardizeScaler,
  minMax: minMaxScaler,
  robust: robustScaler,
  maxAbs: maxAbsScaler,
};

/** @throws SaddlepointError `option` for a name that is none, or for `standardize` beside it. */
export function checkScaling({ scaling, standardize }: FitOptions): ScalingName | undefined {
  if (scaling === undefined) return undefined;
  checkName('fit: scaling', scaling, [...(Object.keys(SCALERS) as Scaler['kind'][]), 'none']);
  if (standardize === undefined) return scaling;
  throw new SaddlepointError(
    'option',
    `fit: scaling: '${scaling}' together with standardize: ${standardize}`,
    "give one of them: scaling: 'none' is standardize: false",
  );
}

/** Whether rows are columns of f32 numbers, which alone are scaled by their values. */
export const isColumns = ({ dtype, rowShape }: Pick<Source, 'dtype' | 'rowShape'>): boolean =>
  dtype === 'f32' && rowShape.length <= 1;

/** @throws SaddlepointError `option` for rows that are no columns of numbers. */
export function checkColumns(scaling: ScalingName, source: Pick<Source, 'dtype' | 'rowShape'>): void {
  if (isColumns(source)) return;
  throw new SaddlepointError(
    'option',
    `fit: scaling: '${scaling}' is for columns of f32 numbers; x has rows of ${source.dtype}${showShape(source.rowShape)}`,
    'bytes are divided by 255 in any case; rows of higher rank are scaled beforehand, or by a layer',
  );
}

export const keepsItsOwn = (scaling: ScalingName): SaddlepointError =>
  new SaddlepointError(
    'option',
    `fit: scaling: '${scaling}', but the trained model has a scaling, which its weights have learnt with`,
    'leave scaling out to go on with it',
  );

/**
 * The same with inputs scaled that way, by the training rows alone; targets stay as they are.
 *
 * @throws SaddlepointError `option` for rows that are no columns, and for trained models.
 */
export function withScaling(prepared: Prepared, scaling: ScalingName, model: Layer | TrainedModel): Prepared {
  if (isTrainedModel(model)) throw keepsItsOwn(scaling);
  if (scaling === 'none' || scaling === 'standardize') return prepared;
  const { source, trainRows, state, notes } = prepared;
  checkColumns(scaling, source);
  const { columns, rowShape, data } = source;
  const fitted = SCALERS[scaling]().fit(data, rowShape[0] ?? 1, { rows: trainRows, names: columns });
  return {
    ...prepared,
    state: { ...state, inputScaling: fitted.scaling },
    notes: [
      ...notes.filter((note) => !note.startsWith('x: ')),
      `x: ${rowShape[0] ?? 1} columns are scaled ('${scaling}') over ${trainRows.length} training rows`,
      ...fitted.notes.map((note) => `x: ${note}`),
    ],
  };
}
