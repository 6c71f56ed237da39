/**
 * @file The service worker: keeps every file of the build, so that the page works without a network after the first visit.
 *
 * The build puts before it: VERSION, a hash of all files, and FILES, their addresses. A new build is a new cache; the old one
 * goes when the new worker takes over. Headers are kept with the answers, so that an isolated page stays isolated offline.
 */
/* global VERSION, FILES */
const PREFIX = `saddlepoint-page ${self.registration.scope} `;
const CACHE = PREFIX + VERSION;

self.addEventListener('install', (event) => {
  // `reload`: not from the browser's own cache, which may hold files of an older build.
  const requests = FILES.map((url) => new Request(url, { cache: 'reload' }));
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(requests))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) =>
        Promise.all(
          names.filter((name) => name.startsWith(PREFIX) && name !== CACHE).map((name) => caches.delete(name)),
        ),
      )
      .then(() => self.clients.claim()),
  );
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || new URL(request.url).origin !== self.location.origin) return;
  event.respondWith(answer(request));
});

/** The kept file; the network for what is not kept. The page is asked for first, so that a new build shows at once. */
async function answer(request) {
  const cache = await caches.open(CACHE);
  if (request.mode === 'navigate') {
    try {
      return await fetch(request);
    } catch (error) {
      const page = await cache.match('./');
      if (page) return page;
      throw error;
    }
  }
  return (await cache.match(request, { ignoreSearch: true })) ?? fetch(request);
}
