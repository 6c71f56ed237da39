/** @file Loops of ONNX: Scan, whose body sees the values around it. */
import type { Json, JsonObject } from '../../core/json.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { scan } from '../../ops/loops.ts';
import { Held } from './held.ts';
import type { NodeView, Operators } from './node.ts';

function scanNode(node: NodeView): Held[] {
  const body = node.attribute('body') as JsonObject;
  const names = body.inputs as string[];
  const sequences = node.number('num_scan_inputs', 0);
  const carries = names.length - sequences;
  const values = names.map((_, i) => node.held(i));
  const reverse = node.list('scan_input_directions')?.[0] === 1;
  const [last, results] = scan(
    (carry: Tensor[], rows: Tensor[]) => {
      const inputs = [...carry, ...rows].map(
        (x, i) => [names[i] as string, Held.of(x, values[i]?.isInteger ?? false)] as const,
      );
      const made = node.around.run(body, new Map(inputs)).map((value) => value.tensor);
      return [made.slice(0, carries), made.slice(carries)] as const;
    },
    values.slice(0, carries).map((value) => value.tensor),
    values.slice(carries).map((value) => value.tensor),
    { reverse },
  );
  return [...last, ...results].map((x) => Held.of(x));
}

const allEqual = (list: Json | undefined): boolean => !Array.isArray(list) || list.every((item) => item === list[0]);

export const LOOPS: Operators = {
  Scan: {
    run: scanNode,
    check: ({ attributes }) => {
      const isSimple =
        allEqual(attributes.scan_input_directions) &&
        !('scan_input_axes' in attributes) &&
        !('scan_output_axes' in attributes);
      const input = Array.isArray(attributes.scan_input_directions) ? attributes.scan_input_directions[0] : 0;
      const output = Array.isArray(attributes.scan_output_directions) ? attributes.scan_output_directions : [input];
      return isSimple && output.every((direction) => direction === input) ? undefined : 'with mixed directions or axes';
    },
    limits: 'all sequences in one direction, along axis 0',
  },
};
