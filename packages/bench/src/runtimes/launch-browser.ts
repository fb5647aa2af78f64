import { type Browser, chromium, firefox } from 'playwright-core'
import type { BrowserName } from './place-name.js'

/**
 * What Chromium is started with beside Playwright's own flags: quiet, and with WebGL and WebGPU on whatever adapter there is, the processor
 * where there is no other. In a container its sandbox cannot work for root.
 */
export const chromiumFlags = (): readonly string[] => [
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--enable-unsafe-swiftshader',
  '--enable-unsafe-webgpu',
  '--enable-features=Vulkan',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
]

/** Starts the system's browser without a window. The caller closes it. */
export function launchBrowser(name: BrowserName, executablePath: string): Promise<Browser> {
  // Ctrl-C is the program's to handle.
  const options = { executablePath, headless: true, handleSIGINT: false }
  return name === 'chromium'
    ? chromium.launch({ ...options, args: [...chromiumFlags()] })
    : // Firefox as it comes from its makers speaks WebDriver BiDi, not Playwright's own protocol.
      firefox.launch({ ...options, channel: 'moz-firefox' })
}
