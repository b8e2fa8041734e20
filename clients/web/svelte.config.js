import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

/** Runes everywhere; styles always leave as files, since the CSP allows no inline style. */
export default {
  preprocess: vitePreprocess(),
  compilerOptions: { runes: true, css: 'external' },
};
