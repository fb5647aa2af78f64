// Keeps the site, so that it opens without a network. The build fills in both constants.
const VERSION = 'VERSION'
const FILES = ['FILES']
const CACHE = `mnist-lab-site-${VERSION}`

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(FILES))
      .then(() => self.skipWaiting()),
  )
})

self.addEventListener('activate', (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys())
        if (name.startsWith('mnist-lab-site-') && name !== CACHE) await caches.delete(name)
      await self.clients.claim()
    })(),
  )
})

// What is kept first; a page asked for is the newest where the network answers. Headers are kept too: the page stays cross-origin isolated.
self.addEventListener('fetch', (event) => {
  const { request } = event
  if (
    request.method !== 'GET' ||
    new URL(request.url).origin !== self.location.origin ||
    request.url.includes('/mnist/')
  )
    return
  event.respondWith(
    (async () => {
      const cache = await caches.open(CACHE)
      if (request.mode === 'navigate') {
        try {
          const fresh = await fetch(request)
          if (fresh.ok) return fresh
        } catch {
          // There is no network: the kept page it is.
        }
        const page = await cache.match('./')
        return page ?? Response.error()
      }
      const kept = await cache.match(request, { ignoreSearch: true })
      if (kept !== undefined) return kept
      const fresh = await fetch(request)
      // Backends, when they are first used. Names have hashes: what is kept is not out of date.
      if (fresh.ok && (request.url.includes('/assets/') || request.url.includes('/tfjs-wasm/')))
        await cache.put(request, fresh.clone())
      return fresh
    })(),
  )
})
