/** The edge entry in workerd: the same bits as in Node, no code from bytes, requests that do not mix. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { load } from '../../src/edge.ts';
import { adam, binaryCrossEntropy, dense, fit, makePlan, sequential } from '../../src/index.ts';
import { bytesOf, olderBytes } from '../backends/other-machine.ts';
import { dataOf, trained } from './models.ts';
import { bundle, type Runtime, start } from './worker.ts';

const CODE = `
import { load } from 'saddlepoint/edge';
const sessions = new Map();
const actions = {
  load: async ({ id, file, wasm }) =>
    void sessions.set(id, await load(Uint8Array.from(file), wasm === undefined ? {} : { wasm: Uint8Array.from(wasm) })),
  predict: ({ id, x }) => sessions.get(id).predict(x),
  train: ({ id, batch, options }) => sessions.get(id).train(batch, options),
  state: ({ id }) => [...sessions.get(id).state()],
};
export default {
  async fetch(request) {
    const { action, ...given } = await request.json();
    try {
      return Response.json({ answer: await actions[action](given) });
    } catch (error) {
      return Response.json({ error: error.message, code: error.code });
    }
  },
};`;

let runtime: Runtime;
beforeAll(async () => {
  runtime = start(await bundle(CODE));
});
afterAll(() => runtime?.dispose());

async function ask(action: string, given: object): Promise<unknown> {
  const body = JSON.stringify({ action, ...given });
  const response = await runtime.dispatchFetch('http://x/', { method: 'POST', body });
  const { answer, error } = (await response.json()) as { answer: unknown; error?: string };
  if (error !== undefined) throw new Error(error);
  return answer;
}

test('case 33: a worker that imports the edge entry trains XOR for 200 steps in the handler', async () => {
  const x = [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ];
  const y = [0, 1, 1, 0];
  const layer = sequential([dense(8, { activation: 'tanh' }), dense(1)]);
  const options = { loss: binaryCrossEntropy(), optimizer: adam({ learningRate: 0.05 }), batchSize: 4, epochs: 1 };
  const run = await fit(layer, { x, y }, { ...options, progress: false, deterministic: true, shuffle: false });
  const { file } = await makePlan(run, { train: { batchSize: 4 } });
  await ask('load', { id: 'xor', file: [...file] });
  expect(await ask('train', { id: 'xor', batch: { x, y }, options: { epochs: 200 } })).toMatchObject({ steps: 200 });
  const answers = (await ask('predict', { id: 'xor', x })) as { label: string }[];
  expect(answers.map(({ label }) => label)).toEqual(['0', '1', '1', '0']);
});

test('case 33, P3: bytes of a module are refused with the line to import', async () => {
  const { file } = await makePlan(await trained('classes with names'));
  await expect(ask('load', { id: 'bytes', file: [...file], wasm: [0, 97, 115, 109, 1, 0, 0, 0] })).rejects.toThrow(
    /no code from bytes.*import wasm from 'saddlepoint\/wasm\/saddlepoint\.simd\.wasm'/s,
  );
});

test.each(['classes with names', 'bytes of images'])(
  'P3: predictions and training have the bits of the library: %s',
  async (name) => {
    const run = await trained(name);
    const { file } = await makePlan(run, { train: true });
    const { x, y } = dataOf(name);
    await ask('load', { id: name, file: [...file] });
    expect(await ask('predict', { id: name, x })).toEqual(JSON.parse(JSON.stringify(await run.predict(x))));
    await ask('train', { id: name, batch: { x, y }, options: { epochs: 2 } });
    const further = await trained(name, { epochs: 4, resume: run.checkpoint() });
    expect(await ask('predict', { id: name, x })).toEqual(JSON.parse(JSON.stringify(await further.predict(x))));
  },
);

test('P4: requests that come at the same time do not mix', async () => {
  const runs = await Promise.all(['values, standardized', 'yes and no'].map((name) => trained(name)));
  const names = ['values, standardized', 'yes and no'];
  const files = await Promise.all(runs.map((run) => makePlan(run, { train: true })));
  const local = await Promise.all(files.map(({ file }) => load(file)));
  for (const [i, { file }] of files.entries()) await ask('load', { id: `mixed ${i}`, file: [...file] });
  const wanted: unknown[] = [];
  const asked: Promise<unknown>[] = [];
  for (let round = 0; round < 12; round++) {
    const i = round % 2;
    const { x, y } = dataOf(names[i] as string);
    const batch = { x: x.slice(0, 8 + round), y: y.slice(0, 8 + round) };
    asked.push(ask('train', { id: `mixed ${i}`, batch, options: {} }));
    wanted.push(await local[i]?.train(batch));
  }
  const sum = (list: unknown[], i: number) =>
    (list as { steps: number }[]).filter((_, k) => k % 2 === i).reduce((all, { steps }) => all + steps, 0);
  const got = await Promise.all(asked);
  for (const i of [0, 1]) expect(sum(got, i)).toBe(sum(wanted, i));
  // Each in the order that it came in: one after the other, whole.
  for (const i of [0, 1]) {
    const state = (await ask('state', { id: `mixed ${i}` })) as number[];
    expect(new DataView(Uint8Array.from(state).buffer).getUint32(12, true)).toBe(local[i]?.step);
  }
});

test('a machine that a bundler put under the name of another, or of an older version, does not run', async () => {
  const modules = await bundle(CODE);
  const { file } = await makePlan(await trained('bytes of images'));
  const wrong = { core: await bytesOf('core'), older: await olderBytes('simd') };
  const said: Record<string, unknown> = {};
  for (const [name, contents] of Object.entries(wrong)) {
    const given = modules.map((one) => (one.path === 'saddlepoint.simd.wasm' ? { ...one, contents } : one));
    const other = start(given);
    const body = JSON.stringify({ action: 'load', id: name, file: [...file] });
    said[name] = await (await other.dispatchFetch('http://x/', { method: 'POST', body })).json();
    await other.dispose();
  }
  expect(said).toEqual({
    core: {
      code: 'file',
      error: expect.stringMatching(/^wasm: the .wasm is the build 'core', and 'simd' is needed\n {2}help: .*simd.wasm/),
    },
    older: {
      code: 'file',
      error: expect.stringMatching(/^wasm: the .wasm is of another version of this library: ABI/),
    },
  });
});
