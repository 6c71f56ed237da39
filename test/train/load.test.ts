import { fit, loadModel, type TrainedModel } from 'saddlepoint';
import { beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../src/io/safetensors.ts';
import { classes, classifier, clouds, rejection, weightsOf } from './examples.ts';

async function savedBytes(model: TrainedModel): Promise<Uint8Array> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const [bytes] = await Promise.all([new Response(readable).arrayBuffer(), model.save(writable)]);
  return new Uint8Array(bytes);
}

describe('a file that is no whole model', () => {
  let bytes: Uint8Array;
  beforeAll(async () => {
    bytes = await savedBytes(await fit(classifier(), clouds(9), { ...classes, epochs: 1 }));
  });

  it('S6: is refused wherever it was cut off', async () => {
    const lengths = [0, 1, 7, 8, 9, 100, 500, bytes.length - 4, bytes.length - 1];
    for (const length of lengths) {
      const error = await rejection(loadModel(bytes.slice(0, length)));
      expect(error, `cut to ${length}`).toMatchObject({ code: 'file' });
    }
    expect(await rejection(loadModel(Uint8Array.from([...bytes, 0])))).toMatchObject({ code: 'file' });
  });

  it('is refused, or loads as a model of the same shape, whatever bit of its header is wrong', async () => {
    const header = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    for (let i = 0; i < 8 + header; i += 3) {
      const damaged = bytes.slice();
      damaged[i] = (damaged[i] as number) ^ (1 << (i % 7));
      try {
        const model = await loadModel(damaged);
        expect(model.parameters.size).toBe(4);
      } catch (error) {
        expect((error as { name: string }).name, `byte ${i}: ${String(error)}`).toBe('SaddlepointError');
      }
    }
  });

  it('does not allocate what it claims to hold', async () => {
    const claim = new TextEncoder().encode(
      '{"0/kernel":{"dtype":"F32","shape":[1000000000,1000],"data_offsets":[0,4000000000000]}}',
    );
    const file = new Uint8Array(8 + claim.length);
    new DataView(file.buffer).setBigUint64(0, BigInt(claim.length), true);
    file.set(claim, 8);
    expect((await rejection(loadModel(file))).message).toMatch(/ends at byte 4000000000000 of the data, which have 0/);
  });

  it('leaves the model in memory as it was', async () => {
    const run = await fit(classifier(), clouds(9), classes);
    const [answer, weights] = [await run.predict([1, 1]), weightsOf(run)];
    await rejection(loadModel(bytes.slice(0, 200)));
    await rejection(loadModel(bytes.slice(0, -4)));
    expect(await run.predict([1, 1])).toEqual(answer);
    expect(weightsOf(run)).toEqual(weights);
  });

  it('says so if it comes from another program', async () => {
    const foreign = writeSafetensors(
      new Map([['fc1.weight', { shape: [2, 3], dtype: 'f32' as const, data: new Float32Array(6) }]]),
      { format: 'pt' },
    );
    expect((await rejection(loadModel(foreign))).message).toMatch(
      /^this safetensors file holds no saddlepoint model\n.*only files written by save\(\)/,
    );
    expect((await rejection(loadModel(new TextEncoder().encode('<!doctype html><title>404</title>')))).message).toMatch(
      /this is an HTML page/,
    );
    expect((await rejection(loadModel('./missing.safetensors'))).message).toMatch(/^there is no file .*missing/);
  });

  it('S3: lists what is missing, unexpected and of another shape, side by side', async () => {
    const text = new TextDecoder().decode(bytes);
    const renamed = new TextEncoder().encode(text.replace('"1/kernel"', '"1/kernal"'));
    // Decoding is not exact for the data; only their length counts here.
    const file = bytes.slice();
    file.set(renamed.subarray(8, 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))), 8);
    const { message } = await rejection(loadModel(file));
    expect(message).toMatch(/^the tensors do not fit the model: missing 1\/kernel \[8,3\]; unexpected 1\/kernal/);
    expect(message).toMatch(/help: 1\/kernel may be '1\/kernal'; strict: false loads the rest$/);
  });

  it('S3: a renamed layer: strict: false loads the rest and says what it left', async () => {
    const { state } = await loadModel(bytes);
    const renamed = new Map(
      [...state.parameters].map(([path, { shape, data }]) => [
        path.replace('1/', 'head/'),
        { shape, data, dtype: 'f32' as const },
      ]),
    );
    renamed.set('0/bias', { shape: [2], dtype: 'f32', data: new Float32Array(2) });
    const file = writeSafetensors(renamed, readSafetensors(bytes).metadata);
    const loaded = await loadModel(file, { strict: false });
    expect(loaded.notes).toEqual([
      '0/bias: expected f32[8], the file has f32[2]',
      'missing 1/kernel [8,3]',
      'missing 1/bias [3]',
      'unexpected head/bias',
      'unexpected head/kernel',
    ]);
    expect(loaded.parameters.get('0/kernel')).toEqual(state.parameters.get('0/kernel'));
    expect(loaded.parameters.get('0/bias')?.data).toEqual(new Float32Array(8));
    expect(new Set(loaded.parameters.get('1/kernel')?.data).size).toBeGreaterThan(20);
    expect((await fit(loaded, clouds(9), classes)).ending).toBe('completed');
    expect((await loadModel(bytes, { strict: false })).notes).toEqual([]);
  });

  it('S6: weights that are NaN are named on request', async () => {
    const { state } = await loadModel(bytes);
    const diverged = new Map(
      [...state.parameters].map(([path, { shape, data }]) => [path, { shape, data, dtype: 'f32' as const }]),
    );
    diverged.set('1/bias', { shape: [3], dtype: 'f32', data: Float32Array.of(1, Number.NaN, 2) });
    const file = writeSafetensors(diverged, readSafetensors(bytes).metadata);
    expect((await loadModel(file)).parameters.get('1/bias')?.data[1]).toBeNaN();
    expect((await rejection(loadModel(file, { finite: true }))).message).toMatch(
      /^1\/bias: weight 1 \(counted from 0\) is NaN, a finite number expected/,
    );
    expect((await loadModel(bytes, { finite: true })).parameters.size).toBe(4);
  });

  it('names a format of a later version', async () => {
    const header = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    const text = new TextDecoder().decode(bytes.subarray(8, 8 + header)).replace('\\"format\\":1', '\\"format\\":9');
    const file = bytes.slice();
    file.set(new TextEncoder().encode(text), 8);
    expect((await rejection(loadModel(file))).message).toMatch(
      /^the model has format 9, this version reads 1\n.*newer version/,
    );
  });
});

