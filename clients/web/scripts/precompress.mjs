/** Writes .br and .gz siblings of everything in dist that compresses, and prints the first-load sizes against the budgets. */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const LOCALES = ['en', 'de']; // src/words/locale.ts
const DIST = new URL('../dist', import.meta.url).pathname;
const COMPRESSIBLE = /\.(js|css|html|svg|webmanifest)$/;
const FIRST_WORDS = /^assets\/(\w+)-[\w-]{8}\.js$/; // "assets/en-inside-…" is a longer name
const BUDGET_BYTES = { js: 45_000, css: 10_000 }; // gzip, shared/client.md

const files = readdirSync(DIST, { recursive: true }).filter((name) => COMPRESSIBLE.test(name));
const gzipBytes = new Map(files.map((name) => [name, precompress(join(DIST, name))]));

const html = readFileSync(join(DIST, 'index.html'), 'utf8');
let isWithin = true;
for (const [kind, budget] of Object.entries(BUDGET_BYTES)) {
  const first = files.filter((name) => name.endsWith(`.${kind}`) && html.includes(name));
  if (kind === 'js') first.push(longestWords());
  const total = first.reduce((sum, name) => sum + gzipBytes.get(name), 0);
  console.log(`first load ${kind}: ${total} B gzip (budget ${budget} B): ${first.join(', ')}`);
  isWithin &&= total <= budget;
}
for (const name of files) console.log(`  ${String(gzipBytes.get(name)).padStart(7)} B gzip  ${name}`);
if (!isWithin) {
  console.error('over budget');
  process.exit(1);
}

/** One language comes with the first screens; which one, the page does not say (src/begin.ts). */
function longestWords() {
  const names = LOCALES.map((locale) => files.find((name) => FIRST_WORDS.exec(name)?.[1] === locale));
  return names.reduce((a, b) => (gzipBytes.get(b) > gzipBytes.get(a) ? b : a));
}

function precompress(path) {
  const bytes = readFileSync(path);
  const gz = gzipSync(bytes, { level: 9 });
  writeFileSync(`${path}.gz`, gz);
  writeFileSync(
    `${path}.br`,
    brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } }),
  );
  return gz.length;
}
