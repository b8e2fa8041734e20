/**
 * Serves the shell without a net: hashed assets cache-first, the page network-first.
 * It never touches /api or /ws: data has its own store and its own truth (the log).
 */
const ASSETS = ['__ASSETS__']; // written by the build
const CACHE = 'gutsy-shell';
const PAGE = '/';
const EXTRAS = ['/manifest.webmanifest', '/icon.svg'];
const SCREENS = /^\/($|you$|[js]\/)/; // the paths of our screens; other pages of this host are not ours
const PAGE_WAIT_MS = 3000; // a net that is "up" but dead must not hold the page

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll([...ASSETS, ...EXTRAS, new Request(PAGE, { cache: 'reload' })]))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener('activate', (event) => {
  event.waitUntil(dropOldAssets().then(() => self.clients.claim()));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith('/api/') || url.pathname === '/ws') return;
  if (url.pathname.startsWith('/assets/') || EXTRAS.includes(url.pathname)) event.respondWith(asset(request));
  else if (request.mode === 'navigate' && SCREENS.test(url.pathname)) event.respondWith(page(request));
});

async function asset(request) {
  const kept = await caches.match(request);
  if (kept) return kept;
  const fresh = await fetch(request);
  if (fresh.ok) (await caches.open(CACHE)).put(request, fresh.clone());
  return fresh;
}

async function page(request) {
  const kept = await caches.match(PAGE);
  const fresh = fetch(request).then(async (response) => {
    const isShell = response.ok && (response.headers.get('content-type') ?? '').includes('text/html');
    if (isShell) await (await caches.open(CACHE)).put(PAGE, response.clone());
    return response.status >= 500 && kept ? kept : response;
  });
  if (!kept) return fresh;
  const late = new Promise((resolve) => setTimeout(() => resolve(kept), PAGE_WAIT_MS));
  return Promise.race([fresh.catch(() => kept), late]);
}

async function dropOldAssets() {
  const cache = await caches.open(CACHE);
  const wanted = new Set([...ASSETS, ...EXTRAS, PAGE]);
  const requests = await cache.keys();
  await Promise.all(
    requests.filter((kept) => !wanted.has(new URL(kept.url).pathname)).map((kept) => cache.delete(kept)),
  );
}
