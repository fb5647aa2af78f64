import { findBrowser } from '@mnist-lab/core/node'
import { expect, test } from 'vitest'

const chromium = await findBrowser('chromium')
const required = process.env['REQUIRE_BROWSER'] === 'chromium'

const why = chromium.ok ? '' : `: ${chromium.reason}; ${chromium.hint}`

// Without one the project `chromium` of vitest.config.ts does not exist.
test.skipIf(!chromium.ok && !required)(`a Chromium is found${why}`, () => {
  expect(chromium).toMatchObject({ ok: true })
})
