/** @file Floating-point operations of a node. */
import { sizeOf } from '../core/shape.ts';
import type { Node, Value } from '../graph/node.ts';
import { type MatmulAttributes, matmulSizes } from './matmul.ts';
import type { ScanAttributes } from './scan.ts';

/** Moved or renamed, not computed. */
const FREE = new Set([
  'constant',
  'identity',
  'reshape',
  'transpose',
  'broadcastTo',
  'slice',
  'pad',
  'segment',
  'pack',
  'gather',
]);

/** Operations of one run of the node: 2·m·n·k for products, one for each element that everything else reads or makes. */
export function flopsOf({ op, inputs, outputs, attributes }: Node): number {
  if (FREE.has(op.name)) return 0;
  const [a, b] = inputs as [Value, Value];
  if (op.name === 'matmul' || op.name === 'linear') {
    const { m, n, k } = matmulSizes(a.shape, b.shape, attributes as MatmulAttributes);
    return 2 * m * n * k;
  }
  if (op.name.startsWith('conv')) {
    // The filter and the results: each result meets its filter once.
    const filter =
      op.name === 'conv2dFilterGradient' ? (outputs[0] as Value) : op.name === 'conv2dInputGradient' ? a : b;
    const results = op.name.endsWith('Gradient') ? b : (outputs[0] as Value);
    return (2 * sizeOf(results.shape) * sizeOf(filter.shape)) / (filter.shape[3] as number);
  }
  if (op.kind === 'loop') {
    const { body, length } = attributes as ScanAttributes;
    return length * body.nodes.reduce((sum, node) => sum + flopsOf(node), 0);
  }
  return Math.max(...[...inputs, ...outputs].map(({ shape }) => sizeOf(shape)));
}
