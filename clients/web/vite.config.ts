import { readFileSync } from 'node:fs';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import type { Plugin } from 'vite';

const SERVER = 'http://127.0.0.1:8000';

/** Writes dist/sw.js with the list of hashed files of this very build, so that the whole shell works offline. */
function serviceWorker(): Plugin {
  return {
    name: 'gutsy-service-worker',
    apply: 'build',
    generateBundle(_, bundle) {
      const assets = Object.keys(bundle)
        .filter((name) => name.startsWith('assets/'))
        .sort()
        .map((name) => `/${name}`);
      const source = readFileSync(new URL('./sw/sw.js', import.meta.url), 'utf8');
      this.emitFile({
        type: 'asset',
        fileName: 'sw.js',
        source: source.replace("['__ASSETS__']", JSON.stringify(assets)),
      });
    },
  };
}

export default defineConfig({
  plugins: [svelte(), serviceWorker()],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0, // data: URLs are only for images under the CSP; keep everything a file
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    rolldownOptions: {
      // What only the screens behind the door use of Svelte goes with them, not into the first load: its files under
      // `dom` do nothing by being imported, which its package.json does not say.
      treeshake: { moduleSideEffects: [{ test: /svelte.src.internal.client.dom/, sideEffects: false }] },
      // And the first load stays one file: 39.4 kB gzip in one, 41.9 kB in seven.
      output: {
        codeSplitting: {
          groups: [{ name: 'first', tags: ['$initial'] }],
          includeDependenciesRecursively: false,
        },
      },
    },
  },
  server: {
    proxy: {
      '/api': SERVER,
      '/ws': { target: SERVER, ws: true },
    },
  },
  test: { include: ['tests/**/*.test.ts'], environment: 'node' },
});
