/**
 * The shell without a net. Each build has its own worker and its own cache, filled whole or not at all, so that
 * a page and its files are always of one build; a newer build comes with a newer worker (src/version).
 * Data is never its business: /api and /ws have their own store and their own truth, the log.
 */
const ASSETS = ['__ASSETS__']; // this build's hashed files and its version are written by the build
const CACHE = 'gutsy-__VERSION__';
const EXTRAS = ['/manifest.webmanifest', '/icon.svg'];
const PAGE = '/';
const SERVERS_OWN = /^\/(api\/|(ws|healthz|readyz|metrics)$)|\.[^/]*$/; // all other paths are screens
const FORMER_KEPT = 1; // for tabs still on it; whoever is further behind loads the page anew

self.addEventListener('install', (event) => {
  event.waitUntil(fill().then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(dropFormer().then(() => self.clients.claim()));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== self.location.origin) return;
  if (pathname.startsWith('/assets/') || EXTRAS.includes(pathname)) event.respondWith(kept(request));
  else if (request.mode === 'navigate' && !SERVERS_OWN.test(pathname)) event.respondWith(kept(PAGE));
});

/** Should anything fail, the worker before this one stays, and no cache is left to take the place of its own. */
async function fill() {
  const cache = await caches.open(CACHE);
  if (await isWhole(cache)) return; // by a worker of this build, which tabs may still be on
  try {
    const fresh = [...EXTRAS, PAGE].map((path) => new Request(path, { cache: 'reload' }));
    await cache.addAll([...ASSETS, ...fresh]); // takes no answer but a good one
    if (!(await isWhole(cache))) throw new Error('the page is of another build');
  } catch (error) {
    await caches.delete(CACHE);
    throw error;
  }
}

/** While a deploy is under way, another node's page may come: it would want files that are not here. */
async function isWhole(cache) {
  const page = await (await cache.match(PAGE))?.text();
  return page?.match(/\/assets\/[^"]+/g)?.every((path) => ASSETS.includes(path)) === true;
}

/** This build's, else a former one's for a tab that is still on it, else the net's, which is not kept. */
async function kept(request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(request)) ?? (await caches.match(request)) ?? fetch(request);
}

async function dropFormer() {
  const former = (await caches.keys()).filter((name) => name.startsWith('gutsy-') && name !== CACHE);
  await Promise.all(former.slice(0, -FORMER_KEPT).map((name) => caches.delete(name))); // oldest first
}
