import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig, type TestProjectConfiguration } from 'vitest/config';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** Tests see the sources under the names the built package has; only the machine comes from dist/ (scripts/build-wasm.mjs). */
const alias = (wasm: 'node' | 'inline', progress: 'terminal' | 'none') => [
  { find: /^saddlepoint$/, replacement: path('./src/index.ts') },
  { find: /^saddlepoint\/(\w+)$/, replacement: path('./src/$1.ts') },
  { find: /^#wasm$/, replacement: path(`./dist/wasm/${wasm}.js`) },
  { find: /^#worker$/, replacement: path('./dist/wasm/start-worker.js') },
  { find: /^#progress$/, replacement: path(`./src/progress/${progress}.ts`) },
];

/** A quiet browser: no network of its own, WebGL and WebGPU in software so that they are there on every machine. */
const chromiumFlags = [
  '--no-sandbox',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-default-apps',
  '--no-first-run',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
];

const node = { environment: 'node', testTimeout: 60_000 } as const;

const inChromium = (name: string, include: string, testTimeout: number): TestProjectConfiguration => ({
  extends: true,
  resolve: { alias: alias('inline', 'none') },
  // Found up front: a dependency found while tests run would reload the page under them.
  optimizeDeps: {
    include: [
      'fast-check',
      'csv-parse/sync',
      'csv-parse/browser/esm/sync',
      'fast-png',
      'fflate',
      'jpeg-js',
      '@tensorflow/tfjs-core',
      '@tensorflow/tfjs-backend-webgl',
      '@tensorflow/tfjs-backend-webgpu',
    ],
  },
  test: {
    name,
    include: [include],
    testTimeout,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({
        launchOptions: { executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium', args: chromiumFlags },
      }),
      instances: [{ browser: 'chromium' }],
    },
  },
});

export default defineConfig({
  // Cross-origin isolation: without it a page has no shared memory.
  server: { headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' } },
  test: {
    globalSetup: ['./test/setup.ts'],
    teardownTimeout: 10_000,
    // By itself Vitest leaves one core to its own process, which has little to do.
    maxWorkers: availableParallelism(),
    projects: [
      {
        extends: true,
        resolve: { alias: alias('node', 'terminal') },
        test: {
          ...node,
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/browser/**', 'test/convergence/**', 'test/webgl/full/**'],
          // One registry of modules a worker: with one a file, importing the library took as long as half of the tests.
          isolate: false,
        },
      },
      {
        extends: true,
        resolve: { alias: alias('node', 'terminal') },
        test: { ...node, name: 'convergence', include: ['test/convergence/**/*.test.ts'], testTimeout: 600_000 },
      },
      inChromium('chromium', 'test/browser/**/*.test.ts', 60_000),
      // Every op and every golden case on WebGL: minutes, for its shaders.
      inChromium('webgl', 'test/webgl/full/**/*.test.ts', 600_000),
    ],
  },
});
