/**
 * @file Imports every entry under traps, as a server that renders pages does, and prints what was touched: browser globals that are
 * not there, what starts work, what compiles; and what the event loop still waits for.
 */
const touched = new Set();

/** Names of browsers, absent here, and those that begin something. */
const names = [
  ...['document', 'window', 'self', 'navigator', 'location', 'localStorage', 'indexedDB', 'screen', 'Worker', 'Image'],
  ...['HTMLElement', 'OffscreenCanvas', 'createImageBitmap', 'requestAnimationFrame', 'requestIdleCallback'],
  ...['fetch', 'XMLHttpRequest', 'WebSocket', 'EventSource', 'BroadcastChannel', 'MessageChannel'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'addEventListener', 'SharedArrayBuffer', 'eval'],
];
for (const name of names) {
  const value = globalThis[name];
  Object.defineProperty(globalThis, name, {
    configurable: true,
    get() {
      touched.add(name);
      return value;
    },
  });
}
const machine = ['compile', 'compileStreaming', 'instantiate', 'instantiateStreaming', 'validate'];
for (const name of [...machine, 'Module', 'Instance', 'Memory', 'Table', 'Global']) {
  const original = WebAssembly[name];
  WebAssembly[name] = new Proxy(original, {
    apply: (...call) => touched.add(`WebAssembly.${name}`) && Reflect.apply(...call),
    construct: (...call) => touched.add(`WebAssembly.${name}`) && Reflect.construct(...call),
  });
}
const globalsBefore = new Set(Object.getOwnPropertyNames(globalThis));
const waitedFor = process.getActiveResourcesInfo().sort().join();

const exported = {};
for (const entry of ['saddlepoint', 'saddlepoint/data', 'saddlepoint/onnx', 'saddlepoint/node'])
  exported[entry] = Object.keys(await import(entry)).length;

const left = process.getActiveResourcesInfo().sort().join();
const added = Object.getOwnPropertyNames(globalThis).filter((name) => !globalsBefore.has(name));
const imports = [...touched];

// The traps work: training touches what importing did not.
const { dense, fit, meanSquaredError, sequential } = await import('saddlepoint');
await fit(
  sequential([dense(1)]),
  { x: [[1], [2]], y: [1, 2] },
  { loss: meanSquaredError(), epochs: 1, progress: false },
);
console.log(
  `ANSWER ${JSON.stringify({ touched: imports, added, left: left === waitedFor ? '' : left, exported, later: [...touched] })}`,
);
