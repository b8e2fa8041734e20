import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import type { Plugin } from 'vite';

const SERVER = 'http://127.0.0.1:8000';

/** Writes dist/sw.js with the hashed files of this very build, and a version that changes with any file of it. */
function serviceWorker(): Plugin {
  return {
    name: 'gutsy-service-worker',
    apply: 'build',
    generateBundle: {
      order: 'post', // the page is a file of the bundle by then
      handler(_, bundle) {
        const source = readFileSync(new URL('./sw/sw.js', import.meta.url), 'utf8');
        const page = bundle['index.html'];
        if (page?.type !== 'asset') throw new Error('the build made no page');
        const assets = Object.keys(bundle)
          .filter((name) => name.startsWith('assets/'))
          .sort()
          .map((name) => `/${name}`);
        const version = createHash('sha256');
        for (const part of [source, page.source, ...assets, ...publicFiles()]) version.update(part);
        this.emitFile({
          type: 'asset',
          fileName: 'sw.js',
          source: source
            .replace("['__ASSETS__']", JSON.stringify(assets))
            .replace('__VERSION__', version.digest('hex').slice(0, 12)),
        });
      },
    },
  };
}

function publicFiles(): Uint8Array[] {
  const folder = new URL('./public/', import.meta.url);
  return readdirSync(folder)
    .sort()
    .map((name) => readFileSync(new URL(name, folder)));
}

export default defineConfig({
  plugins: [svelte(), serviceWorker()],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0, // data: URLs are only for images under the CSP; keep everything a file
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: {
    proxy: {
      '/api': SERVER,
      '/ws': { target: SERVER, ws: true },
    },
  },
  test: { include: ['tests/**/*.test.ts'], environment: 'node' },
});
