/** @file What is wrong with a loss, an optimizer, metrics or a signal: loaded when something is, since no page needs it before. */
import { SaddlepointError, show, unreachable } from '../core/errors.ts';
import type { AnyMetric } from '../nn/metrics.ts';
import type { ResolvedOptions } from './options.ts';

interface Given extends Pick<ResolvedOptions<string>, 'loss' | 'optimizer' | 'metrics'> {
  readonly signal: AbortSignal | undefined;
}

const error = (message: string, help?: string): SaddlepointError =>
  new SaddlepointError('option', `fit: ${message}`, help);

/** @param taken names that a metric may not have. */
export function optionError({ loss, optimizer, metrics, signal }: Given, taken: readonly string[]): SaddlepointError {
  if (typeof loss?.call !== 'function' || typeof loss.target !== 'string') {
    return error(
      `loss: expected a loss, got ${show(loss)}`,
      'for example { loss: crossEntropy() } for classes, { loss: meanSquaredError() } for values',
    );
  }
  if (!Array.isArray(metrics))
    return error(`metrics: expected a list, got ${show(metrics)}`, 'for example { metrics: [accuracy()] }');
  for (const [i, metric] of (metrics as readonly (Partial<AnyMetric> | undefined)[]).entries()) {
    if (typeof metric?.name !== 'string' || !('call' in metric || 'finish' in metric) || typeof metric === 'function')
      return error(
        `metrics: element ${i} is no metric: ${show(metric)}`,
        'call the factory: [accuracy()], not [accuracy]',
      );
    if (taken.includes(metric.name) || metrics.findIndex((other) => other.name === metric.name) !== i)
      return error(`metrics: the name '${metric.name}' is taken`, 'each metric needs a name of its own');
    if (metric.targets?.includes(loss.target) === false)
      return error(
        `metrics: ${metric.name} is for ${metric.targets.join(' and ')} targets, ${loss.name} has ${loss.target} targets`,
      );
  }
  if (typeof optimizer?.update !== 'function' || typeof optimizer.scalars !== 'function')
    return error(`optimizer: expected an optimizer, got ${show(optimizer)}`, 'call the factory: { optimizer: adam() }');
  if (signal !== undefined && typeof signal?.aborted !== 'boolean')
    return error(`signal: expected an AbortSignal, got ${show(signal)}`);
  return unreachable('these options are legal');
}
