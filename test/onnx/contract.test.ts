/** @file Every layer's contract model, exported and answered by onnxruntime. */
import { describe, expect, test } from 'vitest';
import { exportOnnx } from '../../src/onnx.ts';
import { layerRows } from '../contract/layer-rows.ts';
import { inputShapeOf, rowsOf, wholeOf } from '../contract/whole.ts';
import { answersOf, modelOf } from './models.ts';
import { relativeError, runOnnx } from './runtime.ts';

describe('ONNX: export → onnxruntime equal to 1e-5 for every layer’s contract model', () => {
  test.each(Object.entries(layerRows))('%s', async (_, row) => {
    const model = modelOf(wholeOf(row), inputShapeOf(row));
    if (row.rowsAtMost !== undefined) expect(() => exportOnnx(model)).toThrow(/rows go on.*\n.*\{ batch: 1 \}/);
    const open = row.rowsAtMost === undefined ? exportOnnx(model) : undefined;
    for (const count of [1, 3, 4]) {
      const bytes = open ?? exportOnnx(model, { batch: count });
      const { data, shape } = rowsOf(row, count, count);
      const rows = Float32Array.from(data);
      const [answer] = await runOnnx(bytes, { input: { data: rows, dims: shape } });
      expect(relativeError(answer?.data ?? [], await answersOf(model, rows, count)), `${count} rows`).toBeLessThan(
        1e-5,
      );
    }
  });
});
