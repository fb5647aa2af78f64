import { findBrowser } from '@mnist-lab/core/node'
import { expect, test } from 'vitest'

const chromium = await findBrowser('chromium')
const required = process.env['REQUIRE_BROWSER'] === 'chromium'

const why = chromium.ok ? '' : `: ${chromium.reason}; ${chromium.hint}`

// Without a Chromium, vitest.config.ts has no project `chromium`, and its tests would be missing
// without a message.
test.skipIf(!chromium.ok && !required)(`a Chromium is found${why}`, () => {
  expect(chromium).toMatchObject({ ok: true })
})
