import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'svelte/compiler';
import { expect, test } from 'vitest';

/** Every word on a screen comes from `words`: a component holds none of its own, in no language. */

const SRC = new URL('../../src', import.meta.url).pathname;
const TOLD = new Set(['alt', 'aria-label', 'aria-description', 'label', 'placeholder', 'title']);
/** What is compared or handed on is a key, not a word; positions are no part of the screen. */
const NOT_SHOWN = new Set(['BinaryExpression', 'CallExpression', 'MemberExpression', 'Property']);
const NOT_A_CHILD = new Set(['loc', 'name_loc', 'metadata']);
const WORD = /\p{L}{2}/u;

interface Node {
  type?: string;
  name?: unknown;
  data?: unknown;
  value?: unknown;
}

function wordsIn(source: string): string[] {
  const found: string[] = [];
  const told = (text: unknown): void => {
    if (typeof text === 'string' && WORD.test(text)) found.push(text.trim());
  };
  /** `isTold`: what comes here is read out or shown; null: it may hold elements. */
  const walk = (node: unknown, isTold: boolean | null): void => {
    if (typeof node !== 'object' || node === null) return;
    const { type = '', name, data, value } = node as Node;
    if (NOT_SHOWN.has(type)) return;
    if (type === 'Text' && isTold !== false) told(data);
    if (isTold === true && type === 'Literal') told(value);
    if (isTold === true && type === 'TemplateElement') told((value as { cooked: string }).cooked);
    const below =
      type === 'Attribute' ? TOLD.has(String(name)) : type === 'ExpressionTag' ? isTold !== false : isTold;
    for (const [key, child] of Object.entries(node)) if (!NOT_A_CHILD.has(key)) walk(child, below);
  };
  walk(parse(source, { modern: true }).fragment, null);
  return found;
}

const components = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.svelte'),
);

test.each(components)('%s has no words of its own', (name) => {
  expect(wordsIn(readFileSync(join(SRC, name), 'utf8'))).toEqual([]);
});

test.each([
  ['<p class="card">Hello</p>', 'Hello'],
  ['<img alt="A cat" src="cat.png" />', 'A cat'],
  ['<b aria-label={is ? "Yes" : words.no} id="there">1 + 2</b>', 'Yes'],
  ['{#if is}<p>{has === "none" ? words.none : `${n} left`}</p>{/if}', 'left'],
  ['<Part title="Squad" kind="loud" />', 'Squad'],
])('the words in %s are found', (source, word) => {
  expect(wordsIn(source)).toEqual([word]);
});
