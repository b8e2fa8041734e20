import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import type { Plugin } from 'vite';

const SERVER = 'http://127.0.0.1:8000';

/** Squad, Dare and Arena share this, but not the other screens: it is no part of what comes with every first one. */
const TOLD = /parts\/(CheerRow|DareText|Stamp)\.svelte|state\/(active-battle|feed)\.ts/;
const INVITING = /parts\/InvitePanel|state\/invites\.ts/;

const BEGIN = /preload-helper|src\/begin|src\/words\/(inside|load|locale|once|words)\.ts/;

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

/** Puts src/begin.ts before the app in the page: a small script of its own, it can run while the app still comes. */
function beginFirst(): Plugin {
  return {
    name: 'gutsy-begin-first',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(_, { bundle = {} }) {
        const [begin] = Object.values(bundle).filter(
          ({ type, name }) => type === 'chunk' && name === 'begin',
        );
        if (begin === undefined) throw new Error('the build made no chunk of src/begin.ts');
        const attrs = { type: 'module', crossorigin: true, src: `/${begin.fileName}` };
        return [{ tag: 'script', attrs, injectTo: 'head-prepend' }];
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
  plugins: [svelte(), beginFirst(), serviceWorker()],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0, // data: URLs are only for images under the CSP; keep everything a file
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    rolldownOptions: {
      input: { index: 'index.html', begin: 'src/begin.ts' },
      // What only the screens behind the door use of Svelte goes with them, not into the first load: its files under
      // `dom` do nothing by being imported, which its package.json does not say.
      treeshake: { moduleSideEffects: [{ test: /svelte.src.internal.client.dom/, sideEffects: false }] },
      // Two scripts of the page and no more: src/begin.ts with what the words need, and all else of the first screens.
      output: {
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [
            { name: 'app', tags: ['$initial'], test: (id) => !BEGIN.test(id) },
            { name: 'told', test: TOLD },
            { name: 'inviting', test: INVITING },
            // What three screens or more share comes with the first of them, as one script: many small ones weigh more.
            { name: 'inside', minShareCount: 3, test: (id) => !BEGIN.test(id) && !/src\/words/.test(id) },
          ],
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
  test: { include: ['tests/**/*.test.ts'], environment: 'node', setupFiles: ['tests/hand/english.ts'] },
});