/** A small file whose description claims what it likes. */
function fileOf(layer: string, inputShape: readonly number[] = [2]): Uint8Array {
  const scaling = '{"kind":"none","shift":[0],"scale":[1]}';
  const rest = `"loss":{"name":"meanSquaredError","options":{}},"metrics":[],"units":3,"classes":null`;
  const json = `{"format":1,"layer":${layer},"inputShape":${JSON.stringify(inputShape)},"inputScaling":${scaling},"targetScaling":null,${rest}}`;
  const kernel = { shape: [2, 3], dtype: 'f32' as const, data: new Float32Array(6) };
  return writeSafetensors(new Map([['0/kernel', kernel]]), { saddlepoint: json });
}

const ofLayers = (...layers: string[]): string => `{"type":"sequential","options":{"layers":[${layers.join()}]}}`;
const ofUnits = (units: string): string => `{"type":"dense","options":{"units":${units}}}`;

describe('S6: a description that is hostile', () => {
  it.each<[what: string, file: () => Uint8Array, message: RegExp]>([
    [
      'a layer of 2^28 units',
      () => fileOf(ofLayers(ofUnits('268435456'))),
      /expected f32\[2,268435456\], the file has f32\[2,3\]/,
    ],
    ['a layer of 10^15 units', () => fileOf(ofLayers(ofUnits('1e15'))), /expected f32\[2,1000000000000000\]/],
    ['rows of 2^28 columns', () => fileOf(ofLayers(ofUnits('3')), [2 ** 28]), /expected f32\[268435456,3\]/],
    [
      'rows of 2^40 columns',
      () => fileOf(ofLayers(ofUnits('3')), [2 ** 20, 2 ** 20]),
      /^inputShape: \[1048576,1048576\] is no shape/,
    ],
    [
      'layers in layers, 20,000 deep',
      () => fileOf('{"type":"sequential","options":{"layers":['.repeat(20_000) + ofUnits('3') + ']}}'.repeat(20_000)),
      /^the model cannot be built from its description: Maximum call stack/,
    ],
    [
      '20,000 layers',
      () => fileOf(ofLayers(...new Array(20_000).fill(ofUnits('3')))),
      /missing 0\/bias \[3\]; .*; and 39987 more$/m,
    ],
    ['units that are text', () => fileOf(ofLayers(ofUnits('"3"'))), /^dense\.units: expected an integer ≥ 1, got '3'/],
    ['no layer', () => fileOf('null'), /^layer: expected \{ type, options \}, got null/],
    [
      'a layer named like what all objects have',
      () => fileOf('{"type":"constructor","options":{}}'),
      /^layer: unknown type 'constructor'/,
    ],
  ])('is refused before anything is allocated: %s', async (_, file, message) => {
    const bytes = file();
    const before = process.memoryUsage().arrayBuffers;
    const error = await rejection(loadModel(bytes));
    expect(error.name).toBe('SaddlepointError');
    expect(error.message).toMatch(message);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 2 ** 20);
  });
});
