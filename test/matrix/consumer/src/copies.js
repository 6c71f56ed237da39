/**
 * @file Two copies of the library in one process, as two versions in a tree of dependencies make them: what one makes is given to
 * the other. Prints, for each crossing, whether the trained bits are those of one copy alone.
 */
import * as first from 'saddlepoint';
import * as second from 'saddlepoint-copy';

const x = Array.from({ length: 48 }, (_, i) => [Math.sin(i), (i % 7) / 7, Math.cos(i)]);
const y = x.map(([p, q]) => (p > q ? 'more' : 'less'));

const scale = (m, ops) =>
  m.layer('scale', {}, (value, context) => ops.mul(value, context.parameter('factor', value.shape.slice(1), m.ones())));

/** A network with a layer of the user's own; its layers by one copy, the ops of that layer by another. */
const network = (m, ops = m, join = m) =>
  join.sequential([m.dense(8, { activation: 'relu' }), join.dropout(0.1), scale(m, ops), m.dense(2)]);

const options = (m) => ({
  ...{ loss: m.crossEntropy(), optimizer: m.adam({ learningRate: 0.01 }), metrics: [m.accuracy()], validation: 0.25 },
  ...{ epochs: 5, batchSize: 8, seed: 3, threads: 1, deterministic: true, progress: false },
});

const bits = ({ parameters }) => JSON.stringify([...parameters.values()].map(({ data }) => [...data]));
const alone = bits(await first.fit(network(first), { x, y }, options(first)));
const tunedAlone = bits(
  await first.fit(await first.fit(network(first), { x, y }, options(first)), { x, y }, options(first)),
);

async function bytesOf(run) {
  const chunks = [];
  await run.save(new WritableStream({ write: (chunk) => void chunks.push(chunk) }));
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

const crossings = {
  'a model of the other copy': async () => bits(await first.fit(network(second), { x, y }, options(first))) === alone,
  'loss, optimizer and metrics of the other copy': async () =>
    bits(await first.fit(network(first), { x, y }, options(second))) === alone,
  'layers and ops of both': async () =>
    bits(await first.fit(network(second, first, first), { x, y }, options(first))) === alone,
  'a tensor of the other copy as data': async () => {
    const data = { x: second.tensor(Float32Array.from(x.flat()), [48, 3]), y };
    return bits(await first.fit(network(first), data, options(first))) === alone;
  },
  'a run of the other copy, trained on': async () => {
    const run = await second.fit(network(second), { x, y }, options(second));
    return bits(await first.fit(run, { x, y }, options(first))) === tunedAlone;
  },
  'a file of the other copy': async () => {
    const run = await second.fit(second.sequential([second.dense(2)]), { x, y }, options(second));
    const loaded = await first.loadModel(await bytesOf(run));
    return JSON.stringify(await loaded.predict(x)) === JSON.stringify(await run.predict(x));
  },
  'a gradient over ops of both': async () => {
    const loss = (value) => first.sum(second.square(value));
    return JSON.stringify(first.grad(loss, second.tensor([1, 2])).toArray()) === '[2,4]';
  },
  'an error of the other copy, told by its code': async () => {
    const model = second.sequential([second.dense(4), second.conv2d(3, 3), second.dense(2)]);
    const error = await first.fit(model, { x, y }, options(first)).catch((reason) => reason);
    return error.code === 'shape' && error.message.includes("(in layer '1')");
  },
};

const answer = {};
for (const [name, cross] of Object.entries(crossings)) answer[name] = await cross().catch(({ stack }) => stack);
console.log(`ANSWER ${JSON.stringify(answer)}`);
