import { findBrowser } from '@mnist-lab/bench/driver'
import { expect, test } from 'vitest'

const chromium = await findBrowser('chromium')
const required = process.env['REQUIRE_BROWSER'] === 'chromium'

// Without one the project `chromium` of vitest.config.ts does not exist.
test.skipIf(!chromium.ok && !required)(`${chromium.ok ? 'a Chromium is found' : `${chromium.reason}: ${chromium.remedy}`}`, () => {
  expect(chromium).toMatchObject({ ok: true })
})
