/** Renderers that run on the processor, by what they call themselves. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|lavapipe|software|basic render/i

/** An adapter's name as results state it: one that is no GPU says so. */
export function adapterLabel(name: string): string {
  return SOFTWARE.test(name) ? `${name} (software, no GPU)` : name
}
