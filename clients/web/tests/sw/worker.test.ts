import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { beforeEach, expect, test } from 'vitest';

const SOURCE = readFileSync(new URL('../../sw/sw.js', import.meta.url), 'utf8');

type Heard = (event: { waitUntil(work: Promise<unknown>): void }) => void;

/** The browser's caches, and what the server gives now, by path. */
let caches: Map<string, Map<string, string>>;
let served: Record<string, string>;

const pathOf = (request: string | { url: string }): string =>
  typeof request === 'string' ? request : request.url;

function cacheOf(files: Map<string, string>): object {
  return {
    match: (path: string) => {
      const text = files.get(path);
      return Promise.resolve(text === undefined ? undefined : { text: () => Promise.resolve(text) });
    },
    addAll: (requests: (string | { url: string })[]) => {
      const found = requests.map((request) => [pathOf(request), served[pathOf(request)]] as const);
      if (found.some(([, text]) => text === undefined)) return Promise.reject(new TypeError('not found'));
      for (const [path, text] of found) files.set(path, text ?? '');
      return Promise.resolve();
    },
  };
}

/** A worker of a version comes, whose build has one file; resolves when it is in use. */
async function comes(version: string): Promise<void> {
  const heard = new Map<string, Heard>();
  runInNewContext(
    SOURCE.replace("['__ASSETS__']", `['/assets/${version}.js']`).replace('__VERSION__', version),
    {
      self: {
        addEventListener: (type: string, run: Heard) => heard.set(type, run),
        skipWaiting: () => Promise.resolve(),
        clients: { claim: () => Promise.resolve() },
      },
      caches: {
        open: (name: string) => {
          const files = caches.get(name) ?? new Map<string, string>();
          caches.set(name, files);
          return Promise.resolve(cacheOf(files));
        },
        keys: () => Promise.resolve([...caches.keys()]),
        delete: (name: string) => Promise.resolve(caches.delete(name)),
      },
      Request: class {
        constructor(readonly url: string) {}
      },
    },
  );
  for (const type of ['install', 'activate']) {
    const work: Promise<unknown>[] = [];
    heard.get(type)?.({ waitUntil: (promise) => work.push(promise) });
    await Promise.all(work);
  }
}

function serve(version: string): void {
  served = {
    '/': `<script src="/assets/${version}.js">`,
    [`/assets/${version}.js`]: version,
    ...{ '/manifest.webmanifest': '', '/icon.svg': '' },
  };
}

const kept = (): string[] => [...caches.keys()];

beforeEach(() => {
  caches = new Map();
});

test('each build has its own cache, and the one before stays for tabs that are still on it', async () => {
  for (const version of ['A', 'B', 'C']) {
    serve(version);
    await comes(version);
  }

  expect(kept()).toEqual(['gutsy-B', 'gutsy-C']);
});

test('a worker that could not load a file leaves no cache to take the place of the one in use', async () => {
  serve('A');
  await comes('A');
  served = {};
  await expect(comes('B')).rejects.toThrow('not found');
  expect(kept()).toEqual(['gutsy-A']);
  serve('C');
  await comes('C');

  expect(kept()).toEqual(['gutsy-A', 'gutsy-C']);
});

test('a page of another build, in the middle of a deploy, is not kept', async () => {
  serve('A');
  served['/assets/B.js'] = 'B';

  await expect(comes('B')).rejects.toThrow('of another build');
  expect(kept()).toEqual([]);
});

test('what a build has kept is not fetched anew, nor lost, when its worker comes again', async () => {
  serve('A');
  await comes('A');
  served = {};
  await comes('A');

  expect(kept()).toEqual(['gutsy-A']);
  expect(caches.get('gutsy-A')?.get('/assets/A.js')).toBe('A');
});
