/** @file `saddlepoint inspect`: what is in a model, in another file of tensors, or in a file of rows. */
import { open } from 'node:fs/promises';
import { describeTable, type ListedTensor, listSafetensors } from '../data.ts';
import { loadModel, loadModels, SaddlepointError, summary, type TrainedModel } from '../index.ts';
import type { Output } from './output.ts';
import { READING, readTable } from './read-table.ts';
import type { CommandSpec } from './spec.ts';

export const inspectCommand: CommandSpec = {
  name: 'inspect',
  summary: 'Say what is in a model, in another safetensors file, or in a file of rows.',
  arguments: [{ name: 'file', description: 'a .safetensors file, or rows: CSV, TSV, JSON, JSON lines' }],
  options: READING,
  examples: [
    ['saddlepoint inspect iris.safetensors', 'layers, columns, classes'],
    ['saddlepoint inspect iris.csv', 'columns, their kinds and why'],
  ],
  async run([place], given, output) {
    const path = place as string;
    if (!path.toLowerCase().endsWith('.safetensors')) {
      const table = await readTable(path, given);
      if (!output.json) {
        output.result(describeTable(table));
        return;
      }
      const columns = table.columns.map(({ name, kind, missing, reason }) => ({ name, kind, missing, reason }));
      output.result(JSON.stringify({ file: path, rows: table.rows, columns, notes: table.notes }));
      return;
    }
    const { tensors, metadata } = listSafetensors(await headerOf(path));
    if (metadata.saddlepoint === undefined) {
      showTensors(path, tensors, metadata, output);
      return;
    }
    if (metadata.saddlepoint.includes('"models":')) {
      for (const [name, model] of Object.entries(await loadModels(path))) showModel(`${path}: ${name}`, model, output);
      return;
    }
    showModel(path, await loadModel(path), output);
  },
};

/** The file as far as its header goes: what follows may be larger than memory. */
async function headerOf(path: string): Promise<Uint8Array> {
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(path, 'r');
  } catch (cause) {
    throw new SaddlepointError('file', `could not read ${path}: ${(cause as Error).message}`, 'check the path', {
      cause,
    });
  }
  try {
    const first = new Uint8Array(8);
    const { bytesRead } = await handle.read(first, 0, 8, 0);
    const { size } = await handle.stat();
    const length = bytesRead < 8 ? 0 : Number(new DataView(first.buffer).getBigUint64(0, true));
    // A length that cannot be true is for the reader to refuse, with what it finds at the beginning.
    const bytes = new Uint8Array(Math.min(size, length <= 100_000_000 ? 8 + length : 1024));
    await handle.read(bytes, 0, bytes.length, 0);
    return bytes;
  } finally {
    await handle.close();
  }
}

function showTensors(
  file: string,
  tensors: readonly ListedTensor[],
  metadata: Readonly<Record<string, string>>,
  { json, result, heading }: Output,
): void {
  if (json) {
    result(JSON.stringify({ file, model: null, tensors, metadata }));
    return;
  }
  heading(`${file}: ${tensors.length} tensors, no saddlepoint model`);
  for (const { name, dtype, shape } of tensors) result(`  ${clean(name)}: ${dtype} [${shape.join(', ')}]`);
  for (const [key, text] of Object.entries(metadata)) result(`  ${clean(key)} = ${clean(text)}`);
}

/** Names in files of others must not command the terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not reach a terminal.
const clean = (text: string): string => text.slice(0, 200).replace(/[\u0000-\u001f\u007f-\u009f]/g, '�');

function showModel(file: string, model: TrainedModel, { json, result, heading }: Output): void {
  const { columns, classes, loss, inputShape, inputScaling, targetScaling, metrics } = model.state;
  const layers = summary(model);
  const inputs = columns?.encoder.encoders.map(({ column, encoding }) => ({ column, encoding }));
  if (json) {
    const { layers: rows, parameters, states, flops } = layers;
    const trainedFor = { target: columns?.target ?? null, loss: loss.name, metrics: metrics.map(({ name }) => name) };
    const scaling = { input: inputScaling.kind, target: targetScaling?.kind ?? 'none' };
    result(
      JSON.stringify({
        file,
        ...trainedFor,
        classes: classes ?? null,
        inputShape,
        inputs: inputs ?? null,
        scaling,
        parameters,
        states,
        flops,
        layers: rows,
      }),
    );
    return;
  }
  const target = columns === undefined ? 'rows' : `'${columns.target}'`;
  const kind = loss.target === 'value' ? 'a value' : `one of ${classes?.length ?? '?'} classes`;
  heading(`${file}: predicts ${target === 'rows' ? kind : `${target}, ${kind}`}, trained by ${loss.name}`);
  if (classes !== undefined)
    result(
      `classes: ${classes
        .slice(0, 50)
        .map((name) => clean(String(name)))
        .join(', ')}${classes.length > 50 ? ' …' : ''}`,
    );
  result(`a row is [${inputShape.join(', ')}], scaled by: ${inputScaling.kind}`);
  if (inputs !== undefined) {
    result('columns:');
    for (const { column, encoding } of inputs) result(`  ${clean(column)}: ${encoding}`);
  }
  result('');
  result(String(layers));
}
