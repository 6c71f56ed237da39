/** @file What a model of several inputs or outputs knows of its rows, in its file. */
import { SaddlepointError } from '../core/errors.ts';
import type { Loss } from '../nn/losses/loss.ts';
import type { NamedOutput } from '../nn/losses/named.ts';
import type { NamedParts } from './named.ts';

/** Outputs are the loss's; here is what it does not know. */
export function namedToJson({ inputs, outputs, single }: NamedParts): object {
  return { inputs, single, classes: outputs.map(({ classes }) => classes ?? null) };
}

/** @throws SaddlepointError `file` for parts that are damaged. */
export function namedFrom(
  value: unknown,
  loss: Loss & { readonly outputs?: readonly NamedOutput[] },
): { named?: NamedParts } {
  if (value === undefined) return {};
  const { inputs, single, classes } = Object(value) as Partial<NamedParts> & { classes?: unknown };
  const { outputs } = loss;
  const legal =
    Array.isArray(inputs) &&
    inputs.every(
      ({ name, shape, kind }) => typeof name === 'string' && Array.isArray(shape) && typeof kind === 'string',
    ) &&
    typeof single?.x === 'boolean' &&
    typeof single.y === 'boolean' &&
    outputs !== undefined &&
    Array.isArray(classes) &&
    classes.length === outputs.length &&
    classes.every((names, i) => areClasses(names, outputs[i] as NamedOutput));
  if (!legal) throw new SaddlepointError('file', 'named: what the file says of inputs and outputs is damaged');
  return {
    named: { inputs, single, outputs: outputs.map((output, i) => ({ ...output, classes: classes[i] ?? undefined })) },
  };
}

function areClasses(names: unknown, { loss, shape }: NamedOutput): boolean {
  if (names === null) return loss.target !== 'class' || loss.comparesRows === true;
  const units = shape.at(-1) ?? 1;
  const count = loss.target === 'binary' && units === 1 ? 2 : units;
  return (
    Array.isArray(names) &&
    names.length === count &&
    names.every((name) => typeof name === 'string' || typeof name === 'number')
  );
}
