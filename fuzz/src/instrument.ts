import { parseSync } from 'vite'
import { MAX_BRANCHES } from './branches.js'

/** The global variable that holds one counter byte for every branch of the instrumented code. */
const HITS = '__fuzzHits'

/** A node of a syntax tree. */
interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
}

/** Text that goes into the source, before or behind a node. */
interface Insertion {
  readonly at: number
  readonly text: string
  readonly isClosing: boolean
  readonly order: number
}

/** The instrumented code of a module. */
export interface Instrumented {
  readonly code: string
  /** The number of the next branch, for the next module. */
  readonly next: number
}

/**
 * Adds a counter to every branch of a module: functions, both ways of an `if`, bodies of loops,
 * cases, and the parts of `?:`, `&&`, `||` and `??` that may not run.
 *
 * @param code JavaScript
 * @param first the number of its first branch
 * @throws Error when the code has a syntax error
 */
export function instrument(code: string, first: number): Instrumented {
  const insertions: Insertion[] = []
  let next = first
  const count = () => `__hits[${next++}]++`
  const put = (at: number, text: string, isClosing: boolean) =>
    insertions.push({ at, text, isClosing, order: insertions.length })

  function countExpression(node: Node): void {
    put(node.start, `(${count()},`, false)
    put(node.end, ')', true)
  }

  function countStatement(node: Node): void {
    if (node.type === 'BlockStatement') {
      const body = node['body'] as readonly Node[]
      // A directive such as "use strict" must stay the first statement.
      const directives = body.filter((statement) => statement['directive'] !== undefined)
      put(directives.at(-1)?.end ?? node.start + 1, `;${count()};`, false)
      return
    }
    put(node.start, `{${count()};`, false)
    put(node.end, '}', true)
  }

  function countBranches(node: Node): void {
    const part = (field: string) => node[field] as Node
    switch (node.type) {
      case 'IfStatement':
        if (node['alternate'] === null) put(node.end, ` else ${count()};`, true)
        else countStatement(part('alternate'))
        countStatement(part('consequent'))
        break
      case 'ForStatement':
      case 'ForInStatement':
      case 'ForOfStatement':
      case 'WhileStatement':
      case 'DoWhileStatement':
      case 'CatchClause':
      case 'FunctionDeclaration':
      case 'FunctionExpression':
        countStatement(part('body'))
        break
      case 'ArrowFunctionExpression':
        if (part('body').type === 'BlockStatement') countStatement(part('body'))
        else countExpression(part('body'))
        break
      case 'SwitchCase': {
        const [statement] = node['consequent'] as readonly Node[]
        if (statement !== undefined) put(statement.start, `${count()};`, false)
        break
      }
      case 'ConditionalExpression':
        countExpression(part('consequent'))
        countExpression(part('alternate'))
        break
      case 'LogicalExpression':
        countExpression(part('right'))
        break
    }
  }

  function visit(value: unknown): void {
    if (typeof value !== 'object' || value === null) return
    if (Array.isArray(value)) return value.forEach(visit)
    const node = value as Node
    if (typeof node.type === 'string') countBranches(node)
    Object.values(node).forEach(visit)
  }

  visit(parsed(code))
  if (next > MAX_BRANCHES) throw new Error(`more than ${MAX_BRANCHES} branches`)
  const prelude = `const __hits = (globalThis.${HITS} ??= new Uint8Array(${MAX_BRANCHES}));`
  return { code: prelude + inserted(code, insertions), next }
}

function parsed(code: string): unknown {
  // Older npm packages are scripts, which may not be valid modules.
  for (const sourceType of ['module', 'script'] as const) {
    const { program, errors } = parseSync('a.js', code, { sourceType })
    if (errors.length === 0) return program
  }
  throw new Error('a syntax error')
}

/**
 * Returns the code with all insertions. Where several meet, the inner nodes close before the outer
 * ones, and the outer ones open before the inner ones.
 */
function inserted(code: string, insertions: readonly Insertion[]): string {
  const sorted = insertions.toSorted((a, b) => {
    if (a.at !== b.at) return a.at - b.at
    if (a.isClosing !== b.isClosing) return a.isClosing ? -1 : 1
    return a.isClosing ? b.order - a.order : a.order - b.order
  })
  let result = ''
  let at = 0
  for (const insertion of sorted) {
    result += code.slice(at, insertion.at) + insertion.text
    at = insertion.at
  }
  return result + code.slice(at)
}
