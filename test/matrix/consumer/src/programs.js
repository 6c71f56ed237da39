/**
 * @file What a consumer of the packed library does, the same text in every cell of the matrix: trains a small classifier from CSV,
 * saves and loads it as bytes, and trains networks whose kernels are loaded by `import()`. Every answer is a hash of trained
 * bits, so that cells can be compared.
 */
import {
  adam,
  conv2d,
  crossEntropy,
  dense,
  embedding,
  fit,
  flatten,
  lazyAdam,
  loadModel,
  makePlan,
  sequential,
  tensor,
} from 'saddlepoint';
import { readCsv, recordsOf } from 'saddlepoint/data';
import { load } from 'saddlepoint/edge';

/** @param {Uint8Array} bytes */
async function hash(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes.slice()));
  return [...digest.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** @param {{ save(target: WritableStream<Uint8Array>): Promise<void> }} run */
async function bytesOf(run) {
  /** @type {Uint8Array[]} */
  const chunks = [];
  await run.save(new WritableStream({ write: (chunk) => void chunks.push(chunk) }));
  return new Uint8Array(await new Blob(/** @type {BlobPart[]} */ (chunks)).arrayBuffer());
}

/** All parameters of a run, one after the other. @param {{ parameters: ReadonlyMap<string, { data: ArrayLike<number> }> }} run */
const bitsOf = ({ parameters }) =>
  hash(new Uint8Array(Float32Array.from([...parameters.values()].flatMap(({ data }) => [...data])).buffer));

/** One seed, one thread, one way to round: what must give the same bits everywhere. */
const exact = { seed: 7, threads: 1, deterministic: true, progress: false };

/** Three kinds of flowers, made up by a rule, with an empty cell and a quoted one. */
function flowers() {
  const rows = Array.from({ length: 60 }, (_, i) => {
    const kind = i % 3;
    const [long, wide] = [kind * 1.5 + ((i * 7) % 11) / 10, 4 - kind + ((i * 5) % 7) / 10];
    return `${long.toFixed(2)},${i === 10 ? '' : wide.toFixed(2)},"${['setosa', 'versi, color', 'virginica'][kind]}"`;
  });
  return ['length,width,species', ...rows].join('\n');
}

/** The dense network: the build that comes with the library. Its file is read again and must answer alike. */
async function classifier() {
  const table = await readCsv(new TextEncoder().encode(flowers()));
  const records = recordsOf(table).filter(({ width }) => width !== null && width !== undefined);
  const x = records.map(({ length, width }) => [Number(length), Number(width)]);
  const y = records.map(({ species }) => String(species));
  const model = sequential([dense(16, { activation: 'tanh' }), dense(3)]);
  const options = { loss: crossEntropy(), optimizer: adam({ learningRate: 0.02 }), epochs: 20, batchSize: 8, ...exact };
  const run = await fit(model, { x, y }, options);
  const bytes = await bytesOf(run);
  const loaded = await loadModel(bytes);
  const [before, after] = [await run.predict(x), await loaded.predict(x)];
  if (JSON.stringify(before) !== JSON.stringify(after)) throw new Error('a loaded model answers differently');
  const right = before.filter(({ label }, i) => label === y[i]).length;
  if (right < 0.9 * y.length) throw new Error(`only ${right} of ${y.length} rows are right`);
  return { rows: records.length, bits: await bitsOf(run), file: await hash(bytes), device: run.device.build };
}

/** Convolution and embedding: instructions that are in the larger builds only. */
async function larger() {
  const images = tensor(
    Float32Array.from({ length: 24 * 64 }, (_, i) => ((i * 13) % 17) / 17),
    [24, 8, 8, 1],
  );
  const classes = Array.from({ length: 24 }, (_, i) => i % 2);
  const network = sequential([conv2d(4, 3, { activation: 'relu' }), flatten(), dense(2)]);
  const options = { loss: crossEntropy(), epochs: 2, batchSize: 8, ...exact };
  const convolution = await fit(network, { x: images, y: classes }, options);
  const words = tensor(
    Int32Array.from({ length: 24 * 3 }, (_, i) => (i * 5) % 9),
    [24, 3],
    'i32',
  );
  const lookup = await fit(
    sequential([embedding(9, 4), flatten(), dense(2)]),
    { x: words, y: classes },
    { ...options, optimizer: lazyAdam() },
  );
  return { convolution: await bitsOf(convolution), embedding: await bitsOf(lookup) };
}

/** Plan files: one on the small build and one on that with every instruction, each predicting and trained on, its state kept. */
async function atTheEdge() {
  const x = Array.from({ length: 16 }, (_, i) =>
    Float32Array.from({ length: 16 }, (__, k) => ((i * 5 + k * 3) % 11) / 11),
  );
  const y = x.map((_, i) => i % 2);
  const images = tensor(Float32Array.from(x.flatMap((row) => [...row])), [16, 4, 4, 1]);
  const options = { loss: crossEntropy(), epochs: 1, batchSize: 8, resumable: true, ...exact };
  const small = await fit(sequential([dense(8, { activation: 'relu' }), dense(2)]), { x, y }, options);
  const large = await fit(sequential([conv2d(2, 3), flatten(), dense(2)]), { x: images, y }, options);
  const states = [];
  for (const [run, row] of /** @type {const} */ ([
    [small, x[3]],
    [
      large,
      [
        [0, 1, 2, 3],
        [3, 2, 1, 0],
        [1, 1, 1, 1],
        [2, 0, 2, 0],
      ].map((line) => line.map((pixel) => [pixel])),
    ],
  ])) {
    const { file } = await makePlan(run, { train: true });
    const [plan, other] = [await load(file), await load(file)];
    const batch = { x: Array.from({ length: 8 }, () => row), y: y.slice(0, 8) };
    await plan.train(batch, { epochs: 3 });
    other.restore(plan.state());
    const [before, after] = [await plan.predict(row), await other.predict(row)];
    if (JSON.stringify(before) !== JSON.stringify(after)) throw new Error('a restored plan answers differently');
    states.push(await hash(plan.state()));
  }
  return states;
}

/** Whatever the machine does fastest, relaxed SIMD where it is: the bits may differ, the answer may not. */
async function fastest() {
  const x = Array.from({ length: 64 }, (_, i) => [Math.sin(i), Math.cos(i * 0.7), (i % 5) / 5]);
  const y = x.map(([a, b]) => (a > b ? 'more' : 'less'));
  const model = sequential([dense(16, { activation: 'relu' }), dense(2)]);
  const run = await fit(model, { x, y }, { loss: crossEntropy(), epochs: 60, seed: 1, threads: 1, progress: false });
  const answers = await run.predict(x);
  const right = answers.filter(({ label }, i) => label === y[i]).length;
  if (right < 58) throw new Error(`only ${right} of 64 rows are right`);
  return run.device.build;
}

/** @returns {Promise<{ bits: Record<string, unknown>, builds: string[] }>} the same `bits` wherever it runs; `builds`: exact and fastest */
export async function runPrograms() {
  const { device, ...first } = await classifier();
  return { bits: { ...first, ...(await larger()), edge: await atTheEdge() }, builds: [device, await fastest()] };
}
