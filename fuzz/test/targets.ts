import type { Target } from '../src/target.js'

const modules = import.meta.glob<{ readonly target: Target }>('../src/targets/*.ts', {
  eager: true,
})

/** All targets, by their names. */
export const TARGETS: ReadonlyMap<string, Target> = new Map(
  Object.entries(modules).map(([path, { target }]) => [/(\w+)\.ts$/.exec(path)![1]!, target]),
)
