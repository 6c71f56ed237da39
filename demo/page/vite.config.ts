/**
 * @file The demo page: `npm run demo` serves it, `npm run demo:build` writes a static site into demo/page/dist.
 *
 * The library is the built package, under the names that a user imports.
 */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { makeAssets } from './build-steps/make-assets.ts';
import { offline } from './build-steps/offline.ts';
import { policyWhenServed } from './build-steps/policy.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** Cross-origin isolation: without it a page has no shared memory, and so one thread. */
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

makeAssets(path('./out'));

export default defineConfig({
  root: path('.'),
  // The site works in any folder of a host.
  base: './',
  resolve: {
    alias: [
      { find: /^saddlepoint$/, replacement: path('../../dist/index.js') },
      { find: /^saddlepoint\/(\w+)$/, replacement: path('../../dist/$1.js') },
    ],
  },
  server: { headers, fs: { allow: [path('../..')] } },
  preview: { headers },
  worker: { format: 'es' },
  build: {
    outDir: path('./dist'),
    emptyOutDir: true,
    target: ['chrome123', 'edge123', 'firefox125', 'safari17.5'],
    // Data addresses would need a word in the content security policy.
    assetsInlineLimit: 0,
    // Links for all that an import will import in turn were one task of up to 62 ms at the first training.
    modulePreload: { polyfill: false, resolveDependencies: (_, all, { hostType }) => (hostType === 'html' ? all : []) },
    // The peers that draw on a graphics card are large, and loaded only when they are asked for.
    chunkSizeWarningLimit: 2000,
  },
  plugins: [policyWhenServed(), offline(path('./service-worker.js'))],
});
