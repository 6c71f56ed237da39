/**
 * @file ONNX files out and in, Keras models in, and the layouts of PyTorch: what the core does not need. Listed by hand.
 * @module saddlepoint/onnx
 */
export { exportOnnx, type OnnxExportOptions, saveOnnx } from './onnx/export/export.ts';
export { importOnnx, type OnnxImportOptions } from './onnx/import/import.ts';
export { onnxLayers } from './onnx/import/layer.ts';
export { importKeras, type KerasImportOptions } from './onnx/keras/import.ts';
export type { KerasWeights, Weight as KerasWeight } from './onnx/keras/weights.ts';
export { type FromTorchOptions, fromTorch, type TorchNames, toTorch } from './onnx/torch.ts';
