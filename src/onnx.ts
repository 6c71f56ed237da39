/**
 * @file ONNX files out and in, and the layouts of PyTorch: what the core does not need. Listed by hand.
 * @module saddlepoint/onnx
 */
export { exportOnnx, type OnnxExportOptions, saveOnnx } from './onnx/export/export.ts';
export { importOnnx, type OnnxImportOptions } from './onnx/import/import.ts';
export { onnxLayers } from './onnx/import/layer.ts';
export { type FromTorchOptions, fromTorch, type TorchNames, toTorch } from './onnx/torch.ts';
