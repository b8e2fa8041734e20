import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

export default ts.config(
  { ignores: ['dist/', 'node_modules/'] },
  js.configs.recommended,
  ts.configs.strict,
  svelte.configs.recommended,
  { languageOptions: { globals: globals.browser } },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'], svelteConfig } },
  },
  { files: ['scripts/**', '*.config.*'], languageOptions: { globals: globals.node } },
  { files: ['sw/**'], languageOptions: { globals: globals.serviceworker } },
  {
    // Views are functions of state: neither the socket nor storage is theirs to touch.
    files: ['src/views/**', 'src/parts/**'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: [
                '**/wire/*',
                '**/outbox/*',
                '**/storage/*',
                '**/app',
                'idb',
                '@msgpack/*',
                '!**/wire/codes',
              ],
              allowTypeImports: true,
            },
          ],
        },
      ],
      'no-restricted-globals': ['error', 'WebSocket', 'fetch', 'indexedDB', 'localStorage', 'sessionStorage'],
    },
  },
  {
    rules: {
      'no-inline-comments': 'off',
      'svelte/no-inline-styles': ['error', { allowTransitions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
    },
  },
);
