// Stores the site, so that it opens without a network. The build replaces the values of both
// constants.
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

// Files come from the cache if they are there. The page itself comes from the network if that
// answers, so that it is the newest. The cache stores headers too, so that the page stays
// cross-origin isolated.
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
          // Without a network the page comes from the cache.
        }
        const page = await cache.match('./')
        return page ?? Response.error()
      }
      const stored = await cache.match(request, { ignoreSearch: true })
      if (stored !== undefined) return stored
      const fresh = await fetch(request)
      // Backends are stored when they are first used. Their names contain hashes, so a stored file
      // is never out of date.
      if (fresh.ok && (request.url.includes('/assets/') || request.url.includes('/tfjs-wasm/')))
        await cache.put(request, fresh.clone())
      return fresh
    })(),
  )
})
